/** What a labelled trace is of: a declared run, the run that really happened, and the causes planted between them. */

import { unlessFailure } from '../../../src/shared/base/failure';
import { GiB, MiB } from '../../../src/shared/base/units';
import type { FindingKind } from '../../../src/shared/base/vocabulary';
import { computeBudget } from '../../../src/shared/budget/budget';
import type { Budget } from '../../../src/shared/budget/types';
import { preset } from '../../../src/shared/model/presets';
import { runDefaults } from '../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../src/shared/model/spec';
import type { Random } from './random';

export type Cause =
  | 'batch'
  | 'seq'
  | 'precision'
  | 'kv'
  | 'checkpointing'
  | 'logits'
  | 'leak'
  | 'other'
  | 'pool'
  | 'context'
  | 'fragmentation'
  | 'reserve'
  | 'rounding'
  | 'oom'
  | 'unknown';

export interface Plan {
  readonly model: ModelSpec;
  readonly declared: Budget;
  readonly actual: Budget;
  readonly causes: readonly Cause[];
  /** Kinds that must be found, with their bytes where they are one number. */
  readonly labels: ReadonlyMap<FindingKind, number | null>;
  /** What inversion should say of the setting that was changed. */
  readonly setting: { readonly field: string; readonly value: string | number } | null;
  /** Batch and sequence take the same bytes here, at every moment: no analysis of memory can tell which was changed. */
  readonly isTwin: boolean;
  readonly contextBytes: number;
  readonly leakPerStep: number;
  readonly logitsCopies: number;
  readonly otherBytes: number;
  readonly fragmentBytes: number;
  readonly poolBytes: number;
  /** Live for a moment before the first step, outside of any phase; the allocator keeps it. */
  readonly warmUpBytes: number;
  /** Share of what is requested that rounding adds. */
  readonly roundingShare: number;
  /** Asked for when the run died, in the middle of its steps; 0 where it did not. */
  readonly askedBytes: number;
  /** Taken half way by nobody knows what. */
  readonly unknownBytes: number;
  /** Whether the workload announces phases, and memory with them. */
  readonly markers: 'memory' | 'phases' | 'none';
  readonly intervalUs: number;
  /** The recording began when the run was under way, or ended before it did. */
  readonly cut: 'begin' | 'end' | null;
  /** The workload says what it runs, as a watched PyTorch script does. */
  readonly isAnnounced: boolean;
}

const KINDS: Readonly<Record<Cause, FindingKind>> = {
  batch: 'batch_mismatch',
  seq: 'seq_mismatch',
  precision: 'dtype_mismatch',
  kv: 'dtype_mismatch',
  checkpointing: 'checkpointing_mismatch',
  logits: 'logits',
  leak: 'leak',
  other: 'other_process',
  pool: 'preallocated_pool',
  context: 'context',
  fragmentation: 'fragmentation',
  reserve: 'allocator_reserve',
  rounding: 'allocator_rounding',
  oom: 'out_of_memory',
  // Kept from the middle of the run on, by nothing that is known: all that can be told is that it stays.
  unknown: 'retained',
};
const MODELS = [
  'gpt2',
  'gpt2-medium',
  'gpt2-large',
  'qwen2.5-0.5b',
  'gpt-1.3b',
  'bert-large',
  'tinybert',
] as const;
export const DEVICE_BYTES = 80 * GiB;

/** All logits of a step once, in float32. */
export const logitsBytes = ({ batch, seq }: RunSpec, { vocab }: ModelSpec): number =>
  4 * batch * seq * vocab;

/** Null where what was drawn is impossible or too small to be seen; draw again. */
export function draw(random: Random, planted: boolean): Plan | null {
  return unlessFailure(() => drawn(random, planted));
}

function drawn(random: Random, planted: boolean): Plan | null {
  const model = preset(random.pick(MODELS));
  const mode =
    model.architecture === 'encoder'
      ? random.pick(['train', 'infer'] as const)
      : random.pick(['train', 'train', 'generate', 'infer'] as const);
  const run = runDefaults(model, {
    mode,
    framework: 'pytorch',
    batch: 2 ** random.integer(0, 4),
    steps: random.integer(6, 14),
    precision: random.pick(['fp32', 'bf16', 'mixed-bf16', 'fp16']),
    optimizer: random.pick(['adamw', 'adamw', 'sgd']),
    attention: random.pick(['eager', 'sdpa']),
    ...(mode === 'generate'
      ? { promptTokens: random.pick([64, 128, 256]), tokens: random.pick([32, 64, 128]) }
      : { seq: random.pick([128, 256, 512]) }),
  });
  const causes = planted ? causesFor(random, run) : [];
  const changed = changeOf(random, causes, run);
  const declared = computeBudget(model, run);
  const actual = computeBudget(model, { ...run, ...changed?.run });
  const assumed = declared.tiers.refined.components.context ?? 0;
  const contextBytes = causes.includes('context')
    ? Math.round(
        random.chance(0.2)
          ? random.between(250 * MiB, assumed - 120 * MiB)
          : random.between(assumed + 250 * MiB, 1.3 * GiB),
      )
    : Math.round(assumed + random.between(-40, 40) * MiB);
  const total = declared.tiers.refined.total;
  const limit = Math.max(0.05 * total, 64 * MiB);
  if (total > 60 * GiB || actual.tiers.refined.total > 60 * GiB) return null;
  if (changed && Math.abs(actual.tiers.refined.total - total) < 2 * limit) return null;
  const logitsCopies = causes.includes('logits') ? random.integer(1, 2) : 0;
  const logits = logitsBytes(run, model);
  if (logitsCopies && logitsCopies * logits < 2 * limit) return null;
  if (causes.includes('context') && Math.abs(contextBytes - assumed) < 1.5 * limit) return null;
  const leakPerStep = causes.includes('leak')
    ? Math.round(Math.max(8 * MiB, (1.5 * limit) / run.steps) * random.between(1, 3))
    : 0;
  const otherBytes = causes.includes('other') ? Math.round(random.between(100 * MiB, 3 * GiB)) : 0;
  const fragmentBytes = causes.includes('fragmentation')
    ? Math.round(limit * random.between(2, 5))
    : 0;
  const poolBytes = causes.includes('pool')
    ? Math.round(DEVICE_BYTES * random.pick([0.9, 0.75, 0.85]))
    : 0;
  if (poolBytes && 1.6 * total > poolBytes) return null;
  const last =
    declared.tiers.refined.timeline.findLast(({ phase }) => phase === 'backward') ??
    declared.tiers.refined.timeline.at(-1)!;
  const live = last.total - (last.components.context ?? 0) - (last.components.reserve ?? 0);
  const roundingShare = causes.includes('rounding') ? (random.between(2.5, 4) * limit) / live : 0;
  // What is kept beyond the run's own highest moment shows.
  const highest = Math.max(
    ...declared.tiers.refined.timeline.map((row) => row.total - (row.components.context ?? 0)),
  );
  const warmUpBytes = causes.includes('reserve')
    ? Math.round(highest + limit * random.between(2, 5))
    : 0;
  const askedBytes = causes.includes('oom')
    ? (Math.round(random.between(0.1, 8) * 100) / 100) * GiB
    : 0;
  const unknownBytes = causes.includes('unknown') ? Math.round(limit * random.between(2, 6)) : 0;
  const exact: Partial<Record<Cause, number>> = {
    rounding: Math.round(roundingShare * live),
    reserve: warmUpBytes - highest,
    oom: Math.round(askedBytes),
    unknown: unknownBytes,
    logits: logitsCopies * logits,
    other: otherBytes,
    fragmentation: fragmentBytes,
    pool: poolBytes - total,
    context: contextBytes - assumed,
    ...(changed ? { [changed.cause]: actual.tiers.refined.total - total } : {}),
  };
  const markers = causes.some(
    (one) => one === 'fragmentation' || one === 'reserve' || one === 'rounding',
  )
    ? 'memory'
    : causes.includes('unknown')
      ? 'phases'
      : causes.includes('leak')
        ? random.pick(['memory', 'phases'] as const)
        : random.pick(['memory', 'memory', 'phases', 'none'] as const);
  // A trace that lacks what its cause shows in cannot be asked for it.
  const cut =
    causes.length > 0 ? null : random.pick([null, null, null, null, 'begin', 'end'] as const);
  const isAnnounced = markers === 'memory' && random.chance(0.3);
  const isTwin =
    !isAnnounced && changed !== null && sameBytes(actual, twinOf(model, actual.run, declared.run));
  return {
    isTwin,
    model,
    declared,
    actual,
    causes,
    contextBytes,
    leakPerStep,
    logitsCopies,
    otherBytes,
    fragmentBytes,
    poolBytes,
    warmUpBytes,
    roundingShare,
    askedBytes,
    unknownBytes,
    labels: new Map(
      causes.map((cause) => [
        KINDS[cause],
        cause === 'leak' ? leakPerStep : (exact[cause] ?? null),
      ]),
    ),
    setting: changed?.setting ?? null,
    // What a framework alone can tell needs its memory markers.
    markers,
    cut,
    isAnnounced,
    intervalUs: Math.round(1e6 / random.pick([1, 2, 5, 10, 10, 50, 100, 1000])),
  };
}

/** The run that holds as many tokens as `actual` by changing the other of batch and length; null where there is none. */
function twinOf(model: ModelSpec, actual: RunSpec, declared: RunSpec): Budget | null {
  const length = (run: RunSpec) => (run.mode === 'generate' ? run.promptTokens : run.seq);
  const factor = (actual.batch * length(actual)) / (declared.batch * length(declared));
  const batch = actual.batch === declared.batch ? declared.batch * factor : declared.batch;
  const tokens = actual.batch === declared.batch ? length(declared) : length(declared) * factor;
  if (factor === 1 || !Number.isInteger(batch) || !Number.isInteger(tokens)) return null;
  return unlessFailure(() =>
    computeBudget(model, {
      ...declared,
      batch,
      ...(declared.mode === 'generate'
        ? { promptTokens: tokens, seq: tokens + declared.tokens }
        : { seq: tokens }),
    }),
  );
}

/** Within what any two builds of a framework differ by: 1% of what changes, or 16 MiB. */
function sameBytes(one: Budget, other: Budget | null): boolean {
  if (other === null) return false;
  return one.tiers.refined.timeline.every((row, i) => {
    const twin = other.tiers.refined.timeline[i]!;
    const moving = row.total - (row.components.params ?? 0) - (row.components.context ?? 0);
    return (
      Math.abs(row.total - twin.total) <= Math.max(16 * MiB, 0.01 * moving) &&
      Math.abs(row.end - twin.end) <= Math.max(16 * MiB, 0.01 * moving)
    );
  });
}

/** One cause, or two of different natures. */
function causesFor(random: Random, run: RunSpec): Cause[] {
  const settings: Cause[] = [
    'batch',
    'seq',
    'precision',
    ...(run.mode === 'train' ? (['checkpointing', 'logits'] as const) : []),
    ...(run.mode === 'generate' ? (['kv'] as const) : []),
  ];
  const others: Cause[] = [
    'other',
    'context',
    'pool',
    ...(run.mode === 'train'
      ? (['leak', 'leak', 'fragmentation', 'reserve', 'rounding', 'oom', 'unknown'] as const)
      : []),
  ];
  const first = random.chance(0.6) ? random.pick(settings) : random.pick(others);
  if (['pool', 'reserve', 'rounding', 'unknown'].includes(first) || random.chance(0.65))
    return [first];
  const second = settings.includes(first)
    ? random.pick(['other', ...(run.mode === 'train' ? (['leak'] as const) : [])] as Cause[])
    : first === 'other'
      ? 'context'
      : 'other';
  return [first, second];
}

function changeOf(
  random: Random,
  causes: readonly Cause[],
  run: RunSpec,
): {
  cause: Cause;
  run: Partial<RunSpec>;
  setting: { field: string; value: string | number };
} | null {
  const cause = causes.find((one) =>
    ['batch', 'seq', 'precision', 'kv', 'checkpointing'].includes(one),
  );
  const make = (field: keyof RunSpec, value: string | number, more: Partial<RunSpec> = {}) => ({
    cause: cause!,
    run: { [field]: value, ...more } as Partial<RunSpec>,
    setting: { field, value },
  });
  if (cause === 'batch')
    return make(
      'batch',
      Math.max(1, random.chance(0.7) ? run.batch * random.pick([2, 3, 4]) : run.batch >> 1),
    );
  if (cause === 'seq' && run.mode === 'generate')
    return make('promptTokens', run.promptTokens * 3, { seq: run.promptTokens * 3 + run.tokens });
  if (cause === 'seq') return make('seq', run.seq * 2);
  if (cause === 'precision')
    return run.precision === 'fp32'
      ? make('precision', 'fp16', { kvPrecision: 'fp16' })
      : make('precision', 'fp32', { kvPrecision: 'fp32' });
  if (cause === 'kv') return make('kvPrecision', run.kvPrecision === 'fp32' ? 'fp16' : 'fp32');
  if (cause === 'checkpointing') return make('checkpointing', 'full');
  return null;
}
