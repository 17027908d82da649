/**
 * A session being recorded with every sample of a stretch: what is held of it in memory leaves out older samples, and
 * the file has them all. Outside the stretch it stays as it is held, so that a line goes on to both sides.
 */
import { lowerBound, upperBound } from '../../shared/base/search';
import type { SessionData } from '../../shared/session/types';
import type { SeriesData } from '../../shared/trace/types';
import type { SampleColumns, SessionReader, Span } from '../store/session-reader';

/** A stretch of more samples than this is shown as it is held: extremes are exact, and no picture shows more. */
const MAX_SAMPLES = 100_000;

export function withStretch(reader: SessionReader, data: SessionData, span: Span): SessionData {
  return { ...data, series: data.series.map((held) => fillStretch(reader, held, span)) };
}

function fillStretch(reader: SessionReader, held: SeriesData, span: Span): SeriesData {
  const count = held.figures?.count ?? held.times.length;
  if (count === held.times.length) return held;
  const stored = reader.samples(held.info.id, span, MAX_SAMPLES + 1);
  if (stored.times.length === 0 || stored.times.length > MAX_SAMPLES) return held;
  return { ...held, ...splice(held, stored) };
}

/** The held samples, with the stored ones in place of those between the first and the last of them. */
function splice(held: SeriesData, stored: SampleColumns): Pick<SeriesData, 'times' | 'values'> {
  const before = lowerBound(held.times, stored.times[0]!);
  const after = upperBound(held.times, stored.times.at(-1)!);
  const join = (column: 'times' | 'values') => {
    const whole = new Float64Array(before + stored.times.length + held.times.length - after);
    whole.set(held[column].subarray(0, before));
    whole.set(stored[column], before);
    whole.set(held[column].subarray(after), before + stored.times.length);
    return whole;
  };
  return { times: join('times'), values: join('values') };
}
