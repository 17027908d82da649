/** What sessions tell of their machine, and what is made of it. */
import type { Bytes } from '../base/units';

/** What the figures hold for. */
export interface Machine {
  readonly gpu: string;
  readonly driver: string;
  /** With its version: "pytorch 2.13.0". */
  readonly framework: string;
}

export interface Observation extends Machine {
  /** Id of the session. */
  readonly session: string;
  /** Processes that shared the run. */
  readonly ranks: number;
  /** Of the process above its allocator: context, libraries and, of several ranks, communication. */
  readonly context: Bytes | null;
  /** Allocated at the end of an optimizer step and in none of the script's objects. */
  readonly workspace: Bytes | null;
  /** The most reserved beyond the most allocated, and the latter: where the allocator settled. */
  readonly reserve: { readonly bytes: Bytes; readonly allocated: Bytes } | null;
}

/** `typical` and what it lies between: bytes, of the reserve thousandths of what is allocated. */
export interface LearnedFigure {
  readonly typical: number;
  readonly low: number;
  readonly high: number;
  readonly sessions: number;
}

export const LEARNED_PARTS = ['context', 'workspace', 'communication', 'reserve'] as const;
export type LearnedPart = (typeof LEARNED_PARTS)[number];

export interface LearnedConstants extends Machine {
  /** Sessions that tell any of it. */
  readonly sessions: number;
  readonly figures: Readonly<Partial<Record<LearnedPart, LearnedFigure>>>;
}

export interface LearnedReport {
  readonly machines: readonly LearnedConstants[];
  /** Sessions that told something, that were looked at in all (of those recorded here only the promising ones are), and that a person had forgotten. */
  readonly sessions: number;
  readonly looked: number;
  readonly forgotten: number;
}
