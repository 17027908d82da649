/** Other processes took or gave back memory on the device while the workload ran. */

import { formatBytes, formatDuration } from '../../base/format';
import { MiB } from '../../base/units';
import { firstSample, highestSample, lowestSample, sampleCount } from '../../trace/series';
import { otherMemory } from '../../trace/series-ids';
import { deviceName } from '../../trace/series-names';
import { devicesBeside, listsWorkload, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';

/** Smaller changes are a desktop redrawing its windows. */
const MIN_CHANGE = 16 * MiB;

export function findOtherProcesses({ lines, overlay, baselines = {} }: DiagnosisInput): Finding[] {
  if (!listsWorkload(lines)) return [];
  return devicesBeside(lines, overlay.series).flatMap((gpu): Finding[] => {
    const others = seriesById(lines, otherMemory(gpu));
    const count = sampleCount(others);
    // A first reading may come late enough to hold what another process took since the launch.
    const before = baselines[otherMemory(gpu)];
    if (!others || count < (before === undefined ? 2 : 1)) return [];
    const first = before === undefined ? firstSample(others) : { t: 0, value: before };
    const [lowest, highest] = [lowestSample(others), highestSample(others)];
    if (!first || !lowest || !highest) return [];
    const [fall, rise] = [first.value - lowest.value, highest.value - first.value];
    const isRise = rise > fall || (rise === fall && highest.t < lowest.t);
    const furthest = isRise ? highest : lowest;
    const change = furthest.value - first.value;
    if (Math.abs(change) < MIN_CHANGE) return [];
    return [
      {
        kind: 'other_process',
        title: `Other processes ${change > 0 ? 'took' : 'gave back'} ${formatBytes(Math.abs(change))} on ${deviceName(gpu)} during the run`,
        bytes: change,
        phase: null,
        span: [first.t, furthest.t],
        confidence: 'high',
        evidence: [
          `They held ${formatBytes(first.value)} ${before === undefined ? `at ${formatDuration(first.t)}` : 'before the launch'} and ${formatBytes(furthest.value)} at ${formatDuration(furthest.t)}, over ${count} readings.`,
          'The overlaid line of the workload has their change taken off.',
        ],
        formula:
          'memory of all other processes on the device, less what they held before the launch or, where that was not read, at the first reading',
        remedy:
          change > 0
            ? 'Stop them, or set CUDA_VISIBLE_DEVICES so that the workload has a device of its own.'
            : 'Nothing need be done; the device had more room as the run went on.',
      },
    ];
  });
}
