/**
 * What would have fitted where memory ran out, by the budget: the largest batch, or of one sequence the longest, with the
 * exact line that plans it.
 */
import { formatBytes, formatInteger } from '../../base/format';
import type { Bytes } from '../../base/units';
import { peakBytes } from '../../budget/peak';
import type { RunSpec } from '../../model/spec';
import { specOptions } from '../../model/spec-options';
import { TREE_RSS } from '../../trace/series-ids';
import type { DiagnosisInput, MemoryError } from '../overlay/types';

/** Sequences are told in steps of so many tokens. */
const TOKENS = 8;

/** What no budget predicts, and no smaller run of it makes fit. */
const OFF_THE_DEVICE: ReadonlySet<string> = new Set([
  'host memory',
  'shared memory',
  'the JavaScript heap',
]);

/** What of a run would have fitted, and the line that plans it, or the run itself where nothing of it does. */
export interface WouldFit {
  readonly sentence: string;
  /** What to take instead, and the line that plans it. */
  readonly remedy: string;
  readonly command: string;
}

/** Null where nothing was predicted, or the prediction would have fitted. */
export function wouldHaveFitted(
  { budget, overlay }: Pick<DiagnosisInput, 'budget' | 'overlay'>,
  error: MemoryError,
): WouldFit | null {
  const limit = OFF_THE_DEVICE.has(error.what) ? null : limitOf(overlay, error);
  if (budget === null || limit === null || budget.run.lengths) return null;
  const { spec, run } = budget;
  const declared = (budget.perRank?.refined ?? budget.tiers.refined).total;
  if (declared <= limit.bytes) return null;
  const fits = (change: Partial<RunSpec>) => peakBytes(spec, { ...run, ...change }) <= limit.bytes;
  const where = `in the ${formatBytes(limit.bytes)} that ${limit.whose}`;
  const line = (change: Partial<RunSpec>) =>
    `plumbline plan ${specOptions(spec, { ...run, ...change })}`;
  const batch = largest(run.batch - 1, (size) => fits({ batch: size }));
  if (batch > 0)
    return {
      sentence: `By the budget a batch of ${batch} would have fitted ${where}; ${run.batch} take ${formatBytes(declared)}.`,
      remedy: `Take a batch of ${batch}`,
      command: line({ batch }),
    };
  const none = {
    sentence: `By the budget not even one sequence fits ${where}.`,
    remedy: 'See what would make it fit',
    command: line({}),
  };
  // What is generated has a length of its own, and what is served a cache.
  if (run.mode !== 'train' && run.mode !== 'infer') return none;
  const seq =
    TOKENS *
    largest(Math.ceil(run.seq / TOKENS) - 1, (count) => fits({ batch: 1, seq: TOKENS * count }));
  if (seq === 0) return none;
  return {
    sentence: `By the budget not even one sequence of ${formatInteger(run.seq)} tokens fits ${where}; one of ${formatInteger(seq)} would have.`,
    remedy: `Take one sequence of ${formatInteger(seq)} tokens`,
    command: line({ batch: 1, seq }),
  };
}

/**
 * What there was to hold the run: of the device, where it was sampled; else what the message tells of it; else the most
 * that was ever held, but for host memory, which is not what the budget of a GPU predicts.
 */
function limitOf(
  { deviceBytes, baselineBytes, measuredPeak, series }: DiagnosisInput['overlay'],
  { what, capacity, free, inUse, allowed, others }: MemoryError,
): { bytes: Bytes; whose: string } | null {
  const whose = 'the device had to give';
  if (deviceBytes !== undefined) return { bytes: deviceBytes - baselineBytes, whose };
  if (what === 'GPU memory' || what === 'device memory') {
    if (allowed !== null) return { bytes: allowed, whose: 'it was allowed' };
    if (inUse !== null && free !== null) return { bytes: inUse + free, whose };
    const theirs = others.reduce((sum, { bytes }) => sum + bytes, 0);
    if (capacity !== null) return { bytes: capacity - theirs, whose };
  }
  return measuredPeak === null || series === TREE_RSS
    ? null
    : { bytes: measuredPeak.bytes, whose: 'the workload ever held' };
}

/** The largest number up to `most` that fits; 0 where 1 does not. More never fits where less does not. */
function largest(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
