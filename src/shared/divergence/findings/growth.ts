/**
 * Memory of any line that grows and goes on growing, with no budget to hold it against: by step or period it is a leak,
 * else growth by the second. The shape alone is told: a straight slope is nothing that a batch or logits could be.
 */
import { formatBytes, formatDuration, formatInteger, formatPercent } from '../../base/format';
import { type Bytes, MiB, type Micros } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import { type FoundPeriod, namePeriod } from '../../trace/found-spans';
import { spanStatistics } from '../../trace/held';
import { sampleBefore } from '../../trace/series';
import { deviceIn } from '../../trace/series-ids';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { cutFloor } from '../shapes/floor';
import { findRise, type Rise } from '../shapes/growth';
import { type LineFinding, stepStarts, type Watched, withoutEchoes } from './watched';

/** Loading and a process that starts grow as well, for some seconds. */
export const MIN_SECONDS: Readonly<Record<Watched['of'], number>> = {
  framework: 1,
  device: 3,
  host: 8,
};

/** Growth in as many steps is not how they begin. */
const MIN_STEPS = 12;

export function findGrowth(input: DiagnosisInput, watched: readonly Watched[]): LineFinding[] {
  const steps = stepsAlone(input);
  return withoutEchoes(
    watched.flatMap((one) => {
      const rise = riseIn(input, one) ?? (steps && riseIn(input, one, steps));
      return rise === null ? [] : [{ of: one.of, finding: describeRise(input, one, rise) }];
    }),
  );
}

/**
 * From the first announced step to the last: of a short run, imports before them and a farewell after them are most of
 * the line. Null where they are too few.
 */
function stepsAlone({ spans }: DiagnosisInput): readonly [Micros, Micros] | null {
  const starts = stepStarts(spans);
  const [first, last] = [starts[0], starts.at(-1)];
  return first === undefined || last === undefined || starts.length < MIN_STEPS
    ? null
    : [first.t, last.t];
}

/** `steps`: the part of the line to look at, its work alone; else all of it. */
function riseIn(
  input: DiagnosisInput,
  one: Watched,
  steps?: readonly [Micros, Micros],
): Rise | null {
  const rise = findRise(steps ? one.floors.map((floor) => cutFloor(floor, ...steps)) : one.floors);
  const least = MIN_SECONDS[steps ? 'device' : one.of];
  return rise && !isDue(input, one, rise, least) && isBorneOut(one, rise) ? rise : null;
}

/** A cache that fills with each token, what is loaded, and the first seconds of a process. */
function isDue(input: DiagnosisInput, watched: Watched, rise: Rise, seconds: number): boolean {
  const { budget, spans } = input;
  const { of } = watched;
  if ((rise.to - rise.from) / 1e6 < seconds || isClimbToBudget(input, watched, rise)) return true;
  // Where phases are announced, what came before the first of them was imported and loaded.
  const begun = spans.reduce((first, { t0 }) => Math.min(first, t0), Number.POSITIVE_INFINITY);
  if (spans.length > 0 && begun - rise.from > 0.5 * (rise.to - rise.from)) return true;
  if (of === 'host') return false;
  const phases = budget?.run.mode === 'train' ? [] : (budget?.tiers.refined.phases ?? []);
  const decode = phases.find(({ phase }) => phase === 'decode');
  const prefill = phases.find(({ phase }) => phase === 'prefill');
  if (decode && prefill && rise.bytes <= 1.3 * (decode.end - prefill.end) + 64 * MiB) return true;
  return spans.some(
    ({ phase, t0, t1 }) =>
      (phase === 'load' || phase === 'decode') &&
      Math.min(t1, rise.to) - Math.max(t0, rise.from) > 0.7 * (rise.to - rise.from),
  );
}

/** What rises from next to nothing to no more than is predicted is how the run comes to hold that. */
function isClimbToBudget(
  { budget, overlay }: DiagnosisInput,
  { line, of }: Watched,
  { from, to }: Rise,
): boolean {
  if (budget === null || of === 'host') return false;
  const { total } = budget.tiers.refined;
  const held = (t: Micros) => (sampleBefore(line, t)?.value ?? 0) - overlay.baselineBytes;
  return held(from) < 0.2 * total && held(to) < 1.02 * total;
}

/**
 * Whether the mean rises as the lowest values do. Where steps and readings fall together slowly, the lowest reading of a
 * step drifts though nothing is kept; the mean of whole periods does not.
 */
function isBorneOut({ line, period }: Watched, { from, to, perSecond }: Rise): boolean {
  const quarter = (to - from) / 4;
  const whole = period === null ? 0 : Math.floor(quarter / period.us) * period.us;
  const length = whole || quarter;
  // By time: which readings fall into either span is chance.
  const mean = (t0: Micros) => spanStatistics(line, t0, t0 + length, null).mean ?? 0;
  const risen = mean(to - length) - mean(from);
  return risen >= (0.5 * perSecond * (to - from - length)) / 1e6;
}

interface Unit {
  readonly per: 'step' | 'period' | 'second';
  /** In the time in which memory grew. */
  readonly count: number;
  /** "step", "5.2 s", "second". */
  readonly words: string;
  /** The first step of it; null where none is announced. */
  readonly since: number | null;
}

function chooseUnit({ spans }: DiagnosisInput, { period }: Watched, { from, to }: Rise): Unit {
  const told = stepStarts(spans).filter(({ t }) => t >= from && t <= to);
  const [first, last] = [told[0], told.at(-1)];
  // Steps of a part of that time alone, as of a run that leaves most untold, are no measure of the whole.
  if (told.length >= 3 && first && last && last.t - first.t >= 0.5 * (to - from)) {
    // By their numbers: between two that are told some may not be.
    const pace = (last.step - first.step) / (last.t - first.t);
    if (pace > 0)
      return { per: 'step', count: pace * (to - from), words: 'step', since: first.step };
  }
  const periods = period === null ? 0 : (to - from) / period.us;
  return period !== null && periods >= 4
    ? { per: 'period', count: periods, words: formatDuration(period.us), since: null }
    : { per: 'second', count: (to - from) / 1e6, words: 'second', since: null };
}

function describeRise(input: DiagnosisInput, watched: Watched, rise: Rise): Finding {
  const unit = chooseUnit(input, watched, rise);
  const { name, line } = watched;
  const scale = (rise.to - rise.from) / 1e6 / unit.count;
  const [each, low, high] = [rise.perSecond, rise.low, rise.high].map((one) =>
    Math.round(one * scale),
  ) as [Bytes, Bytes, Bytes];
  const isLeak = unit.per !== 'second';
  const every = isLeak ? `every ${unit.words}` : 'a second';
  const until = unit.per === 'step' ? 'the last of them' : 'the end of the run';
  const length = formatDuration(rise.to - rise.from);
  const counted = isLeak
    ? `${formatInteger(Math.round(unit.count))} ${unit.per}s × ${formatBytes(each)}`
    : `${length} × ${formatBytes(each)}/s`;
  return {
    kind: isLeak ? 'leak' : 'growth',
    title: `${name} grows by ${formatBytes(each)} ${every}, to ${until}`,
    bytes: rise.bytes,
    phase: null,
    span: [rise.from, rise.to],
    confidence: rateRise(watched, rise),
    slope: {
      bytes: each,
      per: unit.per,
      since: unit.since ?? Math.round(rise.from / 1e6),
      low,
      high,
    },
    evidence: [
      `A straight line through the ${rise.edge}est values of ${formatInteger(rise.windows)} stretches of ${line.info.id} rises by ${formatBytes(each)} ${every} (95% interval ${formatBytes(low)} to ${formatBytes(high)}, r² ${rise.r2.toFixed(3)})${isLeak ? `: ${formatBytes(rise.perSecond)} a second` : ''}.`,
      `Over ${length}, ${formatPercent(100 * rise.share)} of the time in which anything ran, that is ${formatBytes(rise.bytes)}.`,
      ...describeUnit(unit, watched),
      ...describeRoom(input, watched, rise),
    ],
    formula: `growth = slope of the ${rise.edge}est value of each stretch of the line, to its end`,
    worked: `${counted} = ${formatBytes(rise.bytes)}`,
    remedy:
      watched.of === 'host'
        ? 'Look for lists of results that are kept, workers that are started again, and caches without a bound.'
        : 'Look for what is kept from one pass to the next: losses with their graph, lists of outputs on the GPU, caches without a bound. torch.cuda.memory._record_memory_history names the lines that allocate it.',
  };
}

function describeUnit({ per, words }: Unit, watched: Watched): string[] {
  const { period, line } = watched;
  if (per === 'step') return [];
  if (per === 'second')
    return ['No step is announced and the line repeats nothing, so it is told by the second.'];
  const interval = line.info.intervalUs;
  const seen =
    interval === null
      ? ''
      : `; as it was read every ${formatDuration(interval)}, shorter steps would look alike`;
  return [
    `The line repeats every ${words}, ${formatInteger(period?.count ?? 0)} times, swinging by ${formatBytes(period?.swing ?? 0)}${seen}.`,
    ...describeEnds(watched),
  ];
}

function describeEnds({ periods, tells }: Watched): string[] {
  const [first, last] = [periods[0], periods.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const rests = (one: FoundPeriod) =>
    `${namePeriod(one)} comes down to ${formatBytes(tells(one.rest))}`;
  return [`Of its periods, found in the trace, ${rests(first)}, ${rests(last)}.`];
}

/** How long the rest of the device would last. */
function describeRoom({ overlay }: DiagnosisInput, { line }: Watched, rise: Rise): string[] {
  const { deviceBytes, series } = overlay;
  const last = sampleBefore(line, rise.to);
  if (deviceBytes === undefined || last === null) return [];
  if (series === null || deviceIn(series) !== deviceIn(line.info.id)) return [];
  const free = deviceBytes - last.value;
  if (free <= 0) return [];
  return [
    `At that pace the ${formatBytes(free)} that were free then are gone ${formatDuration((free / rise.perSecond) * 1e6)} later.`,
  ];
}

function rateRise({ of, period }: Watched, { r2, windows, share, bytes }: Rise): Confidence {
  const isClear = r2 >= 0.97 && windows >= 16 && share >= 0.6;
  // A few hundredths of what each period takes and gives back may be when in it the line was read.
  if (!isClear && bytes < 0.04 * (period?.swing ?? 0)) return 'low';
  if (of === 'host') return isClear ? 'medium' : 'low';
  return isClear ? 'high' : 'medium';
}
