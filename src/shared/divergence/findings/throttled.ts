/** Clocks that were held back while the card worked: the run took longer than it need have, whatever its memory. */

import { formatDuration, formatInteger, formatPercent } from '../../base/format';
import type { Micros } from '../../base/units';
import { isThrottled, throttleReasons } from '../../hardware/throttle-reasons';
import { samplePages } from '../../trace/series';
import { deviceSeries } from '../../trace/series-ids';
import { deviceName } from '../../trace/series-names';
import type { SeriesData } from '../../trace/types';
import { devicesBeside, seriesById } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';

/** What a power limit does in passing is how boosting works. */
const MIN_SHARE = 0.1;
const MIN_SAMPLES = 3;

interface Held {
  readonly device: string;
  readonly bits: number;
  readonly us: Micros;
  readonly all: Micros;
  readonly samples: number;
  readonly span: readonly [Micros, Micros];
}

export function findThrottling({ lines, overlay }: DiagnosisInput): Finding | null {
  const held = devicesBeside(lines, overlay.series).flatMap((device) => {
    const line = seriesById(lines, deviceSeries(device, 'throttle'));
    const found = line && sumHeld(device, line);
    return found && found.samples >= MIN_SAMPLES && found.us >= MIN_SHARE * found.all
      ? [found]
      : [];
  });
  if (held.length === 0) return null;
  const most = held.reduce((best, one) => (one.us > best.us ? one : best));
  const reasons = throttleReasons(most.bits);
  const others = held.length - 1;
  return {
    kind: 'throttled',
    title: `The clocks of ${deviceName(most.device)} were held back for ${formatDuration(most.us)}, ${formatPercent((100 * most.us) / most.all)} of the recording: ${reasons}`,
    bytes: null,
    phase: null,
    span: most.span,
    series: deviceSeries(most.device, 'clock.sm'),
    confidence: 'high',
    evidence: [
      `The driver gave a reason in ${formatInteger(most.samples)} readings: ${reasons}. Memory is not touched by it, time is.`,
      ...(others > 0 ? [`So were those of ${others} other device${others === 1 ? '' : 's'}.`] : []),
    ],
    formula: 'time from each reading with a reason to the next reading',
    remedy:
      'Heat: look at fans, dust and the room. Power limit: nvidia-smi -q -d POWER tells it; a card at its limit is used fully, and a lower clock is what it costs.',
  };
}

/** Readings stand until the next one. */
function sumHeld(device: string, line: SeriesData): Held | null {
  let [bits, us, samples] = [0, 0, 0];
  let [begin, end]: [Micros | null, Micros] = [null, 0];
  let [first, lastT, lastBits]: [Micros | null, Micros, number] = [null, 0, 0];
  for (const { times, values } of samplePages(line))
    for (let i = 0; i < times.length; i++) {
      const [t, value] = [times[i]!, values[i]!];
      if (isThrottled(lastBits)) us += t - lastT;
      if (isThrottled(value)) {
        bits |= value;
        samples++;
        begin ??= t;
        end = t;
      }
      first ??= t;
      [lastT, lastBits] = [t, value];
    }
  return first === null || begin === null
    ? null
    : { device, bits, us, samples, all: lastT - first, span: [begin, end] };
}
