/** What the workload and Plumbline wrote, as ticks in time; under the cursor the line itself. */
import { formatInteger } from '../../shared/base/format';
import { lowerBound } from '../../shared/base/search';
import type { LogLine } from '../../shared/trace/types';
import type { Lane, Sheet } from '../chart/lane';

/** Words of the log that a person would stop at. */
const ALARM = /\b(error|exception|traceback|fatal|out of memory|oom)\b/i;

export function logLane(logs: readonly LogLine[]): Lane {
  const times = Float64Array.from(logs, ({ t }) => t);
  const isAlarm = Uint8Array.from(logs, ({ text, stream }) =>
    stream !== 'plumbline' && ALARM.test(text) ? 1 : 0,
  );
  return {
    id: 'log',
    name: 'Log',
    unit: `${formatInteger(logs.length)} ${logs.length === 1 ? 'line' : 'lines'}`,
    about: 'What the workload wrote; a tall tick is a line that tells of an error',
    height: 24,
    scale: { min: 0, max: 1, ticks: [] },
    paint: (sheet) => paintTicks(sheet, times, isAlarm),
    readAt(t, pixelUs) {
      const after = lowerBound(times, t + pixelUs * 4);
      const line = logs[after - 1];
      return line && line.t >= t - pixelUs * 12 ? line.text.trim().slice(0, 80) : '';
    },
  };
}

/** One tick for each column that holds a line: the cost follows the pixels. */
function paintTicks(sheet: Sheet, times: Float64Array, isAlarm: Uint8Array): void {
  const { context, ink, view, box, x } = sheet;
  const column = (view.t1 - view.t0) / box.width;
  let i = lowerBound(times, view.t0);
  while (i < times.length) {
    const t = times[i]!;
    if (t > view.t1) return;
    const next = lowerBound(times, t + column, i + 1);
    let alarm = 0;
    for (let at = i; at < next && alarm === 0; at++) alarm = isAlarm[at]!;
    context.fillStyle = alarm ? ink.over : ink.lane;
    context.globalAlpha = alarm ? 1 : 0.55;
    const height = alarm ? box.height : box.height * 0.5;
    context.fillRect(x(t), box.top + (box.height - height) / 2, alarm ? 2 : 1, height);
    i = next;
  }
  context.globalAlpha = 1;
}
