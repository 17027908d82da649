/**
 * A session as it is worked with, whatever it came from: a live recording, a file of the library, an import.
 * Everything shown is derived from this on read (see document.ts). Samples stay in the file and are asked for by span;
 * what was announced is read by page when it is first asked for, every marker and the log only for who asks for them.
 */

import { dirname } from 'node:path';
import type { Bytes } from '../../shared/base/units';
import { flagLimits } from '../../shared/library/settings';
import type { SessionData, SessionResult } from '../../shared/session/types';
import type { Announcements } from '../../shared/trace/announcements';
import { figuresFrom } from '../../shared/trace/summary';
import type { Gap, LogLine, Marker, SeriesData } from '../../shared/trace/types';
import { readSettings } from './library-settings';
import { openSession, type SessionReader, type SummarizedSeries } from './session-file';
import { allocationLedger } from './session-meta';
import { StoredSamples, whileOpen } from './stored-samples';

/** A session file. `result`: how it ended, where that is not in it yet. */
export function readSession(
  reader: SessionReader,
  result: SessionResult = reader.result,
): SessionData {
  let announced: Announcements | null = null;
  let markers: Marker[] | null = null;
  let logs: LogLine[] | null = null;
  let warnings: string[] | null = null;
  return {
    ...reader.header,
    ...result,
    baselines: readBaselines(reader),
    series: storedSeriesIn(reader),
    get announced() {
      announced ??= whileOpen(reader, (open) => open.rows.announced());
      return announced;
    },
    get markers() {
      markers ??= whileOpen(reader, (open) => open.markers());
      return markers;
    },
    get logs() {
      logs ??= whileOpen(reader, (open) => open.logs());
      return logs;
    },
    get warnings() {
      warnings ??= whileOpen(reader, (open) => {
        // What is damaged shows as it is read; the series were read with their gaps.
        announced ??= open.rows.announced();
        open.notes();
        return open.warnings();
      });
      return warnings;
    },
    ...readAllocations(reader),
    ...readMarks(reader),
    ...readLimits(reader),
  };
}

/** The series of a session file, in order of declaration. */
export function readStoredSeries(path: string): SeriesData[] {
  using reader = openSession(path);
  return storedSeriesIn(reader);
}

const storedSeriesIn = (reader: SessionReader): SeriesData[] =>
  reader.summaries().map((series) => storedSeries(reader, series));

/** `gaps`: those of the series, where they are known. */
export function storedSeries(
  reader: SessionReader,
  { info, summary }: SummarizedSeries,
  gaps: readonly Gap[] = reader.gapsOf(info.id),
): SeriesData {
  const source = new StoredSamples(reader, info.id);
  return { info, gaps, figures: figuresFrom(summary), source };
}

/** What is flagged, as it is set where the session lies; left out where it is the usual. */
export function readLimits({ path }: SessionReader): Pick<SessionData, 'limits'> {
  const limits = flagLimits(readSettings(dirname(path)).settings);
  return limits === undefined ? {} : { limits };
}

/** Left out where there are none. */
export function readMarks(reader: SessionReader): Pick<SessionData, 'marks'> {
  const marks = reader.marks();
  return marks.length === 0 ? {} : { marks };
}

function readAllocations(reader: SessionReader): Pick<SessionData, 'allocations'> {
  const { data } = allocationLedger.safeParse(reader.meta('allocations'));
  return data === undefined ? {} : { allocations: data };
}

/** Device memory in use before launch, by series id. */
export function readBaselines(reader: SessionReader): Record<string, Bytes> {
  const stored = reader.meta('baselines');
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(
    Object.entries(stored).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );
}
