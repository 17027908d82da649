/**
 * From announcements to phases that happened. Markers come from the workload and may be wrong in any way: whatever does
 * not add up becomes a sentence, never an invented span and never an error.
 *
 * Begin and end are paired by rank, name and step in order of arrival; phases may nest. A phase still open when the
 * session ends is taken to end with it (an out-of-memory death looks just so), unless the same phase was announced
 * again for another step meanwhile: then its end was lost, and it is left out.
 */

import type { Micros } from '../base/units';
import { PHASES, type Phase } from '../base/vocabulary';
import { TimedLists } from './timed-lists';
import type { Marker, MemoryMark, PhaseSpan } from './types';

interface PhaseSpans {
  /** In order of their beginning. */
  readonly spans: PhaseSpan[];
  /** What did not add up, in plain words, each kind of trouble once. */
  readonly warnings: string[];
}

type PhaseMarker = Extract<Marker, { type: 'phase' }>;
type MemoryMarker = Extract<Marker, { type: 'memory' }>;

/** A phase that began and has not ended. */
interface OpenPhase {
  readonly phase: Phase;
  readonly step: number | null;
  readonly t0: Micros;
  /** The same phase was announced again for another step: the end of this was lost. */
  superseded: boolean;
}

/** Phases of all ranks out of `markers`, which are in order of arrival; `durationUs` is how long the session lasted. */
export function phaseSpans(markers: readonly Marker[], durationUs: Micros): PhaseSpans {
  const pairing = new PhasePairing(markers);
  for (const marker of markers) pairing.take(marker);
  return pairing.finish(durationUs);
}

/** Pairs begins with ends, rank by rank. */
class PhasePairing {
  readonly #warnings = new Warnings();
  readonly #unknown = new Set<string>();
  readonly #memory: MemoryMarks;
  readonly #spans: PhaseSpan[] = [];
  /** Of each rank, in order of their beginning. */
  readonly #open = new Map<number, OpenPhase[]>();
  /** The step that each rank began last. */
  readonly #steps = new Map<number, number>();

  constructor(markers: readonly Marker[]) {
    this.#memory = new MemoryMarks(markers);
  }

  take(marker: Marker): void {
    if (marker.type !== 'phase' && marker.type !== 'step') return;
    if (marker.event === 'begin') this.#noteStep(marker);
    if (marker.type !== 'phase') return;
    const { name } = marker;
    if (!isPhase(name)) this.#unknown.add(name);
    else if (marker.event === 'begin') this.#begin(marker, name);
    else this.#end(marker, name);
  }

  /** What is still open ends with the session. */
  finish(durationUs: Micros): PhaseSpans {
    for (const [rank, stack] of this.#open)
      for (const open of stack) this.#leaveOpen(open, rank, durationUs);
    if (this.#unknown.size > 0)
      this.#warnings.add(
        'unknown',
        `phases with names Plumbline does not know are left out: ${listNames(this.#unknown)}`,
      );
    this.#spans.sort((a, b) => a.t0 - b.t0 || b.t1 - a.t1);
    return { spans: this.#spans, warnings: this.#warnings.sentences() };
  }

  #noteStep({ rank, step }: Marker): void {
    if (step === null) return;
    const last = this.#steps.get(rank);
    if (last !== undefined && step < last)
      this.#warnings.add(
        `step:${rank}`,
        `steps of rank ${rank} ran backwards, from ${last} to ${step}`,
      );
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
        `${namePhase(phase, step, rank)} ended without having begun`,
      );
      supersede(stack, marker);
      return;
    }
    stack.splice(at, 1);
    const across = stack.slice(at).find((open) => open.t0 < t);
    if (across !== undefined)
      this.#warnings.add(
        `overlap:${rank}:${phase}`,
        `${namePhase(phase, step, rank)} ended while ${across.phase}, begun inside it, was still open: the two overlap`,
      );
    if (t < begun.t0)
      this.#warnings.add(
        `order:${rank}:${phase}`,
        `${namePhase(phase, step, rank)} was announced to end before it began and is left out`,
      );
    else this.#add({ phase, step: begun.step ?? step, rank, t0: begun.t0, t1: t });
  }

  #leaveOpen({ phase, step, t0, superseded }: OpenPhase, rank: number, durationUs: Micros): void {
    const name = namePhase(phase, step, rank);
    if (superseded) {
      this.#warnings.add(
        `lost:${rank}:${phase}`,
        `the end of ${name} was never announced, so it is left out`,
      );
      return;
    }
    this.#warnings.add(`open:${rank}:${phase}`, `${name} was still open when the session ended`);
    this.#add({ phase, step, rank, t0, t1: Math.max(t0, durationUs), isOpen: true });
  }

  #add({ isOpen, ...span }: Omit<PhaseSpan, 'memory'>): void {
    this.#spans.push({ ...span, memory: this.#memory.lastIn(span), ...(isOpen && { isOpen }) });
  }

  #stack(rank: number): OpenPhase[] {
    const stack = this.#open.get(rank) ?? [];
    this.#open.set(rank, stack);
    return stack;
  }
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

function namePhase(phase: Phase, step: number | null, rank: number): string {
  return `phase ${phase}${step === null ? '' : ` of step ${step}`} on rank ${rank}`;
}

function listNames(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, 8).map((name) => JSON.stringify(name.slice(0, 60)));
  return (
    shown.join(', ') + (names.size > shown.length ? ` and ${names.size - shown.length} more` : '')
  );
}

/** One sentence per kind of trouble, with how often it happened: a broken workload must not flood a person. */
class Warnings {
  readonly #seen = new Map<string, { text: string; times: number }>();

  add(kind: string, text: string): void {
    const known = this.#seen.get(kind);
    if (known === undefined) this.#seen.set(kind, { text, times: 1 });
    else known.times++;
  }

  sentences(): string[] {
    return [...this.#seen.values()].map(({ text, times }) => {
      const sentence = text.charAt(0).toUpperCase() + text.slice(1);
      return times === 1 ? `${sentence}.` : `${sentence} (${times} times in all).`;
    });
  }
}

/** Memory markers by rank and phase. */
class MemoryMarks {
  readonly #marks: TimedLists<MemoryMarker>;

  constructor(markers: readonly Marker[]) {
    const told = markers.flatMap((marker) =>
      marker.type === 'memory' && marker.phase !== null ? [marker] : [],
    );
    this.#marks = new TimedLists(told, ({ rank, phase }) => `${rank}:${phase}`);
  }

  /** The last of the phase and step within [t0, t1]; null where there is none. */
  lastIn({ phase, step, rank, t0, t1 }: Omit<PhaseSpan, 'memory'>): MemoryMark | null {
    const within = this.#marks.within(`${rank}:${phase}`, t0, t1);
    return within.findLast((marker) => sameStep(marker.step, step))?.memory ?? null;
  }
}
