/** What ran at a moment, as far as the trace tells: the announced phase, or how busy the card was. */
import { formatPercent } from '../../base/format';
import type { Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { sampleBefore } from '../../trace/series';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import { listDevices, seriesById } from '../overlay/lines';
import type { DiagnosisInput } from '../overlay/types';

export interface Running {
  readonly phase: Phase | null;
  /** "backward of step 12 ran"; null where nothing tells. */
  readonly words: string | null;
}

/** `line`: whose device is meant; of another line the only device there is. */
export function runningAt({ spans, lines }: DiagnosisInput, line: string, t: Micros): Running {
  const span = spans.findLast(({ t0, t1 }) => t0 <= t && t <= t1);
  if (span !== undefined) {
    const step = span.step === null ? '' : ` of step ${span.step}`;
    return { phase: span.phase, words: `${span.phase}${step} ran` };
  }
  const devices = listDevices(lines);
  const device = deviceIn(line) ?? (devices.length === 1 ? devices[0] : undefined);
  const busy = device === undefined ? undefined : seriesById(lines, deviceUtilization(device));
  const share = busy && sampleBefore(busy, t);
  return {
    phase: null,
    words: share ? `the card was ${formatPercent(share.value / 1000)} busy` : null,
  };
}
