/**
 * Whether session files are whole, to the last page and chunk: opening one checks only what it reads. The newest come
 * first, for as long as a person waits, on a thread of their own: neither a recording nor a window is held up.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Failure, unlessFailure } from '../../shared/base/failure';
import type { Millis } from '../../shared/base/units';
import type { DoctorReport } from '../../shared/contract/api';
import { checkThreadEntry } from '../install/paths';
import type { Library } from '../store/library';
import { checkSession } from '../store/open-database';
import { EXTENSION } from '../store/schema';
import { QUESTION_LIMIT_MS, withinTime } from '../store/time-limit';
import { isBuilt, runAside } from './thread-task';

const PATIENCE_MS: Millis = 10_000;
/** Files named in one sentence. */
const MOST_NAMED = 3;

type Check = DoctorReport['checks'][number];

export const sessionsCheck = (library: Library): Promise<Check> =>
  runAside(checkThreadEntry, library.dir, () => checkSessions(library));

/** Whether that holds nothing up. */
export const isCheckedApart = isBuilt(checkThreadEntry);

export async function checkSessions(library: Library): Promise<Check> {
  // A folder that cannot be read is what the check of the library tells.
  const { sessions, damaged } = unlessFailure(() => library.list()) ?? {
    sessions: [],
    damaged: [],
  };
  const ended = sessions.filter(({ status }) => status !== 'recording');
  const found = damaged.map(({ message }) => message);
  const end = performance.now() + PATIENCE_MS;
  let checked = 0;
  for (; checked < ended.length && performance.now() < end; checked++) {
    const trouble = findTrouble(join(library.dir, `${ended[checked]?.id}${EXTENSION}`));
    if (trouble !== null) found.push(trouble);
    await setImmediate();
  }
  if (found.length > 0)
    return {
      id: 'sessions',
      ok: false,
      found: listTroubles(found),
      remedy:
        'Those that still open are shown with gaps where samples are damaged; the others are refused. Put back a copy where there is one, and look at the health of the disk.',
    };
  const which =
    checked === ended.length ? `${checked}` : `the newest ${checked} of ${ended.length}`;
  const files = ended.length === 1 ? 'the one session file' : `${which} session files`;
  return {
    id: 'sessions',
    ok: true,
    found: ended.length === 0 ? 'no sessions yet' : `read ${files} whole: nothing is damaged`,
    remedy: null,
  };
}

/** Null where the file is whole. */
function findTrouble(path: string): string | null {
  try {
    withinTime(QUESTION_LIMIT_MS, () => checkSession(path));
    return null;
  } catch (error) {
    // Deleted meanwhile is not damaged.
    if (error instanceof Failure) return error.code === 'not_found' ? null : error.message;
    throw error;
  }
}

function listTroubles(found: readonly string[]): string {
  const more = found.length - MOST_NAMED;
  return [...found.slice(0, MOST_NAMED), ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
