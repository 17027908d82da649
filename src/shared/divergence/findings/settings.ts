/**
 * Declared settings that the trace contradicts. Where the prediction does not fit, one setting at a time is changed
 * until another prediction does; a finding is made only when one kind of change fits and no other kind fits nearly as
 * well. Framework bytes of the bundled workload must fit to the byte.
 */
import { formatBytes, formatInteger, formatSignedBytes } from '../../format';
import type { Bytes } from '../../units';
import type { FindingKind } from '../../vocabulary';
import { contextLevel } from '../context-level';
import { type Candidate, type Field, Search } from '../fit/candidates';
import { type Fit, fits } from '../fit/fit';
import { type Growth, type Observation, observationsOf } from '../fit/observations';
import { deviceOf, FRAMEWORK_LINE, HOST_LINE } from '../lines';
import { flagLimit } from '../measure';
import { frameworkOverlay } from '../overlay';
import { type Place, predictedRow } from '../predicted';
import { DEFAULT_FLAG_LIMITS, type Finding, type Overlay, type OverlayPhase } from '../types';
import type { Detector, FindingsInput } from './protocol';

const KINDS: Readonly<Partial<Record<Field, FindingKind>>> = {
  batch: 'batch_mismatch',
  seq: 'seq_mismatch',
  promptTokens: 'seq_mismatch',
  precision: 'dtype_mismatch',
  kvPrecision: 'dtype_mismatch',
  cacheCopies: 'dtype_mismatch',
  checkpointing: 'checkpointing_mismatch',
  logitsCopies: 'logits',
};
/** How much worse every other kind of change must do, in −2 log: e³ to 1. */
export const MARGIN = 6;
const SURE_MARGIN = 10;
/** One figure is fitted by any setting at all. */
const LEAST_OBSERVATIONS = 2;

export interface Verdict {
  readonly own: Fit;
  /** The declared run fits, though only with a constant added. */
  readonly offsetFits: boolean;
  readonly exact: boolean;
  /** Those that fit and do better than the declared run, best first. */
  readonly fitting: readonly Candidate[];
  readonly overlay: Overlay;
  readonly observations: readonly Observation[];
}

/** By session, and by the growth taken off. */
const verdicts = new WeakMap<FindingsInput, Map<number, Verdict | null>>();

export const settings: Detector = {
  kind: 'batch_mismatch',
  find(input, known) {
    if (known.some(({ kind, setting }) => kind === 'preallocated_pool' || setting !== undefined))
      return [];
    const verdict = verdictOf(input, known);
    const standing = verdict === null ? undefined : standingOut(verdict);
    return verdict === null ||
      standing === undefined ||
      standing.best.fit.observations < LEAST_OBSERVATIONS
      ? []
      : [findingOf(input, verdict, standing)];
  },
};

/** What the search found, once for each session; null where there is nothing to search with or nothing to explain. */
export function verdictOf(input: FindingsInput, known: readonly Finding[]): Verdict | null {
  const growth = growthOf(known);
  const key = growth?.bytes ?? 0;
  const cached = verdicts.get(input) ?? new Map<number, Verdict | null>();
  verdicts.set(input, cached);
  const before = cached.get(key);
  if (before !== undefined) return before;
  const verdict = verdictFor(input, growth);
  cached.set(key, verdict);
  return verdict;
}

/** A search over other runs, on the line that knows most; null where there is no budget or no phase to hold it against. */
export function searchFor(
  input: FindingsInput,
  growth: Growth | null,
): { readonly search: Search; readonly overlay: Overlay; readonly exact: boolean } | null {
  const { budget, lines } = input;
  const overlay = bestOverlay(input);
  if (
    budget === null ||
    overlay.series === null ||
    overlay.series === HOST_LINE ||
    overlay.phases.length === 0
  )
    return null;
  const exact = input.exact && overlay.series === FRAMEWORK_LINE;
  const gpu = deviceOf(lines, overlay.series);
  const level = gpu === undefined ? null : contextLevel(lines, gpu, overlay);
  const contextBytes = level?.reserved ? level.bytes : null;
  const observations = observationsOf(overlay, exact, growth);
  return {
    search: new Search(budget, observations, {
      line: overlay.series,
      exact,
      contextBytes,
      freeOffset: gpu !== undefined && contextBytes === null,
      stairs: overlay.stairs ?? null,
      announced: announcedRun(input.markers),
    }),
    overlay,
    exact,
  };
}

/** What the workload announced of its run, later words over earlier ones. */
function announcedRun(markers: FindingsInput['markers']): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...markers.map((one) => (one.type === 'run' ? one.fields : {})));
}

function verdictFor(input: FindingsInput, growth: Growth | null): Verdict | null {
  const found = searchFor(input, growth);
  if (found === null || !found.overlay.phases.some(({ flagged }) => flagged)) return null;
  const { search, overlay, exact } = found;
  const own = search.own();
  if (own === null) return null;
  // What has been seen of it is as declared; the rest may not have been recorded.
  if (own.isPartial && Math.abs(own.offset) <= offsetLimit(overlay, input)) return null;
  const offsetFits = fits(own, exact);
  // It fits as it is, or with the little more or less that a context may hold.
  if (offsetFits && Math.abs(own.offset) <= offsetLimit(overlay, input)) return null;
  const row = worstRow(overlay.phases)!;
  const limit = offsetLimit(overlay, input);
  // A change too small to be flagged explains no divergence.
  const matters = (one: Candidate) =>
    exact || Math.abs(differenceAt(row, one, input, overlay.series)) > limit;
  const fitting = search
    .all()
    .filter((one) => fits(one.fit, exact) && (exact || one.score < own.score) && matters(one))
    .sort((one, other) => one.score - other.score);
  return { own, offsetFits, exact, fitting, overlay, observations: search.observations };
}

/** A constant up to this is no divergence. */
export function offsetLimit(
  overlay: Overlay,
  { limits = DEFAULT_FLAG_LIMITS }: Pick<FindingsInput, 'limits'>,
): Bytes {
  return flagLimit(overlay.predictedPeak.refined ?? 0, limits);
}

export interface Standing {
  readonly best: Candidate;
  /** Others that take the same bytes: twice the batch and twice the sequence hold the same tokens. */
  readonly twins: readonly Candidate[];
  /** How much worse the best other kind does; infinite where none fits. */
  readonly margin: number;
}

export function standingOutIn(
  input: FindingsInput,
  known: readonly Finding[],
): Standing | undefined {
  const verdict = verdictOf(input, known);
  return verdict === null ? undefined : standingOut(verdict);
}

const TOKENS: ReadonlySet<Field> = new Set(['batch', 'seq', 'promptTokens']);

/** The one candidate that stands out; undefined where none fits, or another kind of change fits nearly as well. */
export function standingOut({ fitting, own, offsetFits }: Verdict): Standing | undefined {
  const [best, ...rest] = fitting;
  const kind = best && KINDS[best.field];
  if (best === undefined || kind === undefined) return undefined;
  const others = rest.filter(({ field }) => KINDS[field] !== kind);
  const twins = others.filter(
    ({ field, score }) =>
      TOKENS.has(best.field) && TOKENS.has(field) && score < best.score + MARGIN,
  );
  const rivals = [
    ...others.filter((one) => !twins.includes(one)).map(({ score }) => score),
    ...(offsetFits ? [own.score] : []),
  ];
  const margin = Math.min(...rivals, Number.POSITIVE_INFINITY) - best.score;
  return margin < MARGIN ? undefined : { best, twins, margin };
}

/** The overlay on the framework's bytes, which know most, whichever line is shown. */
function bestOverlay(input: FindingsInput): Overlay {
  if (input.overlay.series === FRAMEWORK_LINE || input.budget === null) return input.overlay;
  const overlay = frameworkOverlay(input);
  return overlay !== null && overlay.phases.length > 0 ? overlay : input.overlay;
}

export function growthOf(known: readonly Finding[]): Growth | null {
  const leak = known.find(({ kind }) => kind === 'leak');
  if (!leak?.slope || leak.slope.bytes === 0) return null;
  return { ...leak.slope, count: Math.round((leak.bytes ?? 0) / leak.slope.bytes) };
}

/** The flagged phase that is furthest off; of equal ones that of the higher memory. */
export function worstRow(phases: readonly OverlayPhase[]): OverlayPhase | null {
  let worst: OverlayPhase | null = null;
  for (const row of phases) {
    if (!row.flagged || row.residualBytes === null) continue;
    const [own, other] = [Math.abs(row.residualBytes), Math.abs(worst?.residualBytes ?? 0)];
    if (worst === null || own > other || (own === other && row.measured! > worst.measured!))
      worst = row;
  }
  return worst;
}

function findingOf(
  input: FindingsInput,
  verdict: Verdict,
  { best, twins, margin }: Standing,
): Finding {
  const { exact, overlay, own, observations, fitting } = verdict;
  const row = worstRow(overlay.phases)!;
  const bytes = differenceAt(row, best, input, overlay.series);
  const { field, declared, value } = best;
  const words = WORDS[field];
  const kind = KINDS[field]!;
  const next = fitting.find((one) => KINDS[one.field] !== kind && !twins.includes(one));
  const among = `${formatInteger(observations.length)} figures of ${[...new Set(observations.map(({ phase }) => phase))].join(', ')}`;
  const apart = [best, ...twins].map(insteadOf).join(', or ');
  const isSure = exact
    ? margin === Number.POSITIVE_INFINITY
    : margin >= SURE_MARGIN && best.fit.observations >= 6;
  return {
    kind,
    title:
      twins.length === 0
        ? words.title(declared, value)
        : `The run held other tokens than declared: ${apart}`,
    bytes,
    phase: row.phase,
    span: row.span,
    confidence: twins.length > 0 ? 'low' : isSure ? 'high' : 'medium',
    evidence: [
      exact
        ? `With ${words.name} ${value} the budget equals all ${among} to the byte; with ${declared}, as declared, it does not.`
        : `With ${words.name} ${value} the budget misses ${among} by ${best.fit.misfit.toFixed(2)} times their expected error; with ${declared}, as declared, ${Number.isFinite(own.misfit) ? `by ${own.misfit.toFixed(1)} times` : 'it reaches another height altogether'}.`,
      `In ${row.phase}${row.step === null ? '' : ` of step ${row.step}`} ${overlay.series} reached ${formatBytes(row.measured)} where ${formatBytes(row.predicted.refined)} were predicted; the change accounts for ${formatSignedBytes(bytes)} of ${formatSignedBytes(row.residualBytes)}.`,
      ...(announcedRun(input.markers)[field] === value
        ? [`The workload itself announces ${words.name} ${value}.`]
        : []),
      ...(twins.length === 0
        ? []
        : [
            'The same tokens in longer or in more sequences take the same bytes, so the trace cannot tell these apart.',
          ]),
      ...(next === undefined
        ? []
        : [
            `Next best: ${WORDS[next.field].name} ${next.value}${exact ? '' : `, e^${((next.score - best.score) / 2).toFixed(0)} times less likely`}.`,
          ]),
      ...(best.fit.offset === 0
        ? []
        : [
            `A constant ${formatSignedBytes(Math.round(best.fit.offset))} in every phase is taken for ${overlay.series === FRAMEWORK_LINE ? 'what the budget does not list' : 'the device context, which was not measured'}.`,
          ]),
    ],
    formula: words.formula,
    remedy: words.remedy,
    setting: {
      field,
      declared,
      fits: value,
      ...(twins.length === 0
        ? {}
        : {
            or: twins.map((one) => ({ field: one.field, declared: one.declared, fits: one.value })),
          }),
    },
  };
}

/** What the change adds to the prediction of one phase. */
export function differenceAt(
  { phase, step }: Place,
  best: Candidate,
  { budget }: FindingsInput,
  line: string | null,
): Bytes {
  const place = { phase, step };
  const other = predictedRow(best.budget.tiers.refined, place, line)?.total ?? 0;
  const own = predictedRow(budget!.tiers.refined, place, line)?.total ?? 0;
  return (
    other -
    own +
    (best.extra?.({ ...place, at: 'peak', bytes: 0, slack: 0, count: 1, inferred: false }) ?? 0)
  );
}

interface Words {
  readonly name: string;
  title(declared: string | number, value: string | number): string;
  readonly formula: string;
  readonly remedy: string;
}

export const WORDS: Readonly<Record<Field, Words>> = {
  batch: {
    name: 'batch',
    title: (declared, value) => `The run used batch ${value}, not ${declared} as declared`,
    formula: 'activations, logits, inputs and KV cache grow in proportion to the batch',
    remedy: 'Declare the batch that runs (--batch), or correct the data loader.',
  },
  seq: {
    name: 'sequence length',
    title: (declared, value) => `Sequences were ${value} tokens long, not ${declared} as declared`,
    formula: 'activations grow with the sequence, attention scores with its square',
    remedy: 'Declare the length that runs (--seq), or cut or pad the batches.',
  },
  promptTokens: {
    name: 'prompt length',
    title: (declared, value) => `The prompt was ${value} tokens long, not ${declared} as declared`,
    formula: 'the KV cache grows by 2·L·B·d_kv elements a token',
    remedy: 'Declare the prompt that runs (--prompt-tokens).',
  },
  precision: {
    name: 'precision',
    title: (declared, value) =>
      `Tensors take the bytes of ${value}, not of ${declared} as declared`,
    formula: 'parameters and activations are elements times bytes per element',
    remedy:
      'Check the dtype the weights are loaded in and whether autocast is on, or declare it with --precision.',
  },
  kvPrecision: {
    name: 'KV cache precision',
    title: (declared, value) =>
      `The KV cache takes the bytes of ${value}, not of ${declared} as declared`,
    formula: 'KV cache = 2·L·B·n·d_kv·bytes per element',
    remedy: 'Check the dtype of the cache, or declare it with --kv-precision.',
  },
  cacheCopies: {
    name: 'copies of the KV cache',
    title: () => 'The KV cache holds twice what was declared',
    formula: 'KV cache = 2·L·B·n·d_kv·bytes per element; measured is twice that',
    remedy: 'Look for a second cache that is kept, or keys and values stored at twice the width.',
  },
  checkpointing: {
    name: 'checkpointing',
    title: (declared, value) =>
      `Activations are kept as with checkpointing ${value}, not ${declared} as declared`,
    formula: 'with checkpointing only the inputs of checkpointed layers outlive forward',
    remedy:
      'Check that checkpointing is switched on in the model (and not by evaluation mode off), or declare it with --checkpointing.',
  },
  logitsCopies: {
    name: 'further float32 copies of the logits',
    title: (_, value) =>
      `Logits are held ${value === 1 ? 'once' : `${value} times`} more than predicted, in float32`,
    formula: 'one float32 copy of the logits = 4·B·n·V bytes',
    remedy:
      'Compute the loss in chunks, or fused with the output projection; avoid .float() on all logits.',
  },
  optimizer: {
    name: 'optimizer',
    title: (declared, value) => `Optimizer states are those of ${value}, not of ${declared}`,
    formula: 'states a parameter',
    remedy: 'Declare it with --optimizer.',
  },
  attention: {
    name: 'attention',
    title: (declared, value) => `Attention keeps what ${value} keeps, not ${declared}`,
    formula: 'eager attention keeps h·n² scores a layer',
    remedy: 'Declare it with --attention.',
  },
};

/** A setting and what fits in place of what was declared, in words. */
export function insteadOf({
  field,
  value,
  declared,
}: Pick<Candidate, 'field' | 'value' | 'declared'>): string {
  return `${WORDS[field].name} ${value} instead of ${declared}`;
}
