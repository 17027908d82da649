/**
 * What a process holds on the device above its framework's allocator: the context, the libraries and their kernels. It
 * is there all the time, while reserves come and go.
 */

import { median } from '../../base/statistics';
import { type Bytes, GiB, MiB, type Micros } from '../../base/units';
import { SampleCursor } from '../../trace/sample-cursor';
import {
  firstSample,
  lastSample,
  sampleAfter,
  sampleBefore,
  sampleCount,
  samplePages,
  samplesIn,
  summarizeIn,
} from '../../trace/series';
import {
  FRAMEWORK_ALLOCATED,
  FRAMEWORK_RESERVED,
  otherMemory,
  processMemory,
  usedMemory,
  workloadMemory,
} from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { type Lines, listsWorkload, seriesById } from './lines';
import type { Overlay } from './types';

export interface ContextLevel {
  readonly gpu: string;
  readonly bytes: Bytes;
  readonly readings: number;
  /** Series of the device that was read, and what it and the framework showed together. */
  readonly source: string;
  readonly onDevice: Bytes;
  readonly framework: Bytes;
  /** Whether the framework told what it reserves; if not, the reserve is part of the figure. */
  readonly reserved: boolean;
  readonly span: readonly [Micros, Micros];
}

/** What the device showed at an instant beside what the framework counted then. */
interface Pair {
  readonly excess: Bytes;
  readonly onDevice: Bytes;
  readonly framework: Bytes;
}

const MIN_READINGS = 2;
/** Contexts with all their libraries lie below 2 GiB; what is larger is something else. */
const MAX_BYTES = 3 * GiB;

/** From readings of the process where there are enough, else from the workload's line; null where neither tells. */
export function contextLevel(
  lines: Lines,
  gpu: string,
  overlay: Pick<Overlay, 'series' | 'baselineBytes'>,
): ContextLevel | null {
  const reserved = seriesById(lines, FRAMEWORK_RESERVED);
  const framework = sampleCount(reserved) > 0 ? reserved : seriesById(lines, FRAMEWORK_ALLOCATED);
  if (!framework || sampleCount(framework) === 0) return null;
  return (
    readFromProcess(lines, gpu, framework) ??
    (framework === reserved ? readFromLine(lines, gpu, framework, overlay) : null)
  );
}

/** The least excess: what comes and goes above the context is not the context. */
function readFromProcess(lines: Lines, gpu: string, framework: SeriesData): ContextLevel | null {
  const process = seriesById(lines, processMemory(gpu));
  const [first, last] = [process && firstSample(process), lastSample(framework)];
  if (!process || !first || !last) return null;
  const search = new LeastExcess(process, framework);
  search.read(first.t, last.t);
  return buildLevel(gpu, process, framework, search.least, search.readings, process);
}

/** Few enough readings to be looked at one by one. */
const FEW_READINGS = 4096;

/** Spans come in order of time. Where the framework reports the same all the time, a span is told by its summary. */
class LeastExcess {
  readonly #process: SeriesData;
  readonly #framework: SeriesData;
  readonly #reports: SampleCursor;
  least: Pair | null = null;
  readings = 0;

  constructor(process: SeriesData, framework: SeriesData) {
    this.#process = process;
    this.#framework = framework;
    this.#reports = new SampleCursor(framework);
  }

  read(t0: Micros, t1: Micros): void {
    const all = this.#process.source?.summarize(t0, t1);
    if (all === null) return;
    if (all === undefined || all.count <= FEW_READINGS) {
      this.#readEach(t0, t1);
      return;
    }
    const held = all.min > 0 ? heldThroughout(this.#framework, all.t0, all.t1) : null;
    if (held !== null) {
      this.#add(all.min, held, all.count);
      return;
    }
    const middle = Math.floor((all.t0 + all.t1) / 2);
    this.read(all.t0, middle);
    this.read(middle + 1, all.t1);
  }

  #readEach(t0: Micros, t1: Micros): void {
    for (const { times, values } of samplePages(this.#process, t0, t1))
      for (let i = 0; i < times.length; i++) {
        const here = values[i]! <= 0 ? null : this.#reports.moveTo(times[i]!);
        if (here === null) continue;
        // Between two reports that differ it is not known when the framework took more.
        const next = this.#reports.next();
        if (next !== null && Math.abs(next.value - here.value) > 2 * MiB) continue;
        this.#add(values[i]!, here.value, 1);
      }
  }

  #add(onDevice: Bytes, framework: Bytes, readings: number): void {
    this.readings += readings;
    const excess = onDevice - framework;
    if (this.least === null || excess < this.least.excess)
      this.least = { excess, onDevice, framework };
  }
}

/** What a series shows at every moment of a span and with the reading after it; null where that is not one value. */
function heldThroughout(data: SeriesData, t0: Micros, t1: Micros): Bytes | null {
  const since = sampleBefore(data, t0);
  if (since === null || data.gaps.some((gap) => gap.t0 <= t1 && gap.t1 >= since.t)) return null;
  const within = summarizeIn(data, t0, t1);
  const after = sampleAfter(data, t1);
  const isHeld =
    (within === null || (within.min === since.value && within.max === since.value)) &&
    (after === null || after.value === since.value);
  return isHeld ? since.value : null;
}

/** The median excess of the workload's line at the framework's reports; device memory stands in where others were not read. */
function readFromLine(
  lines: Lines,
  gpu: string,
  framework: SeriesData,
  { series, baselineBytes }: Pick<Overlay, 'series' | 'baselineBytes'>,
): ContextLevel | null {
  const isOfWorkload =
    series === workloadMemory(gpu) ||
    (series === usedMemory(gpu) && (!seriesById(lines, otherMemory(gpu)) || !listsWorkload(lines)));
  const line = isOfWorkload ? seriesById(lines, series) : undefined;
  if (!line) return null;
  const pairs: Pair[] = [];
  const readings = new SampleCursor(line);
  for (const [t, counted] of samplesIn(framework)) {
    const value = readings.moveTo(t)?.value;
    if (value === undefined) continue;
    const onDevice = value - baselineBytes;
    pairs.push({ excess: onDevice - counted, onDevice, framework: counted });
  }
  if (pairs.length === 0) return null;
  const middle = median(pairs.map(({ excess }) => excess));
  const nearest = pairs.reduce((best, pair) =>
    Math.abs(pair.excess - middle) < Math.abs(best.excess - middle) ? pair : best,
  );
  return buildLevel(gpu, line, framework, nearest, pairs.length, framework);
}

/** Null where too little was read, or the excess cannot be a context. `over`: the series whose span was read. */
function buildLevel(
  gpu: string,
  source: SeriesData,
  framework: SeriesData,
  pair: Pair | null,
  readings: number,
  over: SeriesData,
): ContextLevel | null {
  if (pair === null || readings < MIN_READINGS) return null;
  if (pair.excess <= 0 || pair.excess > MAX_BYTES) return null;
  return {
    gpu,
    bytes: pair.excess,
    readings,
    source: source.info.id,
    onDevice: pair.onDevice,
    framework: pair.framework,
    reserved: framework.info.id === FRAMEWORK_RESERVED,
    span: [firstSample(over)?.t ?? 0, lastSample(over)?.t ?? 0],
  };
}
