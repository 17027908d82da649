/**
 * A recorder that was killed has written no summary of its session, so that lists show no peak of it. Whoever asks for
 * the session has it analysed anyhow: its summary is then written for the recorder. Where the file cannot be written it
 * stays without, and the answer is the same.
 */
import { unlessFailure } from '../../shared/base/failure';
import type { CallOptions } from '../../shared/contract/cancel';
import { summarizeDocument } from '../../shared/session/summary';
import type { Library } from '../store/library';
import type { EngineEvents } from './events';
import type { Queries } from './query-methods';

type Documents = Pick<Queries, 'show' | 'brief'>;
type Ask<Question, Answer> = (question: Question, options?: CallOptions) => Promise<Answer>;

export function completeRecovered(
  { show, brief }: Documents,
  library: Library,
  events: EngineEvents,
  letGo: () => Promise<void>,
): Documents {
  const complete = async (doc: Parameters<typeof summarizeDocument>[0]): Promise<void> => {
    if (doc.status !== 'recovered' || doc.overlay.measuredPeak === null) return;
    if (library.summarize(doc.id)?.measuredPeak !== null) return;
    await letGo();
    if (unlessFailure(() => library.complete(doc.id, summarizeDocument(doc))) === true)
      events.libraryChanged();
  };
  const completing =
    <Question extends { readonly series?: string; readonly until?: number }, Answer>(
      ask: Ask<Question, Answer & Parameters<typeof complete>[0]>,
    ) =>
    async (question: Question, options?: CallOptions): Promise<Answer> => {
      const doc = await ask(question, options);
      // Another line, or an earlier moment, is not what a list tells of.
      if (question.series === undefined && question.until === undefined) await complete(doc);
      return doc;
    };
  return { show: completing(show), brief: completing(brief) };
}
