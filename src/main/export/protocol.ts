/**
 * What every export is: one format a file, which says what it is called, how its files end, what it is made from, and
 * renders it. `index.ts` lists the formats; commands, help and window read that list.
 */
import type { Budget } from '../../shared/budget/types';
import type { ExportFormatInfo } from '../../shared/contract/api';
import type { PredictedCurves } from '../../shared/picture/placed-curves';
import type { Comparison } from '../../shared/session/comparison';
import type { Outcome } from '../../shared/session/expectations';
import type { SessionDocument } from '../../shared/session/session-document';
import type { SeriesData } from '../../shared/trace/types';
import type { SessionReader } from '../store/session-file';

export interface ReportInput {
  readonly doc: SessionDocument;
  readonly budget: Budget | null;
  /** At least the series of the overlay; a report without it has no line in its chart. */
  readonly series: readonly SeriesData[];
  /** Of the whole run at the picture's columns; null where theory knows no more of a phase than its highest moment. */
  readonly curves: PredictedCurves | null;
}

/** A session, or several beside each other. */
export interface ReportRequest {
  readonly sessions: readonly ReportInput[];
  readonly comparison: Comparison | null;
}

/** What became of the expectations of a recording or a comparison. */
export interface OutcomeReport {
  /** What was tested, for people. */
  readonly suite: string;
  readonly outcomes: readonly Outcome[];
  /** What the workload took. */
  readonly seconds: number;
}

/** What a format can be made from. A session's file stays open until the last piece has been taken. */
export interface Sources {
  readonly report: ReportRequest;
  readonly session: SessionReader;
  readonly outcomes: OutcomeReport;
}
export type Source = keyof Sources;

export interface ExportFormat<S extends Source = Source> extends ExportFormatInfo {
  readonly source: S;
  render(from: Sources[S]): ExportedFile;
}

export interface ExportedFile {
  /** A name that any file system takes. */
  readonly fileName: string;
  /** The whole at once, or piece by piece where it may be as long as a recording. */
  readonly contents: string | Uint8Array | Iterable<string | Uint8Array>;
}
