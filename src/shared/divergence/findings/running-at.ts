/** What ran at a moment, as far as the trace tells: the announced phase, the period of the line, or how busy the card was. */
import { formatPercent } from '../../base/format';
import type { Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { type FoundPeriod, namePeriodOf } from '../../trace/found-spans';
import { sampleBefore } from '../../trace/series';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import { listDevices, seriesById } from '../overlay/lines';
import type { DiagnosisInput } from '../overlay/types';

export interface Running {
  readonly phase: Phase | null;
  /** "backward of step 12 ran", "period 17 of 240, found in the trace, ran"; null where nothing tells. */
  readonly words: string | null;
}

/** `line`: whose device is meant; of another line the only device there is. `periods`: found in that line. */
export function runningAt(
  { spans, lines }: DiagnosisInput,
  line: string,
  t: Micros,
  periods: readonly FoundPeriod[],
): Running {
  const span = spans.findLast(({ t0, t1 }) => t0 <= t && t <= t1);
  if (span !== undefined) {
    const step = span.step === null ? '' : ` of step ${span.step}`;
    return { phase: span.phase, words: `${span.phase}${step} ran` };
  }
  const period = periods.find((one) => one.span[0] <= t && t <= one.span[1]);
  if (period !== undefined)
    return { phase: null, words: `${namePeriodOf(period, periods)}, found in the trace, ran` };
  const devices = listDevices(lines);
  const device = deviceIn(line) ?? (devices.length === 1 ? devices[0] : undefined);
  const busy = device === undefined ? undefined : seriesById(lines, deviceUtilization(device));
  const share = busy && sampleBefore(busy, t);
  return {
    phase: null,
    words: share ? `the card was ${formatPercent(share.value / 1000)} busy` : null,
  };
}
