/** A session as text: a dozen lines with its trace, or everything there is. */
import type { SessionDocument } from '../../../shared/session/session-document';
import type { Engine } from '../../engine/engine';
import { sessionText } from './text/session';
import { briefText } from './text/session-brief';

/** More columns than any bar has: of each the highest value is drawn. */
const COLUMNS = 120;

export async function describeSession(
  engine: Engine,
  doc: SessionDocument,
  isFull: boolean,
): Promise<string> {
  const { id, overlay, durationUs } = doc;
  const budget = await engine.sessionBudget({ id });
  if (isFull) return sessionText(doc, budget);
  const [line] =
    overlay.series === null
      ? []
      : await engine.trace({
          id,
          series: [overlay.series],
          t0: 0,
          t1: Math.max(1, durationUs),
          columns: COLUMNS,
        });
  return briefText(doc, budget, line?.envelope ?? null);
}
