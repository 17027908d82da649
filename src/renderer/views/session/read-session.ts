/**
 * A session as its view shows it, from what the engine tells by page. One of many phases is read page by page, so that
 * the engine answers what is to be drawn in between; what can be said without them is said at once.
 */
import type { EngineClient } from '../../../shared/contract/api';
import { MAX_ROWS, type Page } from '../../../shared/session/pages';
import type { BriefDocument, SessionDocument } from '../../../shared/session/session-document';

/** Of fewer a whole document is made, sent and read faster than it is asked for in parts. */
const MANY_PHASES = 2000;

/** One that is recorded is asked for whole, as it grows. */
export const isLong = ({ status, counts }: BriefDocument): boolean =>
  status !== 'recording' && counts.phases > MANY_PHASES;

/** Before any row is here. */
export const withoutRows = (brief: BriefDocument): SessionDocument => ({
  ...brief,
  overlay: { ...brief.overlay, phases: [] },
  markers: [],
  gaps: [],
  logs: [],
});

/** With its phases, its log and what it noted; gaps come with the lines they are in. */
export async function readByPage(
  engine: EngineClient,
  question: { readonly id: string; readonly series?: string },
): Promise<SessionDocument> {
  const { id } = question;
  const brief = await engine.brief(question);
  const phases = await readAll((page) => engine.phases({ ...question, ...page }));
  const logs = await readAll((page) => engine.logs({ id, ...page }));
  const markers = await readAll((page) => engine.markers({ id, type: 'note', ...page }));
  return { ...withoutRows(brief), overlay: { ...brief.overlay, phases }, logs, markers };
}

async function readAll<T>(
  ask: (page: { readonly from: number; readonly limit: number }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const rows: T[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page: Page<T> = await ask({ from, limit: MAX_ROWS });
    for (const row of page.rows) rows.push(row);
    from = page.next;
  }
  return rows;
}
