/**
 * The part of a session being recorded that will not change any more: phases that are over, and late enough in the past
 * that no sample of theirs is still on its way. What is concluded from it holds when the recording ends; a phase that is
 * still open would look like a divergence.
 */

import type { Micros } from '../../base/units';
import type { PhaseSpan } from '../../trace/types';
import type { ObservedTier } from './observed';
import { markSettled } from './settled';
import type { ObservedPhase, Overlay, OverlayPhase } from './types';

/** Samples reach the recorder in batches, and other processes are read once or twice a second. */
const UNDERWAY: Micros = 1_500_000;
/** Lines, each with the rows of a rank, that are kept. */
const MAX_LINES = 4;

export const isCompleted = (until: Micros, durationUs: Micros) => until < durationUs - UNDERWAY;

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
  compute(span: PhaseSpan): OverlayPhase;
  /** What is to be expected by the run's own first steps; null where a formula predicts. */
  begin(): ObservedTier | null;
}

export interface PhaseRows {
  readonly rows: OverlayPhase[];
  readonly observed: readonly ObservedPhase[];
}

/** Rows of phases that are over, by line: each is worked out once, however often a live session is shown. */
export class CompletedPhases {
  readonly #lines = new Map<string, LineRows>();

  rows(look: PhasesLook): PhaseRows {
    const key = `${look.key} ${look.spans[0]?.rank}`;
    const known = this.#lines.get(key);
    const line = known?.holds(look.spans) ? known : new LineRows(look.begin());
    this.#lines.delete(key);
    this.#lines.set(key, line);
    for (const oldest of this.#lines.keys())
      if (this.#lines.size > MAX_LINES) this.#lines.delete(oldest);
    return line.look(look);
  }
}

class LineRows {
  readonly #tier: ObservedTier | null;
  /** In order of their becoming so. */
  readonly #settled: OverlayPhase[] = [];
  /** As at the last look, in order of their beginning; the row of one that is not settled is null. */
  #spans: readonly PhaseSpan[] = [];
  #rows: readonly (OverlayPhase | null)[] = [];

  constructor(tier: ObservedTier | null) {
    this.#tier = tier;
  }

  /** Whether every span with a settled row is still among `spans`, as it was. */
  holds(spans: readonly PhaseSpan[]): boolean {
    let at = 0;
    for (const [i, span] of this.#spans.entries()) {
      if (this.#rows[i] === null) continue;
      while (at < spans.length && spans[at] !== span) at++;
      if (at === spans.length) return false;
    }
    return true;
  }

  look({ spans, durationUs, compute }: PhasesLook): PhaseRows {
    const known: (OverlayPhase | null)[] = [];
    const fresh: number[] = [];
    const open: number[] = [];
    let at = 0;
    for (const [i, span] of spans.entries()) {
      const passed = this.#passed(span, at);
      if (passed >= 0) at = passed + 1;
      const row = passed < 0 ? null : this.#rows[passed]!;
      known.push(row);
      if (row !== null) continue;
      const isSettled = !span.isOpen && isCompleted(span.t1, durationUs);
      (isSettled ? fresh : open).push(i);
    }
    for (const i of fresh) {
      const row = compute(spans[i]!);
      const told = this.#tier?.take(row) ?? row;
      known[i] = told;
      this.#settled.push(told);
    }
    [this.#spans, this.#rows] = [spans, known];
    return this.#withOpen(known, open, (i) => compute(spans[i]!));
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
    known: readonly (OverlayPhase | null)[],
    open: readonly number[],
    compute: (i: number) => OverlayPhase,
  ): PhaseRows {
    const tier = this.#tier?.copy() ?? null;
    const rows = known.slice();
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
