/**
 * Traces of which nothing is known: no model, no run, no marker, as a log of nvidia-smi or a command that announces
 * nothing leaves them. Half are clean. They are made of what hardware and allocators do (blocks, caches that settle,
 * readings in whole MiB, steps that vary), by rules of their own: nothing here is taken from what looks for them.
 */
import { GiB, MiB, type Micros } from '../../../src/shared/base/units';
import type { SampledSeries } from '../../../src/shared/trace/types';
import type { Random } from './random';

/** `fill`: climbs at its work for a while, then stays where it came to. */
export type ShapeCause = 'growth' | 'spike' | 'plateau' | 'fill';

export interface ShapeTrace {
  /** `training` swings with its steps, `serving` jitters about a level, `requests` comes and goes without order. */
  readonly work: 'training' | 'serving' | 'requests' | 'flat';
  readonly cause: ShapeCause | null;
  /** Growth: bytes a second; all others: bytes. */
  readonly size: number;
  /** Of a step that the line shows; null where it shows none, or is read too seldom to. */
  readonly periodUs: Micros | null;
  /** When each step of a line that shows them began, and the last one ended. */
  readonly steps: readonly Micros[];
  readonly series: readonly SampledSeries[];
  readonly durationUs: Micros;
  readonly intervalUs: Micros;
  readonly hasUtilization: boolean;
}

export function drawShape(random: Random, cause: ShapeCause | null): ShapeTrace {
  const work = random.pick(['training', 'training', 'serving', 'requests', 'flat'] as const);
  const intervalUs = Math.round(1e6 / random.pick([1, 1, 1, 0.5, 2, 10, 50]));
  const samples = random.integer(150, 3000);
  const durationUs = samples * intervalUs;
  const weights = random.between(1, 30) * GiB;
  const swing = work === 'flat' ? 0 : random.between(0.15, 1) * Math.min(weights, 10 * GiB);
  // A step is read often enough to be seen, or so seldom that only its extent is.
  const isSeen = work === 'training' && random.chance(0.7);
  const stepUs = isSeen
    ? intervalUs * random.between(8, Math.min(60, samples / 14))
    : intervalUs * random.between(0.05, 0.4);
  const idle = random.pick([0, 2, 320, 900]) * MiB;
  const begin = random.pick([0, 0.02, 0.05]) * durationUs;
  const load = Math.max(2 * intervalUs, random.between(0.01, 0.06) * durationUs);
  const end = random.chance(0.5) ? durationUs : durationUs * random.between(0.95, 0.99);
  const lived = end - begin - load;
  const size = sizeOf(random, cause, weights, swing, lived);
  const from = cause === 'growth' ? 0 : begin + load + lived * random.between(0.35, 0.7);
  const spikeUs = random.between(1, 3) * Math.max(intervalUs, 0.001 * durationUs);
  const filled = cause === 'fill' ? drawFill(random) : () => 0;
  const settle = random.chance(0.5) ? random.between(0.02, 0.1) * swing : 0;
  const block = random.pick([1, 2, 20]) * MiB;
  const noise = random.pick([0, 0, 1, 3]) * MiB;
  const jitter = random.pick([0, 0.01, 0.04]);
  const step = { at: begin + load, length: stepUs, next: begin + load + stepUs };
  const steps: Micros[] = [step.at];
  let request = 0;
  const line = (t: Micros): number => {
    if (t < begin || t > end) return idle;
    if (t < begin + load) return idle + (weights * (t - begin)) / load;
    const since = t - begin - load;
    while (step.next <= t) {
      step.at = step.next;
      steps.push(step.at);
      step.length = stepUs * (1 + jitter * random.normal());
      step.next = step.at + Math.max(0.3 * stepUs, step.length);
    }
    if (random.chance(0.3)) request = random.next() ** 2;
    const phase = (t - step.at) / (step.next - step.at);
    const moving = {
      training: swing * Math.min(1, phase < 0.5 ? 2 * phase : 2.4 - 2.4 * phase),
      serving: 0.04 * swing * random.next(),
      requests: swing * request,
      flat: 0,
    }[work];
    const settled = settle * (1 - Math.exp((-12 * since) / lived));
    let planted = 0;
    if (cause === 'growth') planted = (size * since) / 1e6;
    if (cause === 'fill') planted = size * filled(since / lived);
    if (cause === 'plateau' && t >= from) planted = size;
    if (cause === 'spike' && t >= from && t < from + spikeUs) planted = size + swing - moving;
    const blocks = Math.ceil((Math.max(0, moving) + settled + planted) / block) * block;
    return idle + weights + blocks + noise * random.next();
  };
  // Without it nothing tells a level that does not move at work from one that loads.
  const hasUtilization = random.chance(0.7) || work === 'flat' || work === 'serving';
  const used = sampled(
    'gpu0.memory.used',
    'bytes',
    samples,
    intervalUs,
    (t) => Math.round(line(t) / MiB) * MiB,
  );
  const busy = sampled('gpu0.utilization', 'millipercent', samples, intervalUs, (t) =>
    t >= begin + load && t <= end ? 1000 * random.integer(55, 100) : 0,
  );
  return {
    work,
    cause,
    size,
    periodUs: isSeen ? stepUs : null,
    steps: isSeen ? steps : [],
    series: hasUtilization ? [used, busy] : [used],
    durationUs,
    intervalUs,
    hasUtilization,
  };
}

function sizeOf(
  random: Random,
  cause: ShapeCause | null,
  weights: number,
  swing: number,
  lived: Micros,
): number {
  if (cause === 'growth')
    return (random.between(0.15, 1.5) * 1e6 * Math.max(swing, 2 * GiB)) / lived;
  // What is smaller than a twelfth of what is held is nothing anyone would look for.
  return cause === null ? 0 : random.between(0.15, 0.8) * (weights + swing);
}

/**
 * What is filled by a share of the time at work, 0..1. A cache that is read into at an even rate stops at its bound; one of
 * a finite set that is drawn from at random gains ever less; an allocator, or a cache of few large things, grows by one
 * at a time, at moments of their own. From the first step on, or later (an evaluation, a second data set); full
 * after a twelfth to a half of the run, of which a fifth is left at the least.
 */
function drawFill(random: Random): (share: number) => number {
  const begin = random.chance(0.6) ? 0 : random.between(0.03, 0.3);
  const length = random.between(0.08, 0.5);
  const kind = random.pick(['bound', 'finite', 'pieces'] as const);
  const rate = random.between(2, 5);
  const pieces = Array.from({ length: random.integer(8, 60) }, () => ({
    at: random.next() ** 1.3,
    bytes: random.between(0.3, 1),
  }));
  const whole = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  return (share) => {
    const done = Math.min(1, Math.max(0, (share - begin) / length));
    if (kind === 'bound') return done;
    if (kind === 'finite') return (1 - Math.exp(-rate * done)) / (1 - Math.exp(-rate));
    return pieces.reduce((sum, { at, bytes }) => sum + (at <= done ? bytes : 0), 0) / whole;
  };
}

function sampled(
  id: string,
  unit: 'bytes' | 'millipercent',
  samples: number,
  intervalUs: Micros,
  value: (t: Micros) => number,
): SampledSeries {
  const times = Float64Array.from({ length: samples }, (_, i) => i * intervalUs);
  const values = Float64Array.from(times, value);
  const [source, metric] = ['bench', id.slice(5)];
  return {
    info: { id, source, metric, unit, windowUs: null, intervalUs },
    times,
    values,
    gaps: [],
  };
}
