/**
 * A session held in memory, whatever it came from: a live recording, a file of the library, an import. Everything
 * shown is derived from this on read (see document.ts).
 */
import type { LogLine, Marker, SeriesData } from '../../shared/trace/types';
import type { Bytes } from '../../shared/units';
import type { SessionReader } from '../store/session-file';
import type { SessionHeader, SessionResult } from '../store/session-meta';

export interface SessionData extends SessionHeader, SessionResult {
  /** Device memory in use before launch, by series id. */
  readonly baselines: Readonly<Record<string, Bytes>>;
  readonly series: readonly SeriesData[];
  readonly markers: readonly Marker[];
  readonly logs: readonly LogLine[];
  readonly warnings: readonly string[];
}

/** Everything in a session file. */
export function readSession(reader: SessionReader): SessionData {
  return {
    ...reader.header,
    ...reader.result,
    baselines: baselinesOf(reader.meta('baselines')),
    series: reader.series().map(({ id }) => reader.readSeries(id)),
    markers: reader.markers(),
    logs: reader.logs(),
    warnings: reader.warnings(),
  };
}

function baselinesOf(stored: unknown): Record<string, Bytes> {
  if (typeof stored !== 'object' || stored === null) return {};
  return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
