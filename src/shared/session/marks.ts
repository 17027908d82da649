/** Moments of a session that a person marked, each with a few words: kept beside what was measured, never in it. */
import { Failure } from '../base/failure';
import type { Micros } from '../base/units';

export interface Mark {
  /** Of this session alone; it stays through edits, and a mark that is put back has it again. */
  readonly id: number;
  readonly t: Micros;
  readonly text: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** What is put: a new mark where `id` is null, else in place of the one there is, or back where it was removed. */
export interface MarkDraft extends Pick<Mark, 't' | 'text'> {
  readonly id: number | null;
}

export const MAX_MARKS = 1000;
export const MAX_MARK_TEXT = 500;

/** Whole microseconds and trimmed words. Throws `bad_input` for what is no mark. */
export function checkMark({ id, t, text }: MarkDraft): MarkDraft {
  const words = text.trim();
  if (id !== null && !(Number.isSafeInteger(id) && id > 0))
    throw new Failure('bad_input', `${id} is no mark.`, 'Leave it out to set a new one.');
  if (!Number.isFinite(t) || t < 0)
    throw new Failure(
      'bad_input',
      `${t} is no moment of a session.`,
      'Give microseconds since its start.',
    );
  if (words === '' || words.length > MAX_MARK_TEXT)
    throw new Failure(
      'bad_input',
      words === '' ? 'A mark needs words.' : `${words.length} characters are too many for a mark.`,
      `Give between 1 and ${MAX_MARK_TEXT} characters.`,
    );
  return { id, t: Math.round(t), text: words };
}
