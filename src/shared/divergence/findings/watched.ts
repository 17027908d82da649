/**
 * The memory lines that are looked at for what they do by themselves, with or without a budget: one of each device, the
 * framework's, and the host's. Each is thinned once; growth, plateaus, spikes and a high start are read from the same
 * windows.
 */

import { formatInteger } from '../../base/format';
import type { Bytes, Micros } from '../../base/units';
import { countPeriods, type FoundPeriod } from '../../trace/found-spans';
import { deviceIn, deviceMetricIn, FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import { deviceName } from '../../trace/series-names';
import type { SeriesData } from '../../trace/types';
import {
  baselineFor,
  candidateLines,
  devicesBeside,
  findDevice,
  seriesById,
} from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { type Floor, findFloors } from '../shapes/floor';
import { listPeriods } from '../shapes/found-spans';
import { findPeriod, type Period } from '../shapes/period';

export interface Watched {
  readonly line: SeriesData;
  readonly of: 'framework' | 'device' | 'host';
  /** As a sentence about it begins: "Memory on GPU 0". */
  readonly name: string;
  /** What a value of it tells: of a line of the workload what was in use before launch is no part. */
  tells(value: Bytes): Bytes;
  /** From fine to coarse, where these differ; the first that shows a thing tells it. */
  readonly floors: readonly Floor[];
  /** Null where steps are announced, or the line does not repeat. */
  readonly period: Period | null;
  /** Its repetitions one by one, or several in a row. */
  readonly periods: readonly FoundPeriod[];
}

/** A finding that a line makes by itself, and whose line it is. */
export interface LineFinding {
  readonly of: Watched['of'];
  readonly finding: Finding;
}

/** Most telling first: the framework's, those of devices, the host's. */
export function watchLines(input: DiagnosisInput): Watched[] {
  const { lines, overlay, spans, mustMatchExactly } = input;
  // What the bundled workload holds is known to the byte; the rest of its process is the runtime's.
  if (mustMatchExactly && input.budget !== null) return [];
  const shown = findDevice(lines, overlay.series);
  // The one that is shown first: where others do the same, it is the one to be told of.
  const devices = devicesBeside(lines, overlay.series).sort(
    (a, b) => Number(b === shown) - Number(a === shown),
  );
  const best = candidateLines(lines, true);
  const ids = [
    FRAMEWORK_ALLOCATED,
    ...devices.flatMap((device) => best.find((id) => deviceIn(id) === device) ?? []),
    TREE_RSS,
  ];
  const announced = medianStep(spans);
  return ids.flatMap((id): Watched[] => {
    const line = seriesById(lines, id);
    if (line === undefined) return [];
    const { period, periods } = announced === null ? findRepetition(line) : NO_REPETITION;
    const floors = findFloors(line, announced ?? period?.us ?? null);
    const isOwn = deviceMetricIn(id) === 'workload.memory';
    const before = isOwn ? baselineFor(id, input.baselines ?? {}) : 0;
    const tells = (value: Bytes) => value - before;
    return [{ line, ...nameLine(id, devices.length), tells, floors, period, periods }];
  });
}

const NO_REPETITION = { period: null, periods: [] } as const;

/** How often a line repeats, counted where it does. */
function findRepetition(line: SeriesData): Pick<Watched, 'period' | 'periods'> {
  const period = findPeriod(line);
  if (period === null) return NO_REPETITION;
  const periods = listPeriods(line, period);
  const [first, last] = [periods[0], periods.at(-1)];
  if (first === undefined || last === undefined) return { period, periods };
  const span = [first.span[0], last.span[1]] as const;
  return { period: { ...period, count: countPeriods(periods), span }, periods };
}

function nameLine(id: string, devices: number): Pick<Watched, 'of' | 'name'> {
  const device = deviceIn(id);
  if (device !== undefined) {
    const whose = deviceMetricIn(id) === 'memory.used' ? 'Memory' : "The workload's memory";
    return {
      of: 'device',
      name: devices > 1 ? `${whose} on ${deviceName(device)}` : `${whose} on the GPU`,
    };
  }
  return id === FRAMEWORK_ALLOCATED
    ? { of: 'framework', name: "The framework's memory" }
    : { of: 'host', name: 'Host memory of the workload' };
}

/** The usual length of an announced step; null where fewer than three are. */
function medianStep(spans: DiagnosisInput['spans']): Micros | null {
  const starts = stepStarts(spans);
  const lengths = starts
    .slice(1)
    .map(({ t }, i) => t - starts[i]!.t)
    .sort((a, b) => a - b);
  return lengths[lengths.length >> 1] ?? null;
}

export interface StepStart {
  readonly step: number;
  readonly t: Micros;
}

/** The announced steps of the first rank, as they began; some of a run may not be told. Empty where fewer than three are. */
export function stepStarts(spans: DiagnosisInput['spans']): StepStart[] {
  const starts = new Map<number, Micros>();
  for (const { step, rank, t0 } of spans)
    if (step !== null && rank === spans[0]!.rank && !starts.has(step)) starts.set(step, t0);
  const told = Array.from(starts, ([step, t]) => ({ step, t }));
  return told.length < 3 ? [] : told.sort((a, b) => a.t - b.t);
}

/**
 * One finding of a kind for the framework, the devices and the host each: the first that is about as great as any, with
 * how many other devices do the same. What a later one shows at the same time and no larger is the same memory seen again.
 */
export function withoutEchoes(found: readonly LineFinding[]): LineFinding[] {
  const kept: LineFinding[] = [];
  for (const of of ['framework', 'device', 'host'] as const) {
    const own = found.filter((one) => one.of === of);
    const greatest = Math.max(...own.map(size));
    const best = own.find((one) => size(one) >= ALIKE * greatest);
    if (best === undefined) continue;
    if (kept.some((one) => areTogether(one, best) && size(one) >= 0.4 * size(best))) continue;
    const alike = own.filter(
      (one) => one !== best && areTogether(one, best) && size(one) >= ALIKE * size(best),
    );
    kept.push(alike.length === 0 ? best : { of, finding: addOthers(best.finding, alike.length) });
  }
  return kept;
}

/** Ranks of one run do the same, to within what their readings fall on. */
const ALIKE = 0.75;

function areTogether({ finding: { span: a } }: LineFinding, { finding: { span: b } }: LineFinding) {
  return a[0] < b[1] && a[1] > b[0];
}

const addOthers = (finding: Finding, others: number): Finding => ({
  ...finding,
  title: `${finding.title}; on ${formatInteger(others)} other GPU${others === 1 ? '' : 's'} too`,
});

/** What the first of the floors shows that shows anything. */
export function firstShown<T>({ floors }: Watched, look: (floor: Floor) => T | null): T | null {
  for (const floor of floors) {
    const found = look(floor);
    if (found !== null) return found;
  }
  return null;
}

const size = ({ finding }: LineFinding): Bytes => finding.bytes ?? 0;
