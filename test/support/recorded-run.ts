/** A training run of any number of steps, written to a session file as a recording would, for tests of what is asked of it. */
import { createSession } from '../../src/main/store/session-file';
import type { SessionHeader } from '../../src/shared/session/types';
import type { Marker, SeriesInfo } from '../../src/shared/trace/types';
import { plainHeader } from './session-header';

const MiB = 2 ** 20;
const STEP_US = 100_000;

export interface RecordedRun {
  readonly id: string;
  readonly path: string;
  readonly durationUs: number;
  readonly times: Float64Array;
  readonly allocated: Float64Array;
  readonly watts: Float64Array;
}

const series = (id: string, unit: SeriesInfo['unit']): SeriesInfo => ({
  id,
  source: 'test',
  metric: id.slice(id.indexOf('.') + 1),
  unit,
  windowUs: null,
  intervalUs: 10_000,
});

export const runHeader = (id: string): SessionHeader => ({
  ...plainHeader(id),
  name: `run ${id}`,
  simulated: true,
});

/** Of every step forward takes the first half, backward the second; a log line a step, a gap in the middle of the power. */
export function recordRun(folder: string, id: string, steps: number): RecordedRun {
  const file = createSession(folder, runHeader(id));
  const durationUs = steps * STEP_US;
  const count = steps * 10;
  const times = Float64Array.from({ length: count }, (_, i) => i * 10_000);
  const allocated = Float64Array.from(times, (_, i) => (100 + ((i * 7919) % 1009)) * MiB);
  const watts = Float64Array.from(times, (_, i) => 200_000 + (i % 10) * 1000);
  file.declareSeries(series('framework.allocated', 'bytes'));
  file.declareSeries(series('gpu0.power', 'milliwatts'));
  file.appendRun('framework.allocated', times, allocated);
  file.appendRun('gpu0.power', times, watts);
  file.gap('gpu0.power', durationUs / 2, durationUs / 2 + 5000, 'lost');
  for (let step = 0; step < steps; step++)
    for (const marker of stepMarkers(step)) file.marker(marker);
  for (let step = 0; step < steps; step++)
    file.log({ t: step * STEP_US, stream: 'stdout', text: `Step ${step} done` });
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs });
  file.close();
  return { id, path: file.path, durationUs, times, allocated, watts };
}

function stepMarkers(step: number): Marker[] {
  const t = step * STEP_US;
  const at = (offset: number, name: string, event: 'begin' | 'end'): Marker => ({
    type: 'phase',
    t: t + offset,
    rank: 0,
    step,
    name,
    event,
  });
  return [
    at(0, 'forward', 'begin'),
    at(STEP_US / 2, 'forward', 'end'),
    at(STEP_US / 2, 'backward', 'begin'),
    at(STEP_US - 1, 'backward', 'end'),
  ];
}
