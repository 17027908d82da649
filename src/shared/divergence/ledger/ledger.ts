/**
 * The ledger: what measured bytes are made of, as a sum that closes. First what was predicted, then what the sources
 * themselves count beside it, then what findings name of the remainder, and last what is left, called unexplained. Each
 * entry says where its figure comes from and how finely that source counts.
 *
 *     predicted components          the budget, without context and reserve where those were measured
 *     allocator rounding            allocated less requested
 *     allocator reserve             cached blocks: reserved less allocated, as far as live bytes ever reached
 *     fragmentation                 reserved beyond the most that was ever allocated at once
 *     context                       process memory less reserved, the least over the run
 *     other processes               what they took since launch, where the line includes them
 *     preallocated pool             a share of the device taken at start, beyond what was predicted to live in it
 *     another setting               what the budget of the setting that stands out holds more in that phase
 *     leak                          what its steps or tokens have added by then
 *     unexplained                   measured less all of the above
 *
 * The prediction of a phase is that of its highest moment, so the framework's counters are read at the same: what it had
 * allocated and reserved at most within the phase, not what it reported before.
 */

import { type Bytes, MiB, type Micros } from '../../base/units';
import { COMPONENTS } from '../../base/vocabulary';
import { sumComponents } from '../../budget/tier';
import type { Budget, ComponentBytes } from '../../budget/types';
import { firstSample, maxIn, valueAt } from '../../trace/series';
import {
  FRAMEWORK_ALLOCATED,
  FRAMEWORK_REQUESTED,
  FRAMEWORK_RESERVED,
  otherMemory,
  TREE_RSS,
  usedMemory,
} from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import type { Diagnosis } from '../findings/diagnose';
import { leakedBytes } from '../findings/unexplained';
import { differenceAt } from '../fit/judged-run';
import { AllocatorCounters, type AllocatorReading } from '../overlay/allocator-counters';
import { type ContextLevel, contextLevel } from '../overlay/context-level';
import { findDevice, type Lines, listsWorkload, seriesById } from '../overlay/lines';
import { tallyPhases } from '../overlay/phase-tally';
import { findPool, type Pool } from '../overlay/pool';
import { predictedPeak } from '../overlay/predicted';
import { asBudgetCounts, stepOffset } from '../overlay/step-numbers';
import type {
  DiagnosisInput,
  LedgerEntry,
  LedgerKind,
  LedgerRow,
  MeasuredOverlay,
  OverlayPhase,
} from '../overlay/types';

/** Beyond this many phases only the highest of each phase, and rank, has a row. */
const MAX_ROWS = 500;

/** Undefined where there is no prediction or no measurement of what was predicted. Without a diagnosis what its findings name is unexplained. */
export function buildLedger(
  input: DiagnosisInput,
  diagnosis: Diagnosis | null,
): MeasuredOverlay['ledger'] | undefined {
  const { overlay, budget } = input;
  if (overlay.series === null || overlay.hostBesideGpu || budget === null) return undefined;
  const { series, measuredPeak } = overlay;
  const builder = new LedgerBuilder(input, series, budget, diagnosis);
  const told = overlay.phases.length <= MAX_ROWS ? overlay.phases : highestOfEach(overlay.phases);
  const rows = told.filter(isKnown).map((row) => builder.phase(row));
  const peak =
    rows.find(({ measured }) => measured === measuredPeak.bytes) ??
    builder.close(
      { phase: null, step: null, rank: 0 },
      measuredPeak.at,
      measuredPeak.bytes,
      predictedPeak(budget.tiers.refined, series).components,
      builder.counters.highest(),
    );
  return { phases: rows, peak };
}

/**
 * The ledger of one instant: `measured` as read then, beside what was predicted for it. `of`: what the prediction is of, a
 * phase at its highest, the end of the last one, or the peak of the run.
 */
export function buildLedgerAt(
  input: DiagnosisInput & { readonly overlay: MeasuredOverlay; readonly budget: Budget },
  diagnosis: Diagnosis | null,
  moment: Pick<LedgerRow, 'phase' | 'stage' | 'step' | 'rank'> & {
    readonly at: Micros;
    readonly measured: Bytes;
    readonly predicted: ComponentBytes;
    readonly of: OverlayPhase | 'end-of-last-phase' | 'peak';
  },
): LedgerRow {
  const { overlay, budget } = input;
  const { at, measured, predicted, of } = moment;
  const builder = new LedgerBuilder(input, overlay.series, budget, diagnosis);
  // What was told at another moment than the peak says nothing of the peak.
  const atEnd = of === 'end-of-last-phase' ? builder.counters.at(at) : null;
  const told = typeof of === 'object' ? builder.toldWithin(of) : atEnd;
  return builder.close(moment, at, measured, predicted, told);
}

/** A phase that was both measured and predicted. */
interface KnownPhase extends OverlayPhase {
  readonly measured: Bytes;
  readonly predictedComponents: ComponentBytes;
}

function isKnown(row: OverlayPhase): row is KnownPhase {
  return row.measured !== null && row.predictedComponents !== null;
}

const highestOfEach = (rows: readonly OverlayPhase[]): OverlayPhase[] =>
  [...tallyPhases(rows).values()].flatMap(({ highest }) => highest ?? []);

/** How the source of a context ends that was read beside all that the framework reserves: nothing of its reserve is in it. */
export const ABOVE_RESERVED = ` − ${FRAMEWORK_RESERVED}`;

/** The sources of one session, ready to be asked about an instant. */
class LedgerBuilder {
  readonly #input: DiagnosisInput;
  readonly #series: string;
  readonly #budget: Budget;
  readonly #diagnosis: Diagnosis | null;
  readonly #line: SeriesData | undefined;
  readonly #gpu: string | undefined;
  readonly #context: ContextLevel | null;
  readonly #pool: Pool | null;
  /** What the driver's list of processes says of others; undefined where it tells nothing of them. */
  readonly #others: SeriesData | undefined;
  /** Added to the numbers of steps to have them as budgets count. */
  readonly #offset: number;
  readonly counters: AllocatorCounters;

  constructor(input: DiagnosisInput, series: string, budget: Budget, diagnosis: Diagnosis | null) {
    const { lines, markers, overlay, durationUs } = input;
    this.#input = input;
    this.#series = series;
    this.#budget = budget;
    this.#diagnosis = diagnosis;
    this.#line = seriesById(lines, series);
    this.#gpu = findDevice(lines, series);
    this.#context = this.#gpu === undefined ? null : contextLevel(lines, this.#gpu, overlay);
    this.#pool = this.#line === undefined ? null : findPool(overlay, this.#line, durationUs);
    const tellsOthers = this.#gpu !== undefined && listsWorkload(lines);
    this.#others = tellsOthers ? seriesById(lines, otherMemory(this.#gpu)) : undefined;
    this.#offset = stepOffset(overlay.phases);
    this.counters = new AllocatorCounters(lines, markers);
  }

  phase(row: KnownPhase): LedgerRow {
    const top = this.#line && maxIn(this.#line, row.span[0], row.span[1]);
    // A high-water mark between samples has no sample of its own.
    const at = top && top.value - this.#input.overlay.baselineBytes === row.measured ? top.t : null;
    return this.close(row, at, row.measured, row.predictedComponents, this.toldWithin(row));
  }

  toldWithin({ phase, step, rank, span: [t0, t1] }: OverlayPhase): AllocatorReading | null {
    return this.counters.highestIn({ phase, step, rank, t0, t1 });
  }

  close(
    { phase, stage, step, rank }: Pick<LedgerRow, 'phase' | 'stage' | 'step' | 'rank'>,
    at: Micros | null,
    measured: Bytes,
    predicted: ComponentBytes,
    told: AllocatorReading | null,
  ): LedgerRow {
    const entries: LedgerEntry[] = [];
    let sum = 0;
    const add = (entry: LedgerEntry) => {
      if (entry.bytes === 0) return;
      entries.push(entry);
      sum += entry.bytes;
    };
    const counters = this.#gpu === undefined ? null : (told ?? this.#lastToldBefore(at, predicted));
    for (const entry of this.#predicted(predicted, counters)) add(entry);
    for (const entry of this.#allocator(at, counters)) add(entry);
    for (const entry of this.#device(at)) add(entry);
    if (this.#pool && at !== null && at >= this.#pool.from && measured > sum)
      add({
        kind: 'preallocated_pool',
        bytes: measured - sum,
        source: this.#series,
        resolution: MiB,
      });
    const name = (kind: LedgerKind, bytes: Bytes) =>
      add({ kind, bytes, source: 'findings', resolution: this.#resolution });
    // Findings name bytes of the remainder only in its own direction, and a leak no more than there is.
    const ofSetting = phase === null ? 0 : this.#settingAt({ phase, step });
    if (Math.sign(ofSetting) === Math.sign(measured - sum)) name('setting', ofSetting);
    const ofLeak = this.#leakAt({ phase, step, at });
    if (Math.sign(ofLeak) === Math.sign(measured - sum))
      name('leak', Math.min(ofLeak, measured - sum));
    add({
      kind: 'unexplained',
      bytes: measured - sum,
      source: 'rest',
      resolution: this.#resolution,
    });
    return { phase, ...(stage && { stage }), step, rank, at, measured, entries };
  }

  /** How finely the line counts. */
  get #resolution(): Bytes {
    if (this.#gpu !== undefined) return MiB;
    return this.#series === TREE_RSS ? 4096 : 1;
  }

  /** Context and reserve are left out where they were measured, and of lines that hold neither. */
  #predicted(components: ComponentBytes, counters: AllocatorReading | null): LedgerEntry[] {
    const isOnDevice = this.#gpu !== undefined;
    return COMPONENTS.flatMap((component): LedgerEntry[] => {
      if (component === 'context' && (this.#context !== null || !isOnDevice)) return [];
      if (component === 'reserve' && (counters?.reserved != null || !isOnDevice)) return [];
      const bytes = components[component] ?? 0;
      return [{ kind: 'predicted', component, bytes, source: 'budget', resolution: 1 }];
    });
  }

  #allocator(at: Micros | null, counters: AllocatorReading | null): LedgerEntry[] {
    const exact = { resolution: 1 };
    const rounding = 'framework.allocated − framework.requested';
    if (this.#series === FRAMEWORK_ALLOCATED && at !== null)
      return [
        { kind: 'allocator_rounding', bytes: this.#roundingAt(at), source: rounding, ...exact },
      ];
    if (counters === null) return [];
    const { requested, allocated, reserved } = counters;
    const entries: LedgerEntry[] = [];
    if (requested !== null) {
      const bytes = Math.max(0, allocated - requested);
      entries.push({ kind: 'allocator_rounding', bytes, source: rounding, ...exact });
    }
    if (reserved !== null) {
      const most = this.counters.level?.allocated ?? allocated;
      const reached = Math.max(allocated, Math.min(reserved, most));
      entries.push(
        {
          kind: 'allocator_reserve',
          bytes: reached - allocated,
          source: 'framework.reserved − framework.allocated',
          ...exact,
        },
        {
          kind: 'fragmentation',
          bytes: Math.max(0, reserved - reached),
          source: 'framework.reserved − greatest framework.allocated',
          ...exact,
        },
      );
    }
    return entries;
  }

  /** What shares the device with the framework's bytes: its context and, on a line of all processes, the others. */
  #device(at: Micros | null): LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    if (this.#gpu === undefined) return entries;
    if (this.#context) {
      const { bytes, source, reserved } = this.#context;
      entries.push({
        kind: 'context',
        bytes,
        source: `${source}${reserved ? ABOVE_RESERVED : ` − ${FRAMEWORK_ALLOCATED}`}`,
        resolution: MiB,
      });
    }
    if (this.#series === usedMemory(this.#gpu) && at !== null)
      entries.push({
        kind: 'other_process',
        bytes: this.#takenByOthers(at),
        source: otherMemory(this.#gpu),
        resolution: MiB,
      });
    return entries;
  }

  /** What the setting that stands out holds more than the declared one. */
  #settingAt(key: Parameters<typeof differenceAt>[0]): Bytes {
    const { setting = null, winner = null } = this.#diagnosis ?? {};
    return setting === null || winner === null
      ? 0
      : differenceAt(key, winner.best, this.#budget, {
          series: this.#series,
          phases: this.#input.overlay.phases,
        });
  }

  /** What a leak has added; nothing before its first step. */
  #leakAt({ phase, step, at }: Pick<LedgerRow, 'phase' | 'step' | 'at'>): Bytes {
    const leak = this.#diagnosis?.leak ?? null;
    if (leak === null || phase === 'load') return 0;
    const [begin] = leak.finding.span;
    const counted = asBudgetCounts({ step }, this.#offset);
    return at !== null && at < begin ? 0 : leakedBytes(leak.growth, counted.step);
  }

  /**
   * What the framework last told, where it told nothing of the moment that was predicted. Cached blocks serve what is
   * predicted before more is taken, so none of them is counted beside it.
   */
  #lastToldBefore(at: Micros | null, predicted: ComponentBytes): AllocatorReading | null {
    const last = at === null ? null : this.counters.at(at);
    if (last === null) return null;
    const { context: _1 = 0, reserve: _2 = 0, ...tensors } = predicted;
    const allocated = Math.max(last.allocated, sumComponents(tensors));
    return { ...last, allocated, requested: null };
  }

  #roundingAt(at: Micros): Bytes {
    const data = seriesById(this.#lines, FRAMEWORK_REQUESTED);
    const requested = data && maxIn(data, at, at);
    const allocated = this.#line && valueAt(this.#line, at);
    return requested && allocated != null ? Math.max(0, allocated - requested.value) : 0;
  }

  /** What others have taken since the first reading of them. */
  #takenByOthers(at: Micros): Bytes {
    const others = this.#others;
    const now = others ? valueAt(others, at) : null;
    return now === null ? 0 : now - ((others && firstSample(others)?.value) ?? now);
  }

  get #lines(): Lines {
    return this.#input.lines;
  }
}
