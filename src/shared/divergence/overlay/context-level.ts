/**
 * What a process holds on the device above its framework's allocator: the context, the libraries and their kernels. It
 * is there all the time, while reserves come and go.
 */

import { median } from '../../base/statistics';
import { type Bytes, GiB, MiB, type Micros } from '../../base/units';
import { sampleAt, valueAt } from '../../trace/series';
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

interface Pair {
  readonly excess: Bytes;
  readonly onDevice: Bytes;
  readonly framework: Bytes;
}

const LEAST_READINGS = 2;
/** Contexts with all their libraries lie below 2 GiB; what is larger is something else. */
const MOST = 3 * GiB;

/** From readings of the process where there are enough, else from the workload's line; null where neither tells. */
export function contextLevel(
  lines: Lines,
  gpu: string,
  overlay: Pick<Overlay, 'series' | 'baselineBytes'>,
): ContextLevel | null {
  const reserved = seriesById(lines, 'framework.reserved');
  const framework = reserved?.times.length ? reserved : seriesById(lines, FRAMEWORK_ALLOCATED);
  if (!framework || framework.times.length === 0) return null;
  return (
    ofProcess(lines, gpu, framework) ??
    (framework === reserved ? ofLine(lines, gpu, framework, overlay) : null)
  );
}

/** The least excess: what comes and goes above the context is not the context. */
function ofProcess(lines: Lines, gpu: string, framework: SeriesData): ContextLevel | null {
  const process = seriesById(lines, processMemory(gpu));
  if (!process) return null;
  let least: Pair | null = null;
  let readings = 0;
  for (let i = 0; i < process.times.length; i++) {
    const t = process.times[i]!;
    if (process.values[i]! <= 0 || t > framework.times.at(-1)!) continue;
    const here = sampleAt(framework, t);
    if (here === null) continue;
    const own = here.value;
    // Between two reports that differ it is not known when the framework took more.
    const next = framework.values[here.index + 1];
    if (next !== undefined && Math.abs(next - own) > 2 * MiB) continue;
    readings++;
    const excess = process.values[i]! - own;
    if (least === null || excess < least.excess)
      least = { excess, onDevice: process.values[i]!, framework: own };
  }
  if (least === null || least.excess <= 0 || least.excess > MOST || readings < LEAST_READINGS)
    return null;
  return level(gpu, processMemory(gpu), framework, least, readings, [
    process.times[0]!,
    process.times.at(-1)!,
  ]);
}

/** The median excess of the workload's line at the framework's reports; device memory stands in where others were not read. */
function ofLine(
  lines: Lines,
  gpu: string,
  framework: SeriesData,
  overlay: Pick<Overlay, 'series' | 'baselineBytes'>,
): ContextLevel | null {
  const isOwn =
    overlay.series === workloadMemory(gpu) ||
    (overlay.series === usedMemory(gpu) && !seriesById(lines, otherMemory(gpu)));
  const line = isOwn ? seriesById(lines, overlay.series!) : undefined;
  if (!line) return null;
  const pairs: Pair[] = [];
  for (let i = 0; i < framework.times.length; i++) {
    const onDevice = valueAt(line, framework.times[i]!);
    if (onDevice === null) continue;
    pairs.push({
      excess: onDevice - overlay.baselineBytes - framework.values[i]!,
      onDevice: onDevice - overlay.baselineBytes,
      framework: framework.values[i]!,
    });
  }
  if (pairs.length < LEAST_READINGS) return null;
  const middle = median(pairs.map(({ excess }) => excess));
  const nearest = pairs.reduce((best, one) =>
    Math.abs(one.excess - middle) < Math.abs(best.excess - middle) ? one : best,
  );
  return nearest.excess <= 0 || nearest.excess > MOST
    ? null
    : level(gpu, overlay.series!, framework, nearest, pairs.length, [
        framework.times[0]!,
        framework.times.at(-1)!,
      ]);
}

function level(
  gpu: string,
  source: string,
  framework: SeriesData,
  { excess, onDevice, framework: counted }: Pair,
  readings: number,
  span: readonly [Micros, Micros],
): ContextLevel {
  return {
    gpu,
    bytes: excess,
    readings,
    source,
    onDevice,
    framework: counted,
    reserved: framework.info.id === 'framework.reserved',
    span,
  };
}
