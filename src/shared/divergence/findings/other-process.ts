/** Other processes took or gave back memory on the device while the workload ran. */
import { formatBytes, formatDuration } from '../../base/format';
import { MiB } from '../../base/units';
import { otherMemory } from '../../trace/series-ids';
import { devicesBeside, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';

/** Smaller changes are a desktop redrawing its windows. */
const MIN_CHANGE = 16 * MiB;

export function findOtherProcesses({ lines, overlay }: DiagnosisInput): Finding[] {
  return devicesBeside(lines, overlay.series).flatMap((gpu): Finding[] => {
    const others = seriesById(lines, otherMemory(gpu));
    if (!others || others.values.length < 2) return [];
    const { times, values } = others;
    const first = values[0]!;
    let extreme = 0;
    for (let i = 1; i < values.length; i++)
      if (Math.abs(values[i]! - first) > Math.abs(values[extreme]! - first)) extreme = i;
    const change = values[extreme]! - first;
    if (Math.abs(change) < MIN_CHANGE) return [];
    return [
      {
        kind: 'other_process',
        title: `Other processes ${change > 0 ? 'took' : 'gave back'} ${formatBytes(Math.abs(change))} on ${gpu} during the run`,
        bytes: change,
        phase: null,
        span: [times[0]!, times[extreme]!],
        confidence: 'high',
        evidence: [
          `They held ${formatBytes(first)} at ${formatDuration(times[0]!)} and ${formatBytes(values[extreme]!)} at ${formatDuration(times[extreme]!)}, over ${values.length} readings.`,
          'The overlaid line of the workload has their change taken off.',
        ],
        formula:
          'memory of all other processes on the device, less what they held at the first reading',
        remedy:
          change > 0
            ? 'Stop them, or set CUDA_VISIBLE_DEVICES so that the workload has a device of its own.'
            : 'Nothing need be done; the device had more room as the run went on.',
      },
    ];
  });
}
