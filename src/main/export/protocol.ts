/** What a report is made from and what comes out. One file per format; `index.ts` lists them. */
import type { Budget } from '../../shared/budget/types';
import type { Comparison } from '../../shared/session/compare';
import type { SessionDocument } from '../../shared/session/session-document';
import type { SeriesData } from '../../shared/trace/types';

export const REPORT_FORMATS = ['html', 'md', 'json'] as const;
export type ReportFormatId = (typeof REPORT_FORMATS)[number];

export interface ReportInput {
  readonly doc: SessionDocument;
  readonly budget: Budget | null;
  /** At least the series of the overlay; a report without it has no line in its chart. */
  readonly series: readonly SeriesData[];
}

export interface ReportRequest {
  readonly sessions: readonly ReportInput[];
  readonly comparison: Comparison | null;
}

export interface ReportFormat {
  readonly id: ReportFormatId;
  readonly mimeType: string;
  render(request: ReportRequest): string;
}
