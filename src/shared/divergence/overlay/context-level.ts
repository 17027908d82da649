/**
 * What a process holds on the device above its framework's allocator: the context, the libraries and their kernels. It
 * is there all the time, while reserves come and go.
 */

import { median } from '../../base/statistics';
import { type Bytes, GiB, MiB, type Micros } from '../../base/units';
import { SampleCursor } from '../../trace/sample-cursor';
import { firstSample, lastSample, sampleCount, samplesIn } from '../../trace/series';
import {
  FRAMEWORK_ALLOCATED,
  otherMemory,
  processMemory,
  usedMemory,
  workloadMemory,
} from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { type Lines, seriesById } from './lines';
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
  const reserved = seriesById(lines, 'framework.reserved');
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
  const lastReport = lastSample(framework)?.t;
  if (!process || lastReport === undefined) return null;
  const reports = new SampleCursor(framework);
  let least: Pair | null = null;
  let readings = 0;
  for (const [t, onDevice] of samplesIn(process)) {
    if (t > lastReport) break;
    const here = onDevice <= 0 ? null : reports.moveTo(t);
    if (here === null) continue;
    // Between two reports that differ it is not known when the framework took more.
    const next = reports.next();
    if (next !== null && Math.abs(next.value - here.value) > 2 * MiB) continue;
    readings++;
    const excess = onDevice - here.value;
    if (least === null || excess < least.excess)
      least = { excess, onDevice, framework: here.value };
  }
  return buildLevel(gpu, process, framework, least, readings, process);
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
    (series === usedMemory(gpu) && !seriesById(lines, otherMemory(gpu)));
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
    reserved: framework.info.id === 'framework.reserved',
    span: [firstSample(over)?.t ?? 0, lastSample(over)?.t ?? 0],
  };
}
