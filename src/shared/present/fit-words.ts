/** Whether a run fits a card, in the sentence that terminal and window begin with. */
import { formatBytes } from '../base/format';
import { rankCount } from '../budget/sharding/shard';
import type { RunSpec } from '../model/spec';
import type { GpuHold } from '../planning/fits';

/** "Fits on the RTX 4090: it needs 20.1 GiB of 24.0 GiB, 3.87 GiB to spare." */
export function fitSentence(hold: GpuHold, run: RunSpec): string {
  const { fits, memoryBytes, headroomBytes } = hold;
  const fullest = rankCount(run) === 1 ? 'it needs' : 'the fullest rank needs';
  const needs = `${cards(hold, run)}: ${fullest} ${formatBytes(memoryBytes - headroomBytes)} of ${formatBytes(memoryBytes)}`;
  return fits
    ? `Fits on ${needs}, ${formatBytes(headroomBytes)} to spare.`
    : `Does not fit on ${needs}, ${formatBytes(-headroomBytes)} short.`;
}

/** The cards that a run is for: one, or one a rank. */
export function cards({ gpu }: Pick<GpuHold, 'gpu'>, run: RunSpec): string {
  const ranks = rankCount(run);
  if (ranks === 1) return gpu.startsWith('a ') ? gpu : `the ${gpu}`;
  return gpu.startsWith('a card')
    ? `${ranks} cards${gpu.slice('a card'.length)}`
    : `${ranks} × ${gpu}`;
}
