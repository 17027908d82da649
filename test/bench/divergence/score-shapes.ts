/** What the analysis says of traces of which nothing is known, against what was planted in them. */
import { diagnose } from '../../../src/shared/divergence/findings/diagnose';
import { deriveLines } from '../../../src/shared/divergence/overlay/lines';
import { buildOverlay } from '../../../src/shared/divergence/overlay/overlay';
import type { Finding } from '../../../src/shared/divergence/overlay/types';
import { listPeriods } from '../../../src/shared/divergence/shapes/found-spans';
import { findPeriod } from '../../../src/shared/divergence/shapes/period';
import type { FoundPeriod } from '../../../src/shared/trace/found-spans';
import { Random } from './random';
import { drawShape, type ShapeCause, type ShapeTrace } from './shapes';

const CAUSES: readonly ShapeCause[] = ['growth', 'spike', 'plateau', 'fill'];

export interface JudgedShape {
  readonly trace: ShapeTrace;
  readonly findings: readonly Finding[];
  /** Kinds named above low confidence. */
  readonly named: readonly ShapeKind[];
  /** |found − planted| / planted. */
  readonly error: number | null;
  /** Whether the interval of a growth holds what was planted; null where none was found. */
  readonly isWithin: boolean | null;
  readonly period: 'right' | 'missed' | 'invented' | 'none';
  /** Periods told one by one against the steps there were. */
  readonly spans: { readonly shown: number; readonly told: number; readonly right: number };
}

/** Every other trace is clean, the others take the causes in turn. */
export function judgeShape(index: number, seed: number): JudgedShape {
  const random = new Random(seed * 7_368_787 + index * 6011 + 17);
  const trace = drawShape(random, index % 2 === 0 ? null : CAUSES[(index >> 1) % CAUSES.length]!);
  const lines = deriveLines(trace.series, {});
  const common = {
    lines,
    markers: [],
    spans: [],
    durationUs: trace.durationUs,
    baselines: {},
    budget: null,
    mustMatchExactly: false,
  };
  const overlay = buildOverlay(common);
  const { findings } = diagnose({ ...common, overlay, logs: [], exitCode: null, signal: null });
  const sure = findings.filter(({ confidence }) => confidence !== 'low');
  const named = [...new Set(Object.values(KINDS))].filter((kind) =>
    sure.some((one) => kindNamed(one.kind) === kind),
  );
  const found = sure.find(
    ({ kind }) => trace.cause !== null && kindNamed(kind) === KINDS[trace.cause],
  );
  // A slope by the period is one by the second times the period that was found.
  const period = findPeriod(trace.series[0]!);
  const perSecond = found?.slope?.per === 'period' && period ? 1e6 / period.us : 1;
  const measured = found?.slope ? found.slope.bytes * perSecond : (found?.bytes ?? null);
  const { low, high } = found?.slope ?? {};
  return {
    trace,
    findings,
    named,
    error: measured === null || !found ? null : Math.abs(measured - trace.size) / trace.size,
    isWithin:
      low === undefined || high === undefined
        ? null
        : low * perSecond <= trace.size && trace.size <= high * perSecond,
    period: judgePeriod(trace.periodUs, period?.us ?? null, trace),
    spans: judgeSpans(trace.steps, period ? listPeriods(trace.series[0]!, period) : []),
  };
}

/** What stepped up and what filled up are both told as a plateau, by how much it rose. */
const KINDS = { growth: 'growth', spike: 'spike', plateau: 'plateau', fill: 'plateau' } as const;

type ShapeKind = (typeof KINDS)[ShapeCause];

const kindNamed = (kind: Finding['kind']): string => (kind === 'leak' ? 'growth' : kind);

/** A multiple is no period. What swings within one reading may look like anything, and is left out. */
function judgePeriod(
  planted: number | null,
  found: number | null,
  { work }: ShapeTrace,
): JudgedShape['period'] {
  if (planted === null) return found === null || work === 'training' ? 'none' : 'invented';
  if (found === null) return 'missed';
  return Math.abs(found - planted) <= 0.05 * planted ? 'right' : 'invented';
}

/** A span is right where both its ends lie within a quarter of a step of the step's own, or of as many steps in a row. */
function judgeSpans(steps: readonly number[], found: readonly FoundPeriod[]): JudgedShape['spans'] {
  const near = (t: number) =>
    steps.reduce((best, one, i) => (Math.abs(one - t) < Math.abs(steps[best]! - t) ? i : best), 0);
  const told = steps.length === 0 ? [] : found;
  const right = told.filter(({ span, count }) => {
    const [from, to] = span.map(near) as [number, number];
    const off = (i: number, t: number) => Math.abs(steps[i]! - t);
    const length = (steps[to]! - steps[from]!) / (to - from);
    return to - from === count && Math.max(off(from, span[0]), off(to, span[1])) < 0.25 * length;
  });
  const sum = (some: readonly FoundPeriod[]) => some.reduce((all, { count }) => all + count, 0);
  return { shown: Math.max(0, steps.length - 1), told: sum(told), right: sum(right) };
}

export function tableOfShapes(name: string, all: readonly JudgedShape[]): void {
  const percent = (part: number, whole: number) =>
    whole === 0 ? '—' : `${((100 * part) / whole).toFixed(1)}%`;
  const clean = all.filter(({ trace }) => trace.cause === null);
  console.log(`\n${name}, nothing declared: ${all.length} traces, ${clean.length} of them clean`);
  for (const cause of CAUSES) {
    const planted = all.filter(({ trace }) => trace.cause === cause);
    const right = planted.filter(({ named }) => named.includes(KINDS[cause]));
    const invented = all.filter(
      ({ trace, named }) =>
        named.includes(KINDS[cause]) &&
        (trace.cause === null || KINDS[trace.cause] !== KINDS[cause]),
    );
    const errors = right.flatMap(({ error }) => error ?? []).sort((a, b) => a - b);
    const within = right.filter(({ isWithin }) => isWithin !== null);
    const interval =
      within.length === 0
        ? ''
        : `, interval holds it ${percent(within.filter(({ isWithin }) => isWithin).length, within.length)}`;
    console.log(
      `  ${cause.padEnd(8)} planted ${planted.length}, precision ${percent(right.length, right.length + invented.length)}, recall ${percent(right.length, planted.length)}, off ${(100 * (errors[errors.length >> 1] ?? 0)).toFixed(1)}% (median)${interval}`,
    );
  }
  const count = (of: JudgedShape['period']) => all.filter(({ period }) => period === of).length;
  const [right, missed, invented] = [count('right'), count('missed'), count('invented')];
  console.log(
    `  period   shown ${all.filter(({ trace }) => trace.periodUs !== null).length}, precision ${percent(right, right + invented)}, recall ${percent(right, right + missed)}`,
  );
  const spans = all.map((one) => one.spans);
  const [told, shown, exact] = (['told', 'shown', 'right'] as const).map((key) =>
    spans.reduce((sum, one) => sum + one[key], 0),
  ) as [number, number, number];
  console.log(
    `  its spans, one by one: ${shown} steps, precision ${percent(exact, told)}, recall ${percent(exact, shown)}`,
  );
  console.log(
    `  clean with a finding above low confidence: ${clean.filter(({ findings }) => findings.some(({ confidence }) => confidence !== 'low')).length} of ${clean.length}; with any: ${clean.filter(({ findings }) => findings.length > 0).length}`,
  );
}

/** Traces that were judged otherwise than they were made, one a line. */
export function listShapeMistakes(all: readonly JudgedShape[]): void {
  for (const [index, { trace, findings, named, period }] of all.entries()) {
    const { cause, work, size, periodUs, intervalUs, durationUs, series } = trace;
    const isRight = cause === null ? named.length === 0 : named.join() === KINDS[cause];
    if (isRight && period !== 'missed' && period !== 'invented') continue;
    console.log(
      `#${index} ${work} ${cause ?? 'clean'} ${(size / 2 ** 20).toFixed(1)} MiB every ${intervalUs / 1e6} s for ${durationUs / 1e6} s, step ${periodUs === null ? '—' : (periodUs / 1e6).toFixed(2)}, found ${((findPeriod(series[0]!)?.us ?? 0) / 1e6).toFixed(2)} (${period}) | ${findings.map((one) => `${one.kind} ${one.confidence}: ${one.title}`).join(' ; ')}`,
    );
  }
}
