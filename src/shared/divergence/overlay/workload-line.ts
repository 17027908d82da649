/**
 * GPU memory of the workload, made of two series: device memory less what other processes have taken since launch (what
 * they held before is in the baseline). Others are read once or twice a second, so each reading is held until the next.
 *
 *     device     ____/‾‾‾‾‾‾‾‾\____        as it was sampled
 *     others     ________|‾‾‾‾‾|____       a few stretches on one level each
 *     workload   ____/‾‾‾‾\____/‾‾‾‾       device − (others − others at launch), stretch by stretch
 *
 * Nothing is copied: within a stretch the answers are those of the device's series, shifted. What was found of a stretch
 * as a whole is kept, so that any number of them costs its work once.
 */
import { lowerBound, upperBound } from '../../base/search';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { breakAtGaps, type Envelope, envelope } from '../../trace/envelope';
import { goThrough } from '../../trace/held';
import { PictureBuilder } from '../../trace/picture-builder';
import type { SamplePage, SampleRun, SampleSource, TimedSample } from '../../trace/sample-source';
import {
  EVER,
  firstSample,
  lastSample,
  sampleAfter,
  sampleBefore,
  samplePages,
  sampleRunsIn,
  samplesIn,
  summarizeIn,
} from '../../trace/series';
import { workloadMemory } from '../../trace/series-ids';
import type { SpanStatistics } from '../../trace/statistics';
import { figuresFrom, mergeSummaries, type Summary } from '../../trace/summary';
import type { Gap, SeriesData, SeriesFigures } from '../../trace/types';

/** Changes of other processes below this are taken when they are read. */
const MIN_STEP = 16 * MiB;

/** Made once for as long as both series are the same. */
const made = new WeakMap<SeriesData, { readonly others: SeriesData; readonly line: SeriesData }>();

/** `atLaunch`: what others held then; where it was not read, their first reading stands for it. */
export function deriveWorkloadMemory(
  gpu: string,
  device: SeriesData,
  others: SeriesData,
  atLaunch: Bytes | undefined,
): SeriesData {
  const known = made.get(device);
  if (known?.others === others) return known.line;
  const line = shiftDevice(gpu, device, others, atLaunch);
  made.set(device, { others, line });
  return line;
}

function shiftDevice(
  gpu: string,
  device: SeriesData,
  others: SeriesData,
  atLaunch: Bytes | undefined,
): SeriesData {
  const source = new ShiftedSource(device, others, atLaunch);
  return {
    info: {
      ...device.info,
      id: workloadMemory(gpu),
      source: 'plumbline',
      metric: 'workload.memory',
    },
    gaps: device.gaps,
    source,
    get figures() {
      return source.figures();
    },
  };
}

/** Up to when the values of a line are known for good: what others held is read later than the device's memory. */
export const firmUntil = ({ source }: SeriesData): Micros =>
  source instanceof ShiftedSource ? source.firmUntil() : Number.POSITIVE_INFINITY;

/** A stretch in which what others held is taken to be one level: from its begin to the next one's. */
interface Stretches {
  readonly begins: readonly Micros[];
  /** Taken off in each. */
  readonly offsets: readonly Bytes[];
}

class ShiftedSource implements SampleSource {
  readonly #device: SeriesData;
  readonly #others: SeriesData;
  readonly #atLaunch: Bytes | undefined;
  #stretches: Stretches | null = null;
  /** Of each stretch as a whole, once it was asked for. */
  readonly #wholes: (Summary | null)[] = [];

  constructor(device: SeriesData, others: SeriesData, atLaunch: Bytes | undefined) {
    this.#device = device;
    this.#others = others;
    this.#atLaunch = atLaunch;
  }

  firmUntil(): Micros {
    return lastSample(this.#others)?.t ?? Number.POSITIVE_INFINITY;
  }

  figures(): SeriesFigures {
    return figuresFrom(this.summarize(EVER.t0, EVER.t1));
  }

  summarize(t0: Micros, t1: Micros): Summary | null {
    let all: Summary | null = null;
    for (const part of this.#within(t0, t1)) {
      const found = this.#summarizePart(part);
      if (found !== null) all = all === null ? found : mergeSummaries(all, found);
    }
    return all;
  }

  before(t: Micros): TimedSample | null {
    return this.#shift(sampleBefore(this.#device, t));
  }

  after(t: Micros): TimedSample | null {
    return this.#shift(sampleAfter(this.#device, t));
  }

  samples(t0: Micros, t1: Micros, limit: number): SamplePage {
    const { begins, offsets } = this.#read();
    const { times, values } = firstSamples(this.#device, t0, t1, limit);
    const shifted = new Float64Array(values.length);
    let at = times.length === 0 ? 0 : upperBound(begins, times[0]!) - 1;
    for (let i = 0; i < shifted.length; i++) {
      while (at + 1 < begins.length && begins[at + 1]! <= times[i]!) at++;
      shifted[i] = values[i]! - offsets[at]!;
    }
    return { times, values: shifted };
  }

  envelope(t0: Micros, t1: Micros, columns: number): Envelope {
    const width = Math.max(1, Math.floor(columns));
    const picture = new PictureBuilder(t0, t1, width);
    const breaks: Gap[] = [];
    for (const part of this.#within(t0, t1)) {
      const share = ((part.t1 - part.t0) / Math.max(1, t1 - t0)) * width;
      const points = share < 1 ? listCorners(this.#summarizePart(part)) : this.#draw(part, share);
      for (let i = 0; i < points.times.length; i++) {
        const t = points.times[i]!;
        if (Number.isNaN(points.values[i]!)) breaks.push({ t0: t, t1: t, reason: 'damaged' });
        else if (t >= part.t0 && t <= part.t1)
          picture.samples(points.times, points.values, i, i + 1);
      }
    }
    const drawn = picture.finish(this.before(t0 - 1), this.after(t1));
    return breakAtGaps(drawn, [...this.#device.gaps, ...breaks]);
  }

  statistics(t0: Micros, t1: Micros, above: number | null): SpanStatistics {
    const { info, gaps } = this.#device;
    return goThrough({ info, gaps, source: this, figures: this.figures() }, t0, t1, above);
  }

  runs(t0: Micros, t1: Micros, most: number): SampleRun[] {
    return sampleRunsIn(this.#device, t0, t1, most).map((run) => {
      const own = this.summarize(run.t0, run.t1);
      return own === null ? run : { ...run, low: own.min, high: own.max };
    });
  }

  #draw({ t0, t1, offset }: Part, share: number): Envelope {
    const { times, values } = envelope(this.#device, t0, t1, Math.ceil(share) + 1);
    return { times, values: values.map((value) => value - offset) };
  }

  #shift(found: TimedSample | null): TimedSample | null {
    if (found === null) return null;
    const { begins, offsets } = this.#read();
    return { t: found.t, value: found.value - offsets[upperBound(begins, found.t) - 1]! };
  }

  /** The stretches of a span, cut to it. */
  *#within(t0: Micros, t1: Micros): Iterable<Part> {
    const { begins, offsets } = this.#read();
    for (let at = Math.max(0, upperBound(begins, t0) - 1); at < begins.length; at++) {
      const [begin, next] = [begins[at]!, begins[at + 1] ?? EVER.t1 + 1];
      if (begin > t1) return;
      const part = { t0: Math.max(t0, begin), t1: Math.min(t1, next - 1), offset: offsets[at]! };
      yield part.t0 === begin && part.t1 === next - 1 ? { ...part, whole: at } : part;
    }
  }

  #summarizePart({ t0, t1, offset, whole }: Part): Summary | null {
    const known = whole === undefined ? undefined : this.#wholes[whole];
    if (known !== undefined) return known;
    const found = summarizeIn(this.#device, t0, t1);
    const shifted = found && shiftSummary(found, offset);
    if (whole !== undefined) this.#wholes[whole] = shifted;
    return shifted;
  }

  #read(): Stretches {
    this.#stretches ??= findStretches(this.#device, this.#others, this.#atLaunch);
    return this.#stretches;
  }
}

interface Part {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly offset: Bytes;
  /** Its place, where it is a whole stretch. */
  readonly whole?: number;
}

function findStretches(
  device: SeriesData,
  others: SeriesData,
  atLaunch: Bytes | undefined,
): Stretches {
  const base = atLaunch ?? firstSample(others)?.value ?? 0;
  const begins: Micros[] = [EVER.t0];
  const offsets: Bytes[] = [0];
  const takeFrom = (t: Micros, held: Bytes) => {
    if (offsets.at(-1) === held - base) return;
    begins.push(t);
    offsets.push(held - base);
  };
  let last: TimedSample | null = null;
  for (const [t, held] of samplesIn(others)) {
    if (last !== null) {
      const stepAt = findStep(device, last.t, t, held - last.value);
      if (stepAt !== null) takeFrom(stepAt, held);
    }
    takeFrom(t, held);
    last = { t, value: held };
  }
  return { begins, offsets };
}

/**
 * When, from one reading of the others until before the next, the device shows most of the change between the two; null
 * for a small change, or where it shows none. Without it their rise would look like the workload's until they are read.
 */
function findStep(device: SeriesData, from: Micros, until: Micros, change: Bytes): Micros | null {
  if (Math.abs(change) < MIN_STEP) return null;
  let before = sampleBefore(device, from - 1)?.value ?? null;
  let best: Micros | null = null;
  let most = Math.abs(change) / 2;
  for (const { times, values } of samplePages(device, from, until - 1)) {
    for (let i = 0; i < times.length; i++) {
      const step = before === null ? 0 : (values[i]! - before) * Math.sign(change);
      if (step > most) {
        most = step;
        best = times[i]!;
      }
      before = values[i]!;
    }
  }
  return best;
}

const shiftSummary = (found: Summary, offset: Bytes): Summary => ({
  ...found,
  min: found.min - offset,
  max: found.max - offset,
  first: found.first - offset,
  last: found.last - offset,
  sum: found.sum - offset * found.count,
  integral: found.integral - offset * (found.t1 - found.t0),
});

const NOTHING: Envelope = { times: new Float64Array(0), values: new Float64Array(0) };

/** First, lowest, highest and last sample in order, each once. */
function listCorners(found: Summary | null): Envelope {
  if (found === null) return NOTHING;
  const { t0, minT, maxT, t1, first, min, max, last } = found;
  const corners = new Map([
    [t0, first],
    [minT, min],
    [maxT, max],
    [t1, last],
  ]);
  const times = Float64Array.from(corners.keys()).sort();
  return { times, values: times.map((t) => corners.get(t) ?? Number.NaN) };
}

function firstSamples(data: SeriesData, t0: Micros, t1: Micros, limit: number): SamplePage {
  if (data.source) return data.source.samples(t0, t1, limit);
  const from = lowerBound(data.times, t0);
  const to = Math.min(upperBound(data.times, t1), from + limit);
  return { times: data.times.subarray(from, to), values: data.values.subarray(from, to) };
}
