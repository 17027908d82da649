/** What a person says of a session beside what was measured of it: tags and a note. */
import { Failure } from '../base/failure';

/** Left out: as it was. An empty list, or an empty note: there is none. */
export interface SessionWords {
  readonly tags?: readonly string[];
  readonly note?: string;
}

export const MAX_TAGS = 32;
export const MAX_NOTE = 10_000;

/** A tag is one word, so that it can be typed in a search and on a terminal. */
const TAG = /^[^\s,:"<>=]{1,40}$/u;

/** Each once, in the order given. Throws `bad_input` for what is no tag, and for more than a session may have. */
export function checkTags(tags: readonly string[]): readonly string[] {
  const kept = [...new Set(tags.map((tag) => tag.trim().replace(/^#/, '')))];
  const wrong = kept.find((tag) => !TAG.test(tag));
  if (wrong !== undefined)
    throw new Failure(
      'bad_input',
      `"${wrong}" is no tag.`,
      'A tag is one word of at most 40 characters, without commas, colons and quotes.',
    );
  if (kept.length > MAX_TAGS)
    throw new Failure(
      'bad_input',
      `${kept.length} tags are too many for one session.`,
      `Keep at most ${MAX_TAGS}.`,
    );
  return kept;
}
