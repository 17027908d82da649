/**
 * Lanes of counters: what else was recorded while the memory was, each with its unit and window. A lane is there when
 * a series is; lanes of further GPUs and of Plumbline itself are there to be shown.
 */
import { formatDuration } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import { isThrottled, throttleReasons } from '../../shared/hardware/throttle-reasons';
import type { SessionDocument } from '../../shared/session/session-document';
import { deviceIn, deviceMetricIn } from '../../shared/trace/series-ids';
import { deviceName, formatReading, seriesName, UNIT_NAMES } from '../../shared/trace/series-names';
import type { SeriesStats, Unit } from '../../shared/trace/types';
import type { Lane, Sheet, ValueScale } from '../chart/lane';
import { type Ink, LINE_COLORS } from '../chart/palette';
import { byteLabel, byteScale } from '../chart/scale';
import { paintSeries, readSeries } from './trace-lines';
import type { TraceWindows } from './traces';

/** A lane of a device: of each entry the first metric that was recorded is a line. */
interface DeviceLane {
  readonly id: string;
  readonly name: string;
  readonly lines: readonly (readonly string[])[];
  /** What each line is called beside the others. */
  readonly labels: readonly string[];
  readonly isExtra?: boolean;
}

const DEVICE_LANES: readonly DeviceLane[] = [
  {
    id: 'utilization',
    name: 'utilization',
    lines: [['utilization'], ['memory.utilization'], ['process.utilization']],
    labels: ['busy', 'memory', 'own'],
  },
  {
    id: 'power',
    name: 'power',
    lines: [['power.samples', 'power.instant', 'power', 'power.average', 'power.mean']],
    labels: [''],
  },
  {
    id: 'clocks',
    name: 'clocks',
    lines: [['clock.sm']],
    labels: [''],
  },
  { id: 'temperature', name: 'temperature', lines: [['temperature']], labels: [''] },
  { id: 'pcie', name: 'PCIe', lines: [['pcie.rx'], ['pcie.tx']], labels: ['in', 'out'] },
  { id: 'processes', name: 'other processes', lines: [['other.memory']], labels: [''] },
  {
    id: 'memory-clock',
    name: 'memory clock',
    lines: [['clock.memory']],
    labels: [''],
    isExtra: true,
  },
  { id: 'fan', name: 'fan', lines: [['fan']], labels: [''], isExtra: true },
];

/** Of the host, in this order; `isExtra` ones wait to be asked for. */
const HOST_LANES: readonly { readonly id: string; readonly isExtra?: boolean }[] = [
  { id: 'tree.cpu' },
  { id: 'tree.rss' },
  { id: 'tree.processes' },
  { id: 'tree.disk.read', isExtra: true },
  { id: 'tree.disk.written', isExtra: true },
  { id: 'system.memory.used', isExtra: true },
  { id: 'system.swap.used', isExtra: true },
  { id: 'sampler.cost', isExtra: true },
  { id: 'sampler.read', isExtra: true },
];

interface CounterLine {
  readonly series: SeriesStats;
  readonly label: string;
}

const HEIGHT = 46;

export function counterLanes(session: SessionDocument, traces: TraceWindows): readonly Lane[] {
  const { series, overlay } = session;
  const devices = [...new Set(series.map(({ id }) => deviceIn(id)))].filter(
    (device) => device !== undefined,
  );
  const own = (overlay.series && deviceIn(overlay.series)) ?? devices[0];
  const ordered = [...devices].sort((a, b) => Number(b === own) - Number(a === own));
  const byDevice = ordered.flatMap((device) =>
    DEVICE_LANES.flatMap((plan) => deviceLane(session, traces, device, plan, device !== own)),
  );
  const host = HOST_LANES.flatMap(({ id, isExtra = false }) => {
    const found = series.find((each) => each.id === id);
    if (!found?.count || id === overlay.series || isDull(found)) return [];
    return counterLane(session, traces, {
      id,
      name: seriesName(id),
      lines: [{ series: found, label: '' }],
      isExtra,
    });
  });
  const taken = new Set([...byDevice, ...host].flatMap((lane) => lane.series));
  const rest = series
    .filter(({ id, count, unit }) => !taken.has(id) && count > 0 && id !== overlay.series && unit)
    .map((each) =>
      counterLane(session, traces, {
        id: each.id,
        name: seriesName(each.id),
        lines: [{ series: each, label: '' }],
        isExtra: true,
      }),
    );
  return [...byDevice, ...host, ...rest];
}

/** One process the whole time is no news. */
const isDull = ({ id, max }: SeriesStats): boolean => id === 'tree.processes' && (max ?? 0) <= 1;

function deviceLane(
  session: SessionDocument,
  traces: TraceWindows,
  device: string,
  plan: DeviceLane,
  isOther: boolean,
): readonly CounterLane[] {
  const lines = plan.lines.flatMap((metrics, i): CounterLine[] => {
    for (const metric of metrics) {
      const series = session.series.find(
        ({ id, count }) => deviceIn(id) === device && deviceMetricIn(id) === metric && count > 0,
      );
      if (series) return [{ series, label: plan.labels[i] ?? '' }];
    }
    return [];
  });
  if (lines.length === 0) return [];
  const throttle =
    plan.id === 'clocks'
      ? session.series.find(({ id }) => id === `${device}.throttle`)?.id
      : undefined;
  return [
    counterLane(session, traces, {
      id: `${device}.${plan.id}`,
      name: `${deviceName(device)}, ${plan.name}`,
      lines,
      isExtra: isOther || (plan.isExtra ?? false),
      ...(throttle !== undefined && { throttle }),
    }),
  ];
}

/** A lane with the ids of the series that it draws. */
export interface CounterLane extends Lane {
  readonly series: readonly string[];
}

function counterLane(
  session: SessionDocument,
  traces: TraceWindows,
  plan: {
    readonly id: string;
    readonly name: string;
    readonly lines: readonly CounterLine[];
    readonly isExtra: boolean;
    /** The series that tells when clocks were held back. */
    readonly throttle?: string;
  },
): CounterLane {
  const { lines, throttle } = plan;
  const [first] = lines;
  const unit = first?.series.unit ?? 'count';
  const isSeveral = lines.length > 1;
  return {
    id: plan.id,
    name: plan.name,
    unit: describeUnit(unit, first?.series),
    about: lines.map(({ series }) => describeCounter(series)).join('\n'),
    height: HEIGHT,
    isExtra: plan.isExtra,
    series: [
      ...lines.map(({ series }) => series.id),
      ...(throttle === undefined ? [] : [throttle]),
    ],
    scale: counterScale(unit, Math.max(...lines.map(({ series }) => series.max ?? 0))),
    paint(sheet) {
      if (throttle !== undefined) paintThrottling(sheet, traces, throttle);
      for (const [i, { series }] of [...lines.entries()].reverse())
        paintSeries(
          sheet,
          traces,
          series.id,
          { color: lineColor(sheet.ink, i), width: 1.25, ...(i === 0 && { area: 0.14 }) },
          0,
          session.durationUs,
        );
    },
    readAt(t) {
      const read = lines.map(({ series, label }) => ({
        label,
        ...readSeries(traces, series.id, t),
      }));
      const known = read.filter(({ value }) => value !== null);
      if (known.length === 0) return read[0]?.why ?? '';
      const words = known.map(({ label, value }) =>
        `${isSeveral ? label : ''} ${formatReading(value, unit)}`.trim(),
      );
      const held = throttle === undefined ? null : readSeries(traces, throttle, t).value;
      if (held !== null && isThrottled(held)) words.push(`throttled: ${throttleReasons(held)}`);
      return words.join(', ');
    },
  };
}

const lineColor = (ink: Ink, index: number): string =>
  index === 0 ? ink.lane : (LINE_COLORS[index + 1] ?? ink.lane);

/** "watts, every 100 ms"; bytes carry their unit with every figure. */
function describeUnit(unit: Unit, series: SeriesStats | undefined): string {
  const name = unit === 'bytes' ? '' : UNIT_NAMES[unit];
  const interval = series?.intervalUs ? `every ${formatDuration(series.intervalUs)}` : '';
  return [name, interval].filter(Boolean).join(', ');
}

/** "share of time …; averaged over 1 s, read every 100 ms". */
function describeCounter({ id, about, windowUs, intervalUs }: SeriesStats): string {
  const seconds = (us: Micros) => (us >= 1e6 ? `${us / 1e6} s` : `${Math.round(us / 1e3)} ms`);
  const facts = [
    windowUs === null ? '' : `averaged over ${seconds(windowUs)}`,
    intervalUs === null ? 'told as it changes' : `read every ${seconds(intervalUs)}`,
  ].filter(Boolean);
  return `${about ?? seriesName(id)}; ${facts.join(', ')} (${id})`;
}

/** From 0 to a round value above the highest of the run, in the series' unit. */
function counterScale(unit: Unit, highest: number): ValueScale {
  if (unit === 'bytes' || unit === 'bytes_per_second') {
    const { max, step } = byteScale(Math.max(1, highest), 2);
    const label = byteLabel(max, step) + (unit === 'bytes' ? '' : '/s');
    return { min: 0, max, ticks: ends(max, label) };
  }
  const least = unit === 'millipercent' ? 100_000 : 1;
  const max = roundUp(Math.max(least, highest));
  return { min: 0, max, ticks: ends(max, formatReading(max, unit)) };
}

const ends = (max: number, label: string) => [
  { value: max, label },
  { value: 0, label: '0' },
];

/** The next 1, 1.5, 2, 3, 4, 5, 6 or 8 of its power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((by) => by * power).find((by) => by >= value - 1e-9) ?? value
  );
}

/** Shaded while something holds the clocks back; a bar at the head says it without colour. */
function paintThrottling(sheet: Sheet, traces: TraceWindows, id: string): void {
  const { context, ink, box, view } = sheet;
  for (const { trace, span } of traces.parts(id, view)) {
    const { times, values } = trace.envelope;
    const [from, to] = [span?.t0 ?? view.t0, span?.t1 ?? view.t1];
    for (let i = 0; i < times.length; i++) {
      const [t, bits] = [times[i] ?? 0, values[i] ?? 0];
      const until = times[i + 1] ?? to;
      if (Number.isNaN(bits) || !isThrottled(bits) || until < from || t > to) continue;
      const x0 = Math.max(box.left, sheet.x(Math.max(from, t)));
      const width = Math.max(1, Math.min(box.left + box.width, sheet.x(until)) - x0);
      context.fillStyle = ink.over;
      context.globalAlpha = 0.16;
      context.fillRect(x0, box.top, width, box.height);
      context.globalAlpha = 1;
      context.fillRect(x0, box.top, width, 3);
    }
  }
}
