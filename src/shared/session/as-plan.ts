/**
 * A recorded session as the beginning of a plan: its model, its run, the card it ran on, and what it measured beyond
 * theory. "The same at batch 16" then needs what theory says of batch 16 and what this machine was seen to add.
 *
 * What is carried along is what another run here would hold too: context, what the allocator adds, and what stays
 * unexplained, each by what it is beyond theory's own. What belongs to the one recording (a leak, another process, a setting
 * that was declared wrongly, a pool taken whole) is named and left behind.
 */
import { Failure } from '../base/failure';
import type { Bytes } from '../base/units';
import { computeBudget } from '../budget/budget';
import type { LedgerEntry, LedgerKind } from '../divergence/overlay/types';
import type { ModelSpec, RunSpec } from '../model/spec';
import { deviceIn, TREE_RSS } from '../trace/series-ids';
import type { BriefDocument } from './session-document';

export interface ResidualPart {
  readonly kind: Exclude<LedgerKind, 'predicted'>;
  readonly bytes: Bytes;
  readonly isCarried: boolean;
}

export interface CarriedResidual {
  readonly session: { readonly id: string; readonly name: string };
  /** The line that it was measured on. */
  readonly series: string;
  readonly measured: Bytes;
  /** By the refined tier, as that line shows it. */
  readonly predicted: Bytes;
  /** The sum of the parts that are carried. */
  readonly bytes: Bytes;
  /** All that the peak held beyond its prediction, carried or not; none of them 0. */
  readonly parts: readonly ResidualPart[];
}

export interface SessionPlan {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** The card it ran on; null where none is known. */
  readonly card: { readonly name: string; readonly memoryBytes: Bytes } | null;
  /** Null where there is nothing to carry: `without` says why. */
  readonly residual: CarriedResidual | null;
  readonly without: string | null;
}

/** Parts that belong to one recording. */
const LEFT_BEHIND: ReadonlySet<LedgerKind> = new Set([
  'leak',
  'other_process',
  'preallocated_pool',
  'setting',
]);

/** Throws `bad_input` for a session that says neither what its model nor what its run was. */
export function openAsPlan(session: BriefDocument): SessionPlan {
  const { id, name, model, run } = session;
  if (model === null || run === null)
    throw new Failure(
      'bad_input',
      `Session ${name} (${id}) tells neither model nor run, so there is nothing to plan from.`,
      'Give the model itself: plumbline plan --model NAME. plumbline invert finds the run of a known model.',
    );
  const carried = carryResidual(session, publishedContext(model, run));
  return {
    model,
    run,
    card: findCard(session),
    residual: typeof carried === 'string' ? null : carried,
    without: typeof carried === 'string' ? carried : null,
  };
}

/** Or the reason why there is none. */
function carryResidual(
  { id, name, status, overlay }: BriefDocument,
  context: Bytes,
): CarriedResidual | string {
  if (status === 'recording') return 'it is still being recorded, and its peak may be to come';
  const { series, measuredPeak, residualBytes, ledger } = overlay;
  if (series === null || measuredPeak === null) return 'nothing was measured of it';
  if (series === TREE_RSS)
    return 'only host memory was measured, in which a runtime holds what theory does not count';
  if (residualBytes === null) return 'nothing is predicted for it';
  const parts = ledger
    ? sumParts(ledger.peak.entries, measuredPeak.bytes - residualBytes, context)
    : [{ kind: 'unexplained' as const, bytes: residualBytes, isCarried: true }];
  return {
    session: { id, name },
    series,
    measured: measuredPeak.bytes,
    predicted: measuredPeak.bytes - residualBytes,
    bytes: parts.reduce((sum, { bytes, isCarried }) => sum + (isCarried ? bytes : 0), 0),
    parts: parts.filter(({ bytes }) => bytes !== 0),
  };
}

/** The context that theory gives the run by itself. */
const publishedContext = (model: ModelSpec, run: RunSpec): Bytes =>
  computeBudget(model, run).tiers.refined.components.context ?? 0;

/**
 * What is beyond the prediction, each kind once. A ledger has context and reserve as they were measured in place of the
 * predicted ones, which a plan has already: these are taken off again, so that the parts make up the residual.
 */
function sumParts(
  entries: readonly LedgerEntry[],
  predicted: Bytes,
  context: Bytes,
): ResidualPart[] {
  const sums = new Map<ResidualPart['kind'], Bytes>();
  const add = (kind: ResidualPart['kind'], bytes: Bytes) =>
    sums.set(kind, (sums.get(kind) ?? 0) + bytes);
  let replaced = predicted;
  for (const { kind, bytes } of entries) {
    if (kind === 'predicted') replaced -= bytes;
    else add(kind, bytes);
  }
  if (sums.has('context')) {
    add('context', -context);
    replaced -= context;
  }
  // Theory's reserve is what whole segments hold beyond the most allocated.
  const reserve = (['fragmentation', 'allocator_reserve'] as const).find((kind) => sums.has(kind));
  add(reserve ?? 'unexplained', -replaced);
  return [...sums].map(([kind, bytes]) => ({ kind, bytes, isCarried: !LEFT_BEHIND.has(kind) }));
}

/** The device of the line, or the only one there is. */
function findCard({ overlay, environment: { gpus } }: BriefDocument): SessionPlan['card'] {
  const own = gpus.find(({ index }) => deviceIn(overlay.series ?? '') === `gpu${index}`);
  const gpu = own ?? (gpus.length === 1 ? gpus[0] : undefined);
  const memoryBytes = overlay.deviceBytes ?? gpu?.memoryBytes ?? null;
  return gpu === undefined || memoryBytes === null ? null : { name: gpu.name, memoryBytes };
}
