/**
 * How long phases took, and steps from one's first forward pass to the next one's: summed up in one sweep, of which what
 * is settled of a recording is not gone over again.
 */
import { RunningMedian } from '../../base/running-median';
import type { Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { type Book, carriedOn } from '../../trace/carried-on';
import { partsOf } from '../overlay/settled';
import type { OverlayPhase } from '../overlay/types';

/** Sum and number of a counter's readings. */
interface Sum {
  readonly sum: number;
  readonly count: number;
}

export interface TimedSpans {
  readonly count: number;
  readonly totalUs: Micros;
  readonly medianUs: Micros;
  /** Over all of them; what was asked of a settled one is kept, so that a session has one such counter. */
  busyIn(ask: (t0: Micros, t1: Micros) => Sum): Sum;
}

type Span = readonly [Micros, Micros];

/** Announced phases of `rank`, and its steps where it trains. */
export function timePhases(
  rows: readonly OverlayPhase[],
  rank: number | undefined,
): ReadonlyMap<Phase | 'step', TimedSpans> {
  const { settled, recent } = partsOf(rows);
  const own = recent.filter((row) => row.rank === rank && !row.inferred);
  const known = times(settled).ranks.get(rank ?? -1) ?? new RankTimes();
  const spans = new Map<Phase | 'step', TimedSpans>();
  for (const phase of new Set([...known.phases.keys(), ...own.map((row) => row.phase)])) {
    const more = own.flatMap((row) => (row.phase === phase ? [row.span] : []));
    spans.set(phase, (known.phases.get(phase) ?? new Spans()).with(more));
  }
  const steps = known.stepsBefore(own);
  if (spans.has('backward') && known.steps.count + steps.length > 0)
    spans.set('step', known.steps.with(steps));
  return spans;
}

class Spans {
  readonly #spans: Span[] = [];
  readonly #durations = new RunningMedian();
  #totalUs: Micros = 0;
  #busy = { sum: 0, count: 0, spans: 0 };

  get count(): number {
    return this.#spans.length;
  }

  add(span: Span): void {
    this.#spans.push(span);
    this.#durations.add(span[1] - span[0]);
    this.#totalUs += span[1] - span[0];
  }

  with(more: readonly Span[]): TimedSpans {
    const durations = more.map(([t0, t1]) => t1 - t0);
    return {
      count: this.count + more.length,
      totalUs: durations.reduce((sum, one) => sum + one, this.#totalUs),
      medianUs: this.#durations.median(durations),
      busyIn: (ask) => {
        this.#busy = addUp(this.#busy, this.#spans.slice(this.#busy.spans), ask);
        return addUp(this.#busy, more, ask);
      },
    };
  }
}

function addUp(
  before: { readonly sum: number; readonly count: number; readonly spans: number },
  spans: readonly Span[],
  ask: (t0: Micros, t1: Micros) => Sum,
): { readonly sum: number; readonly count: number; readonly spans: number } {
  let { sum, count } = before;
  for (const [t0, t1] of spans) {
    const within = ask(t0, t1);
    sum += within.sum;
    count += within.count;
  }
  return { sum, count, spans: before.spans + spans.length };
}

/** Of one rank. */
class RankTimes {
  readonly phases = new Map<Phase, Spans>();
  readonly steps = new Spans();
  readonly #begun = new Set<number>();
  #last: Micros | null = null;

  take(row: OverlayPhase): void {
    const known = this.phases.get(row.phase) ?? new Spans();
    this.phases.set(row.phase, known);
    known.add(row.span);
    if (!this.#beginsStep(row)) return;
    if (this.#last !== null && row.span[0] > this.#last) this.steps.add([this.#last, row.span[0]]);
    this.#last = row.span[0];
    this.#begun.add(row.step);
  }

  /** The steps that end with what begins in `more`. */
  stepsBefore(more: readonly OverlayPhase[]): Span[] {
    const begun = new Set<number>();
    let last = this.#last;
    return more.flatMap((row): Span[] => {
      if (!this.#beginsStep(row) || begun.has(row.step)) return [];
      begun.add(row.step);
      const [from, to] = [last, row.span[0]];
      last = to;
      return from !== null && to > from ? [[from, to]] : [];
    });
  }

  #beginsStep(row: OverlayPhase): row is OverlayPhase & { readonly step: number } {
    return row.phase === 'forward' && row.step !== null && !this.#begun.has(row.step);
  }
}

class Times implements Book<OverlayPhase> {
  readonly ranks = new Map<number, RankTimes>();

  take(row: OverlayPhase): void {
    if (row.inferred) return;
    const known = this.ranks.get(row.rank) ?? new RankTimes();
    this.ranks.set(row.rank, known);
    known.take(row);
  }
}
const times = carriedOn<OverlayPhase, Times>(() => new Times());
