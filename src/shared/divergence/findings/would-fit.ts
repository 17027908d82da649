/**
 * What would have fitted where memory ran out, by the budget: the largest batch, or of one sequence the longest, with the
 * exact line that plans it. The limit is the device, or where its size is not known the most that was ever held.
 */
import { formatBytes, formatInteger } from '../../base/format';
import { peakBytes } from '../../budget/peak';
import type { RunSpec } from '../../model/spec';
import { specOptions } from '../../model/spec-options';
import { TREE_RSS } from '../../trace/series-ids';
import type { DiagnosisInput } from '../overlay/types';

/** Sequences are told in steps of so many tokens. */
const TOKENS = 8;

/** Empty where nothing was predicted, or the prediction would have fitted. */
export function wouldHaveFitted({
  budget,
  overlay,
}: Pick<DiagnosisInput, 'budget' | 'overlay'>): string[] {
  const { deviceBytes, baselineBytes, measuredPeak, series } = overlay;
  const limit = deviceBytes === undefined ? measuredPeak?.bytes : deviceBytes - baselineBytes;
  if (budget === null || limit === undefined || series === TREE_RSS || budget.run.lengths)
    return [];
  const { spec, run } = budget;
  const declared = (budget.perRank?.refined ?? budget.tiers.refined).total;
  if (declared <= limit) return [];
  const fits = (change: Partial<RunSpec>) => peakBytes(spec, { ...run, ...change }) <= limit;
  const where = `in the ${formatBytes(limit)} that ${deviceBytes === undefined ? 'the workload ever held' : 'the device had to give'}`;
  const line = (change: Partial<RunSpec>) =>
    `Look at it with: plumbline plan ${specOptions(spec, { ...run, ...change })}`;
  const batch = largest(run.batch - 1, (size) => fits({ batch: size }));
  if (batch > 0)
    return [
      `By the budget a batch of ${batch} would have fitted ${where}; ${run.batch} take ${formatBytes(declared)}. ${line({ batch })}`,
    ];
  const none = `By the budget not even one sequence fits ${where}.`;
  // What is generated has a length of its own, and what is served a cache.
  if (run.mode !== 'train' && run.mode !== 'infer') return [none];
  const seq =
    TOKENS *
    largest(Math.ceil(run.seq / TOKENS) - 1, (count) => fits({ batch: 1, seq: TOKENS * count }));
  if (seq === 0) return [none];
  return [
    `By the budget not even one sequence of ${formatInteger(run.seq)} tokens fits ${where}; one of ${formatInteger(seq)} would have. ${line({ batch: 1, seq })}`,
  ];
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
