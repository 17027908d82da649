/**
 * From announcements to phases that happened. Markers come from the workload and may be wrong in any way: whatever does
 * not add up becomes a sentence, never an invented span and never an error.
 *
 * Begin and end are paired by rank, name and step in order of arrival; phases may nest. A phase still open when the
 * session ends is taken to end with it (an out-of-memory death looks just so), unless the same phase was announced
 * again for another step meanwhile: then its end was lost, and it is left out.
 */

import { countWhile } from '../base/search';
import type { Micros } from '../base/units';
import { PHASES, type Phase } from '../base/vocabulary';
import type { Book, MarkerOf } from './carried-on';
import { rankName } from './rank-names';
import { TimedLists } from './timed-lists';
import type { Marker, MemoryMark, PhaseSpan } from './types';

export interface PhaseSpans {
  /** In order of their beginning. */
  readonly spans: PhaseSpan[];
  /** What did not add up, in plain words, each kind of trouble once. */
  readonly warnings: string[];
}

type PhaseMarker = MarkerOf<'phase'>;
type MemoryMarker = MarkerOf<'memory'>;

/** A phase that began and has not ended. */
interface OpenPhase {
  readonly phase: Phase;
  readonly step: number | null;
  readonly t0: Micros;
  /** The same phase was announced again for another step: the end of this was lost. */
  superseded: boolean;
}

/** Pairs begins with ends, rank by rank, as markers arrive in their order: what is paired once is not gone over again. */
export class PhasePairing implements Book<Marker> {
  readonly #warnings = new Warnings();
  readonly #unknown = new Set<string>();
  readonly #memory = new TimedLists<MemoryMarker>([], keyOf);
  /** In order of their beginning, of those that begin together the longest first. */
  readonly #closed: PhaseSpan[] = [];
  /** Those that belong among them, and not at their end. */
  #late: PhaseSpan[] = [];
  /** Of those that are over, by rank and phase. */
  readonly #reach = new Map<string, { longest: Micros; lastEnd: Micros }>();
  /** Of each rank, in order of their beginning. */
  readonly #open = new Map<number, OpenPhase[]>();
  readonly #ranks = new Set<number>();
  /** The step that each rank began last. */
  readonly #steps = new Map<number, number>();

  take(marker: Marker): void {
    if (marker.type === 'memory') this.#takeMemory(marker);
    if (marker.type !== 'phase' && marker.type !== 'step') return;
    this.#ranks.add(marker.rank);
    if (marker.event === 'begin') this.#noteStep(marker);
    if (marker.type !== 'phase') return;
    const { name } = marker;
    if (!isPhase(name)) this.#unknown.add(name);
    else if (marker.event === 'begin') this.#begin(marker, name);
    else this.#end(marker, name);
  }

  /** What is open by then ends with the session. Spans that are over are the same objects each time. */
  spansBy(durationUs: Micros): PhaseSpans {
    this.#putInOrder();
    const warnings = this.#warnings.copy();
    const spans = this.#closed.slice();
    for (const [rank, stack] of this.#open)
      for (const open of stack) {
        const span = this.#leaveOpen(open, rank, durationUs, warnings);
        if (span !== null) spans.splice(placeFor(span, spans), 0, span);
      }
    if (this.#unknown.size > 0)
      warnings.add(
        'unknown',
        () => `phases with names Plumbline does not know are left out: ${listNames(this.#unknown)}`,
      );
    return { spans, warnings: warnings.sentences([...this.#ranks]) };
  }

  #noteStep({ rank, step }: Marker): void {
    if (step === null) return;
    const last = this.#steps.get(rank);
    if (last !== undefined && step < last) {
      // From the first again they are of another loop, or of a process started after the first, and nothing is amiss.
      const isAnew = step <= 1;
      this.#warnings.add(
        `${isAnew ? 'anew' : 'step'}:${rank}`,
        isAnew
          ? (of) =>
              `steps${of} began anew at ${step} after ${last}, those of another loop or process`
          : (of) => `steps${of} ran backwards, from ${last} to ${step}`,
        rank,
      );
    }
    this.#steps.set(rank, step);
  }

  #begin(marker: PhaseMarker, phase: Phase): void {
    const stack = this.#stack(marker.rank);
    supersede(stack, marker);
    stack.push({ phase, step: marker.step, t0: marker.t, superseded: false });
  }

  #end(marker: PhaseMarker, phase: Phase): void {
    const { rank, step, t } = marker;
    const stack = this.#stack(rank);
    const at = stack.findLastIndex((open) => open.phase === phase && sameStep(open.step, step));
    const begun = stack[at];
    if (begun === undefined) {
      this.#warnings.add(
        `end:${rank}:${phase}`,
        (of) => `${namePhase(phase, step)}${of} ended without having begun`,
        rank,
      );
      supersede(stack, marker);
      return;
    }
    stack.splice(at, 1);
    const across = stack.slice(at).find((open) => open.t0 < t);
    if (across !== undefined)
      this.#warnings.add(
        `overlap:${rank}:${phase}`,
        (of) =>
          `${namePhase(phase, step)}${of} ended while ${across.phase}, begun inside it, was still open: the two overlap`,
        rank,
      );
    if (t < begun.t0)
      this.#warnings.add(
        `order:${rank}:${phase}`,
        (of) =>
          `${namePhase(phase, step)}${of} was announced to end before it began and is left out`,
        rank,
      );
    else this.#close({ phase, step: begun.step ?? step, rank, t0: begun.t0, t1: t });
  }

  #leaveOpen(
    { phase, step, t0, superseded }: OpenPhase,
    rank: number,
    durationUs: Micros,
    warnings: Warnings,
  ): PhaseSpan | null {
    const name = namePhase(phase, step);
    if (superseded) {
      warnings.add(
        `lost:${rank}:${phase}`,
        (of) => `the end of ${name}${of} was never announced, so it is left out`,
        rank,
      );
      return null;
    }
    warnings.add(
      `open:${rank}:${phase}`,
      (of) => `${name}${of} was still open when the session ended`,
      rank,
    );
    const span = { phase, step, rank, t0, t1: Math.max(t0, durationUs) };
    return { ...span, memory: this.#lastMemory(span), isOpen: true };
  }

  #close(span: Omit<PhaseSpan, 'memory'>): void {
    const closed = { ...span, memory: this.#lastMemory(span) };
    const isLast = placeFor(closed, this.#closed) === this.#closed.length;
    (isLast ? this.#closed : this.#late).push(closed);
    const { longest, lastEnd } = this.#reach.get(keyOf(span)) ?? { longest: 0, lastEnd: span.t1 };
    this.#reach.set(keyOf(span), {
      longest: Math.max(longest, span.t1 - span.t0),
      lastEnd: Math.max(lastEnd, span.t1),
    });
  }

  #putInOrder(): void {
    if (this.#late.length > FEW) {
      for (const span of this.#late) this.#closed.push(span);
      this.#closed.sort((a, b) => a.t0 - b.t0 || b.t1 - a.t1);
    } else
      for (const span of this.#late) this.#closed.splice(placeFor(span, this.#closed), 0, span);
    this.#late = [];
  }

  /** The last of the phase and step within [t0, t1]; null where there is none. */
  #lastMemory({ phase, step, rank, t0, t1 }: Omit<PhaseSpan, 'memory'>): MemoryMark | null {
    const key = keyOf({ rank, phase });
    const last = this.#memory.lastBy(key, t1);
    if (last === null || last.t < t0) return null;
    if (sameStep(last.step, step)) return last.memory;
    const within = this.#memory.within(key, t0, t1);
    return within.findLast((marker) => sameStep(marker.step, step))?.memory ?? null;
  }

  /** One that comes after the end of the phase it lies in belongs to it all the same. */
  #takeMemory(marker: MemoryMarker): void {
    const { phase, rank, t } = marker;
    if (phase === null) return;
    this.#memory.take(marker);
    const reach = this.#reach.get(keyOf(marker));
    if (reach === undefined || t > reach.lastEnd) return;
    this.#putInOrder();
    for (let i = placeFor({ t0: t, t1: t }, this.#closed) - 1; i >= 0; i--) {
      const span = this.#closed[i]!;
      if (span.t0 < t - reach.longest) return;
      if (span.phase === phase && span.rank === rank && span.t1 >= t)
        this.#closed[i] = { ...span, memory: this.#lastMemory(span) };
    }
  }

  #stack(rank: number): OpenPhase[] {
    const stack = this.#open.get(rank) ?? [];
    this.#open.set(rank, stack);
    return stack;
  }
}

const keyOf = ({ rank, phase }: { readonly rank: number; readonly phase: string | null }): string =>
  `${rank}:${phase}`;

/** As many are put into their places one by one; more are sorted. */
const FEW = 64;

type Ends = Pick<PhaseSpan, 't0' | 't1'>;

/** Where a span belongs among `spans`, behind those that are alike; most belong at the end. */
function placeFor({ t0, t1 }: Ends, spans: readonly Ends[]): number {
  const isBefore = (one: Ends) => one.t0 < t0 || (one.t0 === t0 && one.t1 >= t1);
  const last = spans.at(-1);
  if (last === undefined || isBefore(last)) return spans.length;
  return countWhile(spans, isBefore);
}

const KNOWN: ReadonlySet<string> = new Set(PHASES);
function isPhase(name: string): name is Phase {
  return KNOWN.has(name);
}

function sameStep(a: number | null, b: number | null): boolean {
  return a === null || b === null || a === b;
}

/** A phase that begins or ends for another step shows that those open for earlier steps have lost their ends. */
function supersede(stack: readonly OpenPhase[], marker: PhaseMarker): void {
  for (const open of stack)
    if (open.phase === marker.name && !sameStep(open.step, marker.step)) open.superseded = true;
}

function namePhase(phase: Phase, step: number | null): string {
  return `phase ${phase}${step === null ? '' : ` of step ${step}`}`;
}

function listNames(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, 8).map((name) => JSON.stringify(name.slice(0, 60)));
  return (
    shown.join(', ') + (names.size > shown.length ? ` and ${names.size - shown.length} more` : '')
  );
}

/** `of`: " of rank 2", and nothing where but one process announced anything. */
type Sentence = (of: string) => string;

interface Trouble {
  readonly tell: Sentence;
  readonly rank: number | null;
  times: number;
}

/** One sentence per kind of trouble, with how often it happened: a broken workload must not flood a person. */
class Warnings {
  readonly #seen = new Map<string, Trouble>();

  add(kind: string, tell: Sentence, rank: number | null = null): void {
    const known = this.#seen.get(kind);
    if (known === undefined) this.#seen.set(kind, { tell, rank, times: 1 });
    else known.times++;
  }

  copy(): Warnings {
    const copy = new Warnings();
    for (const [kind, known] of this.#seen) copy.#seen.set(kind, { ...known });
    return copy;
  }

  sentences(ranks: readonly number[]): string[] {
    return [...this.#seen.values()].map(({ tell, rank, times }) => {
      const text = tell(rank === null || ranks.length < 2 ? '' : ` of ${rankName(rank, ranks)}`);
      const sentence = text.charAt(0).toUpperCase() + text.slice(1);
      return times === 1 ? `${sentence}.` : `${sentence} (${times} times in all).`;
    });
  }
}
