/**
 * A session is a file: one SQLite database, `<id>.plumbline`, complete in itself. This is the door to the room:
 * `createSession` while recording, `openSession` ever after, and what a person may change of it.
 */

export type { SessionHeader, SessionResult } from '../../shared/session/types';
export { EXTENSION } from './schema';
export {
  annotateSession,
  completeSummary,
  markSession,
  renameSession,
  unmarkSession,
} from './session-edit';
export {
  type GapRow,
  type LogRow,
  type MarkerRow,
  type Note,
  openSession,
  type PageQuery,
  SessionReader,
  type Span,
  type StoredSeries,
  type SummarizedSeries,
} from './session-reader';
export { createSession, SessionWriter } from './session-writer';
