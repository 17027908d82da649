/** Whether the highest sample of random spans is in the picture and is told, stored and while it is recorded. */
import { openSession } from '../../../src/main/store/session-file';
import { lowerBound, upperBound } from '../../../src/shared/base/search';
import { extremes } from '../../../src/shared/trace/pyramid';
import { randomFrom } from '../../support/random-runs';
import { GpuGenerator, METRICS } from './generator';
import { openSessionSink, seriesId } from './sessions';
import { PIXELS, randomSpan } from './windows';

const CASES = 5000;
/** More than one chunk of level 1. */
const SECONDS = 1500;

export function measurePeaks(
  folder: string,
  state: 'stored' | 'live',
): { cases: number; lost: number } {
  const sink = openSessionSink(folder, `peaks-${state}`, 1);
  const generator = new GpuGenerator(9);
  const next = randomFrom(17);
  const truth = METRICS.map(() => ({ times: [] as number[], values: [] as number[] }));
  let cases = 0;
  let lost = 0;
  const look = (count: number, seconds: number) => {
    const columns = truth.map(({ times, values }) => ({
      times: Float64Array.from(times),
      values: Float64Array.from(values),
    }));
    for (let i = 0; i < count; i++, cases++) {
      const metric = Math.floor(next() * METRICS.length);
      const { times, values } = columns[metric]!;
      const span = randomSpan(next, seconds * 1e6);
      const [from, to] = [lowerBound(times, span.t0), upperBound(times, span.t1)];
      const at = from < to ? extremes(values, from, to).max : null;
      const told = reader.highestIn(seriesId(0, metric), span);
      const drawn = reader.envelope(seriesId(0, metric), span, PIXELS);
      const isTold =
        at === null ? told === null : told?.t === times[at] && told?.value === values[at];
      const isDrawn = at === null || drawn.values[drawn.times.indexOf(times[at]!)] === values[at];
      if (!isTold || !isDrawn) lost++;
    }
  };
  let reader = openSession(sink.writer.path);
  for (let s = 0; s < SECONDS; s++) {
    const second = generator.second(s);
    sink.take(0, s, second);
    for (const [i, column] of (second?.columns ?? []).entries()) {
      truth[i]!.times.push(...(second?.times ?? []));
      truth[i]!.values.push(...column);
    }
    sink.commit();
    if (state === 'live' && s % 30 === 29) look(CASES / (SECONDS / 30), s + 1);
  }
  sink.close(SECONDS * 1e6);
  reader.close();
  if (state === 'stored') {
    reader = openSession(sink.writer.path);
    look(CASES, SECONDS);
    reader.close();
  }
  return { cases, lost };
}
