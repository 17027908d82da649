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
import type { Marker, MemoryMark, PhaseSpan } from './types';

export interface PhaseSpans {
  /** In order of their beginning. */
  readonly spans: PhaseSpan[];
  /** What did not add up, in plain words, each kind of trouble once. */
  readonly warnings: string[];
}

type PhaseMarker = Extract<Marker, { type: 'phase' }>;
type MemoryMarker = Extract<Marker, { type: 'memory' }>;

interface Open {
  readonly phase: Phase;
  readonly step: number | null;
  readonly t0: Micros;
  superseded: boolean;
}

export function phaseSpans(markers: readonly Marker[], durationUs: Micros): PhaseSpans {
  const warnings = new Warnings();
  const unknown = new Set<string>();
  const memory = new MemoryMarks(markers);
  const spans: PhaseSpan[] = [];
  const open = new Map<number, Open[]>();
  const steps = new Map<number, number>();

  const add = (
    phase: Phase,
    step: number | null,
    rank: number,
    t0: Micros,
    t1: Micros,
    isOpen = false,
  ) =>
    spans.push({
      phase,
      step,
      rank,
      t0,
      t1,
      memory: memory.lastIn(phase, step, rank, t0, t1),
      ...(isOpen && { isOpen }),
    });

  for (const marker of markers) {
    if (marker.type !== 'phase' && marker.type !== 'step') continue;
    if (marker.event === 'begin') noteStep(marker, steps, warnings);
    if (marker.type !== 'phase') continue;
    if (!isPhase(marker.name)) {
      unknown.add(marker.name);
      continue;
    }
    const stack = open.get(marker.rank) ?? [];
    open.set(marker.rank, stack);
    if (marker.event === 'begin') {
      supersede(stack, marker);
      stack.push({ phase: marker.name, step: marker.step, t0: marker.t, superseded: false });
      continue;
    }
    const at = stack.findLastIndex(
      (one) => one.phase === marker.name && sameStep(one.step, marker.step),
    );
    if (at < 0) {
      warnings.add(
        `end:${marker.rank}:${marker.name}`,
        `${named(marker)} ended without having begun`,
      );
      supersede(stack, marker);
      continue;
    }
    const begun = stack.splice(at, 1)[0]!;
    const across = stack.slice(at).find((one) => one.t0 < marker.t);
    if (across !== undefined) {
      warnings.add(
        `overlap:${marker.rank}:${marker.name}`,
        `${named(marker)} ended while ${across.phase}, begun inside it, was still open: the two overlap`,
      );
    }
    if (marker.t < begun.t0) {
      warnings.add(
        `order:${marker.rank}:${marker.name}`,
        `${named(marker)} was announced to end before it began and is left out`,
      );
    } else add(begun.phase, begun.step ?? marker.step, marker.rank, begun.t0, marker.t);
  }

  for (const [rank, stack] of open) {
    for (const one of stack) {
      const name = named({ name: one.phase, step: one.step, rank });
      if (one.superseded)
        warnings.add(
          `lost:${rank}:${one.phase}`,
          `the end of ${name} was never announced, so it is left out`,
        );
      else {
        warnings.add(`open:${rank}:${one.phase}`, `${name} was still open when the session ended`);
        add(one.phase, one.step, rank, one.t0, Math.max(one.t0, durationUs), true);
      }
    }
  }
  if (unknown.size > 0)
    warnings.add(
      'unknown',
      `phases with names Plumbline does not know are left out: ${listed(unknown)}`,
    );
  spans.sort((a, b) => a.t0 - b.t0 || b.t1 - a.t1);
  return { spans, warnings: warnings.sentences() };
}

const KNOWN: ReadonlySet<string> = new Set(PHASES);
function isPhase(name: string): name is Phase {
  return KNOWN.has(name);
}

function sameStep(a: number | null, b: number | null): boolean {
  return a === null || b === null || a === b;
}

function supersede(stack: readonly Open[], marker: PhaseMarker): void {
  for (const one of stack)
    if (one.phase === marker.name && !sameStep(one.step, marker.step)) one.superseded = true;
}

function noteStep(marker: Marker, steps: Map<number, number>, warnings: Warnings): void {
  if (marker.step === null) return;
  const last = steps.get(marker.rank);
  if (last !== undefined && marker.step < last) {
    warnings.add(
      `step:${marker.rank}`,
      `steps of rank ${marker.rank} ran backwards, from ${last} to ${marker.step}`,
    );
  }
  steps.set(marker.rank, marker.step);
}

function named(of: {
  readonly name: string;
  readonly step: number | null;
  readonly rank: number;
}): string {
  return `phase ${of.name}${of.step === null ? '' : ` of step ${of.step}`} on rank ${of.rank}`;
}

function listed(names: ReadonlySet<string>): string {
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

/** Memory markers by rank and phase, in time order. */
class MemoryMarks {
  readonly #marks = new Map<string, MemoryMarker[]>();

  constructor(markers: readonly Marker[]) {
    for (const marker of markers) {
      if (marker.type !== 'memory' || marker.phase === null) continue;
      const key = `${marker.rank}:${marker.phase}`;
      const list = this.#marks.get(key);
      if (list === undefined) this.#marks.set(key, [marker]);
      else list.push(marker);
    }
    for (const list of this.#marks.values()) list.sort((a, b) => a.t - b.t);
  }

  lastIn(
    phase: Phase,
    step: number | null,
    rank: number,
    t0: Micros,
    t1: Micros,
  ): MemoryMark | null {
    const list = this.#marks.get(`${rank}:${phase}`) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.t <= t1) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && list[i]!.t >= t0; i--) {
      if (sameStep(list[i]!.step, step)) return list[i]!.memory;
    }
    return null;
  }
}
