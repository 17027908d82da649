/** Series as lines of a lane: what is drawn of them in a view, and what they read at an instant. */
import { lowerBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import { formatReason } from '../../shared/present/gap-reasons';
import type { SeriesInfo } from '../../shared/trace/types';
import type { Sheet } from '../chart/lane';
import { gapAt, paintGaps } from '../chart/paint-gaps';
import { type Between, type LineStyle, paintLine } from '../chart/paint-lines';
import type { TraceWindows } from './traces';

/** A counter with an averaging window stands for the time before it; one that tells of changes holds until the next. */
function betweenSamples({ windowUs, intervalUs, unit }: SeriesInfo): Between {
  if (windowUs !== null) return 'since';
  return intervalUs === null || unit === 'count' || unit === 'hertz' ? 'held' : 'joined';
}

export function paintSeries(
  sheet: Sheet,
  traces: TraceWindows,
  id: string,
  style: LineStyle,
  less = 0,
  end?: Micros,
): void {
  const { context, box } = sheet;
  const parts = traces.parts(id, sheet.view);
  const fine = parts.at(-1)?.span;
  for (const { trace, span, columns } of parts) {
    const between = betweenSamples(trace.info);
    const line = { envelope: trace.envelope, columns, less, between, ...heldOn(trace.info, end) };
    context.save();
    context.beginPath();
    if (span) context.rect(sheet.x(span.t0), 0, sheet.x(span.t1) - sheet.x(span.t0), 1e5);
    else if (fine) {
      context.rect(box.left, 0, sheet.x(fine.t0) - box.left, 1e5);
      context.rect(sheet.x(fine.t1), 0, box.left + box.width, 1e5);
    } else context.rect(box.left - 1, 0, box.width + 2, 1e5);
    context.clip();
    paintLine(sheet, line, style);
    context.restore();
  }
  const gaps = parts.at(-1)?.trace.gaps;
  if (gaps) paintGaps(sheet, gaps);
}

/** A slow counter's last reading holds until the next is due, and not beyond what was recorded. */
const heldOn = ({ intervalUs }: SeriesInfo, end: Micros | undefined) =>
  end === undefined || intervalUs === null ? {} : { heldUntil: end, longest: 2 * intervalUs };

export interface SeriesReading {
  readonly value: number | null;
  /** Why there is none. */
  readonly why: string;
}

/** What a series reads at `t`, by the sample that stands for that instant. */
export function readSeries(traces: TraceWindows, id: string, t: Micros): SeriesReading {
  const trace = traces.at(id, t);
  if (!trace || trace.envelope.times.length === 0) return { value: null, why: '' };
  const gap = gapAt(trace.gaps, t);
  if (gap) return { value: null, why: `no reading: ${formatReason(gap.reason)}` };
  const { times, values } = trace.envelope;
  const after = lowerBound(times, t);
  const isBefore = after === 0 && (times[0] ?? 0) > t;
  const since = betweenSamples(trace.info) === 'since' && after < times.length;
  if (isBefore && !since) return { value: null, why: '' };
  const index = since || times[after] === t ? after : after - 1;
  const value = values[index] ?? Number.NaN;
  return { value: Number.isNaN(value) ? null : value, why: '' };
}
