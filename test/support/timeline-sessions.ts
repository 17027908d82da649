/** Invented sessions that a timeline is tried on: every counter of a GPU, a log without phases, a run of any length. */
import { lowerBound } from '../../src/shared/base/search';
import { MiB } from '../../src/shared/base/units';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { DEVICE_METRICS, type DeviceMetric } from '../../src/shared/trace/metrics';
import { seriesStats } from '../../src/shared/trace/series';
import type { Gap, SampledSeries } from '../../src/shared/trace/types';
import { type FixtureSession, fixtureSession, random, trainSpans } from './fixture-sessions';

/** A counter of a GPU, read every `intervalUs`; its value of the moment by `at`, null where nothing was read. */
function counter(
  device: string,
  metric: DeviceMetric,
  durationUs: number,
  intervalUs: number,
  at: (t: number) => number,
  gaps: readonly Gap[] = [],
): SampledSeries {
  const times: number[] = [];
  const values: number[] = [];
  for (let t = intervalUs; t <= durationUs; t += intervalUs) {
    if (gaps.some(({ t0, t1 }) => t0 < t && t < t1)) continue;
    times.push(t);
    values.push(Math.round(at(t)));
  }
  const { unit, windowUs, about } = DEVICE_METRICS[metric];
  return {
    info: { id: `${device}.${metric}`, source: 'nvml', metric, unit, windowUs, intervalUs, about },
    times: Float64Array.from(times),
    values: Float64Array.from(values),
    gaps,
  };
}

function deviceCounters(device: string, session: FixtureSession, seed: number): SampledSeries[] {
  const rand = random(seed);
  const { durationUs, overlay } = session.document;
  const isBusy = (t: number) => overlay.phases.some(({ span }) => span[0] <= t && t <= span[1]);
  const lost: Gap = { t0: durationUs * 0.55, t1: durationUs * 0.63, reason: 'lost' };
  const limit = (t: number) => Math.sin(t / 700_000) > 0.55;
  return [
    counter(device, 'memory.utilization', durationUs, 100_000, (t) =>
      isBusy(t) ? 31_000 + 22_000 * rand() : 0,
    ),
    counter(device, 'power', durationUs, 100_000, (t) =>
      isBusy(t) ? 318_000 + 60_000 * Math.sin(t / 300_000) + 9_000 * rand() : 62_000,
    ),
    counter(
      device,
      'temperature',
      durationUs,
      1_000_000,
      (t) => 41_000 + 1000 * Math.round(26 * (1 - Math.exp(-t / 4e6))),
    ),
    counter(device, 'clock.sm', durationUs, 200_000, (t) => (limit(t) ? 2_190e6 : 2_520e6)),
    counter(device, 'clock.memory', durationUs, 1_000_000, () => 10_501e6),
    counter(device, 'throttle', durationUs, 200_000, (t) => (limit(t) ? 4 : 0)),
    counter(device, 'pcie.rx', durationUs, 1_000_000, () => 40e6 + 900e6 * rand() ** 3, [lost]),
    counter(device, 'pcie.tx', durationUs, 1_000_000, () => 30e6 + 100e6 * rand(), [lost]),
    counter(device, 'other.memory', durationUs, 500_000, (t) => (t > 3e6 ? 612 * MiB : 540 * MiB)),
  ];
}

function withSeries(session: FixtureSession, more: readonly SampledSeries[]): FixtureSession {
  const data = [...session.data, ...more];
  return {
    ...session,
    data,
    document: {
      ...session.document,
      series: data.map(seriesStats),
      gaps: data.flatMap(({ info, gaps }) => gaps.map((gap) => ({ ...gap, series: info.id }))),
    },
  };
}

const gpt2 = preset('gpt2');
const train = runDefaults(gpt2, {
  mode: 'train',
  batch: 4,
  seq: 256,
  steps: 5,
  framework: 'pytorch',
});
const base = {
  status: 'complete' as const,
  startedAt: '2026-11-24T10:00:00+00:00',
  model: gpt2,
  run: train,
  gpu: true,
};

/** A run with every counter of `gpus` GPUs, a source that stopped for a while, and a log. */
export function countersSession(
  id: string,
  gpus = 1,
  status: 'complete' | 'recording' = 'complete',
): FixtureSession {
  const session = fixtureSession({
    ...base,
    id,
    status,
    name: 'gpt2 train with every counter',
    spans: trainSpans(6, 4 * MiB),
    findings: [
      {
        kind: 'leak',
        title: 'Memory grows by 4 MiB a step',
        bytes: 20 * MiB,
        phase: 'optimizer',
        confidence: 'high',
        evidence: ['The floor rises in 5 of 5 steps.'],
      },
      {
        kind: 'unexplained',
        title: 'Backward of step 3 holds more than predicted',
        bytes: 438 * MiB,
        phase: null,
        confidence: 'medium',
        evidence: ['Steps 2 and 4 stay within 30 MiB.'],
      },
    ],
    logs: Array.from({ length: 60 }, (_, i) => ({
      t: 400_000 + i * 110_000,
      stream: i % 20 === 19 ? ('stderr' as const) : ('stdout' as const),
      text:
        i % 20 === 19 ? 'RuntimeError: retrying the batch' : `loss ${(10.9 - i * 0.1).toFixed(3)}`,
    })),
  });
  const more = Array.from({ length: gpus }, (_, i) => deviceCounters(`gpu${i}`, session, 11 + i));
  return withSeries(session, more.flat());
}

/** What an import of a log is: a line, a model and a run, and no phase. */
export function logSession(id: string): FixtureSession {
  const session = fixtureSession({ ...base, id, name: 'night.csv', spans: trainSpans(6) });
  const { document } = session;
  const overlay = { ...document.overlay, phases: [] };
  return { ...session, document: { ...document, overlay } };
}

/** The same with what was found in its line: four periods, of which the second and third are a quarter of the run each. */
export function foundSession(id: string): FixtureSession {
  const session = logSession(id);
  const { overlay, durationUs } = session.document;
  if (overlay.series === null) return session;
  const at = (eighths: number) => Math.round((durationUs * eighths) / 8);
  const bytes = { rest: 2 ** 30, peak: 3 * 2 ** 30 };
  const found = {
    levels: [{ span: [at(1), at(7)] as const, ...bytes }],
    periods: [1, 2, 4, 6].map((from, i) => ({
      ...bytes,
      index: i + 1,
      count: 1,
      span: [at(from), at([2, 4, 6, 7][i]!)] as const,
    })),
  };
  return { ...session, document: { ...session.document, overlay: { ...overlay, found } } };
}

/** `steps` announced steps and `samples` of device memory among them. */
export function longSession(id: string, steps: number, samples: number): FixtureSession {
  const plan = { ...base, id, name: `${steps} steps`, spans: trainSpans(steps), sampleUs: 1e7 };
  const session = fixtureSession(plan);
  const { durationUs } = session.document;
  const [memory, ...others] = session.data;
  if (!memory) return session;
  const rand = random(5);
  const times = new Float64Array(samples);
  const values = new Float64Array(samples);
  for (let i = 0; i < samples; i++) {
    times[i] = Math.floor((i * durationUs) / samples);
    values[i] = 3e9 + Math.floor(2.5e9 * Math.abs(Math.sin(times[i]! / 350_000)) + 2e8 * rand());
  }
  const data = [{ info: memory.info, times, values, gaps: [] }, ...others];
  return { ...session, data, document: { ...session.document, series: data.map(seriesStats) } };
}

/** A recording of `gpus` GPUs, each with memory, load and power every `intervalUs`, as it stands at an instant. */
export function liveSession(id: string, gpus: number, intervalUs: number) {
  const session = countersSession(id, 1, 'recording');
  const longest = 600e6;
  const rand = random(21);
  const memory = (device: string) =>
    counter(device, 'memory.used', longest, intervalUs, () => 9e9 + 4e9 * rand());
  const all = Array.from({ length: gpus }, (_, i) => [
    memory(`gpu${i}`),
    counter(`gpu${i}`, 'utilization', longest, intervalUs, () => 1e5 * rand()),
    counter(`gpu${i}`, 'power', longest, intervalUs, () => 3e5 * rand()),
  ]).flat();
  return {
    at(durationUs: number): FixtureSession {
      const data = all.map((each) => upTo(each, durationUs));
      const document = { ...session.document, durationUs, series: data.map(seriesStats) };
      return { ...session, data, document };
    },
  };
}

/** What was recorded of a series by then. */
function upTo(series: SampledSeries, t: number): SampledSeries {
  const count = lowerBound(series.times, t);
  return {
    ...series,
    times: series.times.subarray(0, count),
    values: series.values.subarray(0, count),
  };
}
