/** What is known of sessions beside each other. Field names are the contract of `plumbline compare --json`. */
import type { Bytes, Micros, Percent } from '../base/units';
import type { AlignBy, Anchors } from './align';

export type RowUnit = 'bytes' | 'microseconds' | 'joules' | 'per_second';

export interface ComparedRow {
  readonly group: 'overall' | 'component' | 'phase' | 'time';
  /** Name of the component or phase; of the whole: peak, predicted peak, duration, throughput, energy. */
  readonly key: string;
  /** A figure of the prediction, where no session measured it. */
  readonly isPredicted: boolean;
  readonly unit: RowUnit;
  readonly values: readonly (number | null)[];
  /** Against the base; null for the base itself and where either is not known. */
  readonly changes: readonly (number | null)[];
  /** Changes up to this are not distinguishable from none; null where it is not known how much the figure varies. */
  readonly noise: number | null;
  /** Where the noise comes from, in words. */
  readonly why: string;
  /** Of each session: false where its change is not distinguishable from none, null where there is none. */
  readonly isDistinct: readonly (boolean | null)[];
  /**
   * Of each session: whether its change is for the better. Less memory, time and energy is, and more tokens a second.
   * Null where nothing changed or it cannot be told from nothing, and where another model or mode makes it other work.
   */
  readonly judged: readonly (Judgement | null)[];
}

export type Judgement = 'better' | 'worse';

/** As many sessions as letters, colours and shapes can tell apart. */
export const MAX_COMPARED = 8;

export interface Comparison {
  readonly sessions: readonly { readonly id: string; readonly name: string }[];
  readonly differences: {
    readonly config: readonly { readonly field: string; readonly values: readonly unknown[] }[];
    readonly components: readonly {
      readonly component: string;
      readonly predicted: readonly (Bytes | null)[];
      readonly measured: readonly (Bytes | null)[];
    }[];
    readonly phases: readonly {
      readonly phase: string;
      readonly measured: readonly (Bytes | null)[];
      readonly predicted: readonly (Bytes | null)[];
      readonly durationUs: readonly (Micros | null)[];
    }[];
  };
  readonly peak: {
    readonly measured: readonly (Bytes | null)[];
    readonly predicted: readonly (Bytes | null)[];
    readonly changeBytes: readonly (Bytes | null)[];
    readonly changePercent: readonly (Percent | null)[];
  };
  readonly time: {
    readonly durationUs: readonly Micros[];
    readonly changePercent: readonly (Percent | null)[];
  };
  readonly verdict: string;
  /** Place of the session that the others are compared with. */
  readonly base: number;
  /** What each session is called here: by what differs. */
  readonly labels: readonly string[];
  /** Places of sessions that ran the same thing, in groups of two or more. */
  readonly repeats: readonly (readonly number[])[];
  /** Every figure, with what of its change is noise; the largest difference first. */
  readonly rows: readonly ComparedRow[];
  /** How each session lies on the base's time, for every way to align them. */
  readonly alignment: Readonly<Record<AlignBy, readonly (Anchors | null)[]>>;
}
