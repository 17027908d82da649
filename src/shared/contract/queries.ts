/** What a front end asks of the rows, the picture and the figures of one session. Times are session time. */

import type { Micros } from '../base/units';
import type { Phase } from '../base/vocabulary';
import type { PageQuery, SpanQuery } from '../session/pages';
import type { LogLine, Marker } from '../trace/types';

/** A question about a session as it was known at a moment of it, as a live view would have been answered then. */
export interface AsKnown {
  /** Nothing that came later is read. Left out: all there is. */
  readonly until?: Micros;
}

/** Rows of a session that touch a span, page by page. */
export interface RowsQuery extends PageQuery, SpanQuery, AsKnown {
  readonly id: string;
}

export interface PhasesQuery extends RowsQuery {
  /** The line whose phases they are, instead of the best one. */
  readonly series?: string;
  /** Only these phases, only flagged ones. */
  readonly phase?: Phase;
  readonly flagged?: boolean;
  /** `worst`: flagged ones first, then by distance from the prediction. In time order when left out. */
  readonly order?: 'time' | 'worst';
}

export interface PhaseChangesQuery extends AsKnown {
  readonly id: string;
  readonly series?: string;
  /** The `look` of the last answer; all phases are told where it is left out or not known any more. */
  readonly since?: string;
}

export interface PhaseBarsQuery extends AsKnown {
  readonly id: string;
  readonly series?: string;
  readonly t0: Micros;
  readonly t1: Micros;
  /** Pixels of the picture. */
  readonly columns: number;
}

export interface MarkersQuery extends RowsQuery {
  readonly type?: Marker['type'];
}

export interface GapsQuery extends RowsQuery {
  readonly series?: string;
}

export interface LogsQuery extends RowsQuery {
  /** Only lines that hold this text, in whatever case. */
  readonly text?: string;
  readonly stream?: LogLine['stream'];
}

export interface StatisticsQuery extends AsKnown {
  readonly id: string;
  readonly series: readonly string[];
  readonly t0: Micros;
  readonly t1: Micros;
  /** A level in the series' unit: how long they stood above it. */
  readonly above?: number;
}

export interface MomentQuery extends AsKnown {
  readonly id: string;
  readonly series?: string;
  readonly at: Micros;
}
