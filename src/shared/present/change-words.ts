/** What a change that planning proposes costs, in the words of the terminal and the window. */
import { formatBytes } from '../base/format';
import type { Change } from '../planning/changes';

/** Below this a run that waits for a bus would be told to take no time at all by it. */
const UNTIMED = 1.05;

/** "17.2 GiB, 1.20 × the time: every layer is computed again in backward". */
export function changeWords({ peakBytes, timeRatio, timeIsLeast, costs }: Change): string {
  return `${formatBytes(peakBytes)}${timeWords(timeRatio, timeIsLeast)}: ${costs.join('; ')}`;
}

function timeWords(ratio: number | null, isLeast: boolean): string {
  if (ratio === null) return '';
  if (!isLeast) return `, ${ratio.toFixed(2)} × the time`;
  if (ratio < UNTIMED) return ', slower by as much as the bus decides';
  return `, at least ${ratio.toFixed(2)} × the time`;
}
