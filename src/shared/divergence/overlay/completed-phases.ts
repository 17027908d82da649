/**
 * The part of a session being recorded that will not change any more: phases that are over, and late enough in the past
 * that no sample of theirs is still on its way. What is concluded from it holds when the recording ends; a phase that is
 * still open would look like a divergence.
 */

import { countWhile } from '../../base/search';
import type { Micros } from '../../base/units';
import type { PhaseSpan } from '../../trace/types';
import type { ObservedTier } from './observed';
import { markSettled } from './settled';
import type { ObservedPhase, Overlay, OverlayPhase } from './types';

/** Samples reach the recorder in batches, and other processes are read once or twice a second. */
const UNDERWAY: Micros = 1_500_000;
/** Lines, each with the rows of a rank, that are kept. */
const MAX_LINES = 4;

/** Readings that stay away for longer are no longer waited for: each look would work out all phases since. */
const MAX_WAIT: Micros = 60_000_000;

const isCompleted = (until: Micros, durationUs: Micros) => until < durationUs - UNDERWAY;

const isSettledBy = (until: Micros, durationUs: Micros, firmUntil: Micros): boolean =>
  isCompleted(until, durationUs) && (until < firmUntil || until < durationUs - MAX_WAIT);

export function completedSpans(spans: readonly PhaseSpan[], durationUs: Micros): PhaseSpan[] {
  return spans.filter(({ t1 }) => isCompleted(t1, durationUs));
}

/** Phases found in the trace are not announced as over: they are left out, and the staircase with them. */
export function completedOverlay(
  { stairs: _stairs, ...overlay }: Overlay,
  durationUs: Micros,
): Overlay {
  return {
    ...overlay,
    phases: overlay.phases.filter((row) => !row.inferred && isCompleted(row.span[1], durationUs)),
  };
}

/** A look at the phases of a recording. */
export interface PhasesLook {
  /** What the rows go by besides their spans: the line, its baseline, the budget. Another one is another set of rows. */
  readonly key: string;
  /** In order of their beginning; those that are over are the same objects from one look to the next. */
  readonly spans: readonly PhaseSpan[];
  readonly durationUs: Micros;
  /** Up to when the line is known for good: what is read later may still change it behind this. */
  readonly firmUntil: Micros;
  compute(span: PhaseSpan): OverlayPhase;
  /** What is to be expected by the run's own first steps; null where a formula predicts. */
  begin(): ObservedTier | null;
}

export interface PhaseRows {
  readonly rows: OverlayPhase[];
  readonly observed: readonly ObservedPhase[];
}

/**
 * Rows of phases that are over, by line: each is worked out once, however often a live session is shown. A look at an
 * earlier moment than the last begins anew, with the rows that are known of spans that are alike.
 */
export class CompletedPhases {
  readonly #lines = new Map<string, LineRows>();

  rows(look: PhasesLook): PhaseRows {
    const key = `${look.key} ${look.spans[0]?.rank}`;
    const known = this.#lines.get(key);
    const line = known?.holds(look.spans) ? known : new LineRows(look.begin(), known?.all() ?? []);
    this.#lines.delete(key);
    this.#lines.set(key, line);
    for (const oldest of this.#lines.keys())
      if (this.#lines.size > MAX_LINES) this.#lines.delete(oldest);
    return line.look(look);
  }
}

/** A row, the span it is of, and since when it is known: at an earlier moment it may have been another. */
interface KnownRow {
  readonly span: PhaseSpan;
  readonly row: OverlayPhase;
  readonly since: Micros;
}

class LineRows {
  readonly #tier: ObservedTier | null;
  /** Of other looks, in order of their beginning. */
  readonly #before: readonly KnownRow[];
  /** In order of their becoming so. */
  readonly #settled: OverlayPhase[] = [];
  /** As at the last look, in order of their beginning; that of a span that is not settled is null. */
  #spans: readonly PhaseSpan[] = [];
  #known: readonly (KnownRow | null)[] = [];

  constructor(tier: ObservedTier | null, before: readonly KnownRow[]) {
    this.#tier = tier;
    this.#before = before;
  }

  /** Whether there is anything to carry on: every span with a settled row is still among `spans`, as it was. */
  holds(spans: readonly PhaseSpan[]): boolean {
    if (this.#settled.length === 0) return false;
    let at = 0;
    for (const [i, span] of this.#spans.entries()) {
      if (this.#known[i] === null) continue;
      while (at < spans.length && spans[at] !== span) at++;
      if (at === spans.length) return false;
    }
    return true;
  }

  /** All that is known, in order of their beginning. */
  all(): readonly KnownRow[] {
    const own = this.#known.filter((one) => one !== null);
    const last = own.at(-1);
    const beyond = last === undefined ? 0 : firstFrom(this.#before, last.span.t0 + 1);
    return [...own, ...this.#before.slice(beyond)];
  }

  look({ spans, durationUs, firmUntil, compute }: PhasesLook): PhaseRows {
    const known: (KnownRow | null)[] = [];
    const fresh: number[] = [];
    const open: number[] = [];
    let at = 0;
    for (const [i, span] of spans.entries()) {
      const passed = this.#passed(span, at);
      if (passed >= 0) at = passed + 1;
      const row = passed < 0 ? null : this.#known[passed]!;
      known.push(row);
      if (row !== null) continue;
      const isSettled = !span.isOpen && isSettledBy(span.t1, durationUs, firmUntil);
      (isSettled ? fresh : open).push(i);
    }
    for (const i of fresh) {
      const span = spans[i]!;
      const since = span.t1 < firmUntil ? Number.NEGATIVE_INFINITY : durationUs;
      const own = this.#recall(span, durationUs) ?? this.#learn(span, since, compute);
      known[i] = own;
      this.#settled.push(own.row);
    }
    [this.#spans, this.#known] = [spans, known];
    return this.#withOpen(known, open, (i) => compute(spans[i]!));
  }

  #learn(span: PhaseSpan, since: Micros, compute: (span: PhaseSpan) => OverlayPhase): KnownRow {
    const row = compute(span);
    return { span, row: this.#tier?.take(row) ?? row, since };
  }

  /** The row of a span like this one that was known by then. */
  #recall(span: PhaseSpan, by: Micros): KnownRow | null {
    const before = this.#before;
    for (let at = firstFrom(before, span.t0); before[at]?.span.t0 === span.t0; at++) {
      const one = before[at]!;
      if (one.since > by || !isAlike(one.span, span)) continue;
      const row = this.#tier?.takeAgain(one.row) ?? one.row;
      return { ...one, span, row };
    }
    return null;
  }

  /** Where `span` stood at the last look, at `from` or a little behind it; -1 where it did not. */
  #passed(span: PhaseSpan, from: number): number {
    for (let at = from; at < this.#spans.length; at++) {
      const one = this.#spans[at]!;
      if (one === span) return at;
      if (one.t0 > span.t0) return -1;
    }
    return -1;
  }

  #withOpen(
    known: readonly (KnownRow | null)[],
    open: readonly number[],
    compute: (i: number) => OverlayPhase,
  ): PhaseRows {
    const tier = this.#tier?.copy() ?? null;
    const rows = known.map((one) => one?.row ?? null);
    const recent = open.map((i) => {
      const row = compute(i);
      const told = tier?.take(row) ?? row;
      rows[i] = told;
      return told;
    });
    const complete = rows as OverlayPhase[];
    markSettled(complete, { settled: this.#settled, recent });
    return { rows: complete, observed: tier?.learned() ?? [] };
  }
}

/** Where those begin whose span begins at `t` or later. */
const firstFrom = (known: readonly KnownRow[], t: Micros): number =>
  countWhile(known, ({ span }) => span.t0 < t);

/** Paired from the same markers: their marks are the same objects. */
const isAlike = (a: PhaseSpan, b: PhaseSpan): boolean =>
  a.t1 === b.t1 &&
  a.phase === b.phase &&
  a.step === b.step &&
  a.rank === b.rank &&
  a.memory === b.memory;
