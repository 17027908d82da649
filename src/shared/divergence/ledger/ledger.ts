/**
 * The ledger: what measured bytes are made of, as a sum that closes. First what was predicted, then what the sources
 * themselves count beside it, then the rest, called unexplained. Each entry says where its figure comes from and how
 * finely that source counts.
 *
 *     predicted components          the budget, without context and reserve where those were measured
 *     allocator rounding            allocated less requested
 *     allocator reserve             cached blocks: reserved less allocated, as far as live bytes ever reached
 *     fragmentation                 reserved beyond the most that was ever allocated at once
 *     context                       process memory less reserved, the least over the run
 *     other processes               what they took since launch, where the line includes them
 *     preallocated pool             a share of the device taken at start, beyond what was predicted to live in it
 *     another setting, leak         what findings name of the rest (see named-ledger.ts)
 *     unexplained                   measured less all of the above
 */

import { type Bytes, MiB, type Micros } from '../../base/units';
import { COMPONENTS } from '../../base/vocabulary';
import type { ComponentBytes } from '../../budget/types';
import { maxIn, valueAt } from '../../trace/series';
import { FRAMEWORK_ALLOCATED, otherMemory, TREE_RSS, usedMemory } from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { type ContextLevel, contextLevel } from '../overlay/context-level';
import { findDevice, type Lines, seriesById } from '../overlay/lines';
import { findPool, type Pool } from '../overlay/pool';
import type { LedgerEntry, LedgerKind, LedgerRow, Overlay, OverlayPhase } from '../overlay/types';

export const LEDGER_NAMES: Readonly<Record<LedgerKind, string>> = {
  predicted: 'predicted',
  allocator_rounding: 'allocator rounding',
  allocator_reserve: 'allocator reserve',
  fragmentation: 'fragmentation',
  context: 'context and libraries',
  other_process: 'other processes',
  preallocated_pool: 'preallocated pool',
  setting: 'another setting',
  leak: 'leak',
  unexplained: 'unexplained',
};

/** Beyond this many phases only the highest of each phase, and rank, has a row. */
const MOST_ROWS = 500;

/**
 * Undefined where there is no prediction or no measurement. `predictedAtPeak` is the peak's own split, `frameworkPeak`
 * the most that the framework ever had allocated, its high-water marks included; 0 where it does not tell.
 */
export function buildLedger(
  overlay: Overlay,
  lines: Lines,
  predictedAtPeak: ComponentBytes | null,
  durationUs: Micros,
  frameworkPeak: Bytes,
): Overlay['ledger'] | undefined {
  const { measuredPeak, phases } = overlay;
  if (overlay.series === null || measuredPeak === null || predictedAtPeak === null)
    return undefined;
  const books = new LedgerBuilder(overlay, lines, durationUs, frameworkPeak);
  const known = phases.filter((row) => row.measured !== null && row.predictedComponents !== null);
  const rows = (known.length <= MOST_ROWS ? known : highestOfEach(known)).map((row) =>
    books.phase(row),
  );
  const top = rows.find(({ measured }) => measured === measuredPeak.bytes);
  const peak =
    top ??
    books.close(
      { phase: null, step: null, rank: 0 },
      measuredPeak.at,
      measuredPeak.bytes,
      predictedAtPeak,
    );
  return { phases: rows, peak };
}

function highestOfEach(rows: readonly OverlayPhase[]): OverlayPhase[] {
  const best = new Map<string, OverlayPhase>();
  for (const row of rows) {
    const key = `${row.rank}:${row.phase}`;
    const known = best.get(key);
    if (known === undefined || row.measured! > known.measured!) best.set(key, row);
  }
  return [...best.values()];
}

/** The sources of one session, ready to be asked about an instant. */
class LedgerBuilder {
  readonly #line: SeriesData | undefined;
  readonly #gpu: string | null;
  readonly #context: ContextLevel | null;
  readonly #pool: Pool | null;

  constructor(
    readonly overlay: Overlay,
    readonly lines: Lines,
    durationUs: Micros,
    readonly frameworkPeak: Bytes,
  ) {
    this.#line = seriesById(lines, overlay.series!);
    this.#gpu = findDevice(lines, overlay.series) ?? null;
    this.#context = this.#gpu === null ? null : contextLevel(lines, this.#gpu, overlay);
    this.#pool = this.#line === undefined ? null : findPool(overlay, this.#line, durationUs);
  }

  phase(row: OverlayPhase): LedgerRow {
    const top = this.#line && maxIn(this.#line, row.span[0], row.span[1]);
    // A high-water mark between samples has no sample of its own.
    const at = top && top.value - this.overlay.baselineBytes === row.measured ? top.t : null;
    return this.close(row, at, row.measured!, row.predictedComponents!);
  }

  close(
    { phase, stage, step, rank }: Pick<LedgerRow, 'phase' | 'stage' | 'step' | 'rank'>,
    at: Micros | null,
    measured: Bytes,
    predicted: ComponentBytes,
  ): LedgerRow {
    const line = this.overlay.series!;
    const entries: LedgerEntry[] = [];
    const add = (kind: LedgerKind, bytes: Bytes | null, source: string, resolution = 1) => {
      if (bytes !== null && bytes !== 0) entries.push({ kind, bytes, source, resolution });
    };
    const fraction = this.#gpu !== null && at !== null ? this.#framework(at) : null;
    const onDevice = this.#gpu !== null;
    for (const component of COMPONENTS) {
      const bytes = predicted[component] ?? 0;
      if (bytes === 0 || (component === 'context' && (this.#context !== null || !onDevice)))
        continue;
      if (component === 'reserve' && (fraction?.reserved != null || !onDevice)) continue;
      entries.push({ kind: 'predicted', component, bytes, source: 'budget', resolution: 1 });
    }
    if (line === FRAMEWORK_ALLOCATED && at !== null)
      add('allocator_rounding', this.#roundingAt(at), 'framework.allocated − framework.requested');
    if (fraction) {
      const { requested, allocated, reserved } = fraction;
      if (requested !== null && allocated !== null)
        add(
          'allocator_rounding',
          Math.max(0, allocated - requested),
          'framework.allocated − framework.requested',
        );
      if (reserved !== null && allocated !== null) {
        const reached = Math.min(reserved, Math.max(allocated, this.frameworkPeak));
        add('allocator_reserve', reached - allocated, 'framework.reserved − framework.allocated');
        add(
          'fragmentation',
          reserved - reached,
          'framework.reserved − greatest framework.allocated',
        );
      }
    }
    if (onDevice && this.#context)
      add(
        'context',
        this.#context.bytes,
        `${this.#context.source} − ${this.#context.reserved ? 'framework.reserved' : FRAMEWORK_ALLOCATED}`,
        MiB,
      );
    if (onDevice && line === usedMemory(this.#gpu!) && at !== null)
      add('other_process', this.#others(at), otherMemory(this.#gpu!), MiB);
    const left = () => measured - entries.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.#pool && at !== null && at >= this.#pool.from && left() > 0)
      add('preallocated_pool', left(), line, MiB);
    add('unexplained', left(), 'rest', onDevice ? MiB : line === TREE_RSS ? 4096 : 1);
    return { phase, ...(stage && { stage }), step, rank, at, measured, entries };
  }

  #framework(at: Micros): {
    requested: Bytes | null;
    allocated: Bytes | null;
    reserved: Bytes | null;
  } {
    const value = (id: string) => {
      const data = seriesById(this.lines, id);
      return data ? valueAt(data, at) : null;
    };
    return {
      requested: value('framework.requested'),
      allocated: value(FRAMEWORK_ALLOCATED),
      reserved: value('framework.reserved'),
    };
  }

  #roundingAt(at: Micros): Bytes | null {
    const requested = seriesById(this.lines, 'framework.requested');
    const exact = requested && maxIn(requested, at, at);
    const allocated = exact && valueAt(this.#line!, at);
    return exact && allocated !== null && allocated !== undefined
      ? Math.max(0, allocated - exact.value)
      : null;
  }

  /** What others have taken since the first reading of them. */
  #others(at: Micros): Bytes | null {
    const others = seriesById(this.lines, otherMemory(this.#gpu!));
    const now = others ? valueAt(others, at) : null;
    return now === null ? null : now - others!.values[0]!;
  }
}
