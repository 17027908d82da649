/** Stretches in which a busy card did nothing while it held its memory: it waited for data, for the disk or for others. */

import { formatBytes, formatDuration, formatInteger, formatPercent } from '../../base/format';
import { maxIn, seesLittle } from '../../trace/series';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import { deviceName, quoteSeries } from '../../trace/series-names';
import { candidateLines, devicesBeside, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { findIdleness } from '../shapes/idle';

const TOLD = 20;

/** Of each device the stretches together; the one that waited longest, and how many others did. */
export function findIdleStretches(input: DiagnosisInput): Finding | null {
  const { lines, overlay } = input;
  const memories = candidateLines(lines, true);
  const found = devicesBeside(lines, overlay.series).flatMap((device) => {
    const busy = seriesById(lines, deviceUtilization(device));
    const memory = memories.find((id) => deviceIn(id) === device);
    const line = memory === undefined ? undefined : seriesById(lines, memory);
    const idle = busy && findIdleness(busy, line);
    return busy && idle ? [{ device, busy, line, idle }] : [];
  });
  if (found.length === 0) return null;
  const { device, busy, line, idle } = found.reduce((most, one) =>
    one.idle.us > most.idle.us ? one : most,
  );
  const { stretches, us, samples } = idle;
  const longest = stretches.reduce((most, one) =>
    one[1] - one[0] > most[1] - most[0] ? one : most,
  );
  const held = line && maxIn(line, ...longest);
  const share = formatPercent((100 * us) / (idle.busy[1] - idle.busy[0]));
  const count = stretches.length;
  return {
    kind: 'idle',
    title: `${deviceName(device)} did nothing for ${formatDuration(us)}, ${share} of the time it was in use${held ? `, and held ${formatBytes(held.value)}` : ''}`,
    bytes: held?.value ?? null,
    phase: null,
    span: longest,
    ...(count > 1 && { spans: stretches.slice(0, TOLD) }),
    confidence: seesLittle(busy.info) && samples < 10 * count ? 'low' : 'medium',
    evidence: [
      `Between ${formatDuration(idle.busy[0])} and ${formatDuration(idle.busy[1])}, when it was busy first and last, ${quoteSeries(busy.info.id)} stayed at 5% or less in ${count === 1 ? 'one stretch' : `${formatInteger(count)} stretches`} of ${formatInteger(samples)} readings; the longest is ${formatDuration(longest[1] - longest[0])}.`,
      ...(found.length > 1
        ? [`${found.length - 1} other device${found.length === 2 ? '' : 's'} waited too.`]
        : []),
    ],
    formula: 'idle = stretches of 5 s and more without work, between busy ones, with memory held',
    remedy:
      'Look at what the host does then: loading data (more workers, prefetching), saving checkpoints, evaluation on the CPU, or waiting for another rank.',
  };
}
