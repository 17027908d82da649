/**
 * The sessions of the library for a host that asks for nothing else: it needs no engine, and what opens sessions is
 * loaded only where one has to be opened.
 */
import type { SessionSummary } from '../../shared/session/types';
import { type DamagedFile, lookUp, lookUpNewest, sortNewestFirst } from '../store/library-folder';
import { libraryFolder } from '../store/library-place';

export { NEWEST } from '../store/library-index';

export interface Listing {
  /** Newest first. */
  readonly sessions: readonly SessionSummary[];
  readonly damaged: readonly DamagedFile[];
  /** How many there are. */
  readonly total: number;
}

/** `newest`: so many of them are enough. */
export async function listSessions(newest = Number.POSITIVE_INFINITY): Promise<Listing> {
  const found =
    newest < Number.POSITIVE_INFINITY ? attempt(() => lookUpNewest(libraryFolder(), newest)) : null;
  if (found !== null) return { ...found, damaged: [] };
  const { sessions, damaged } = await listAll();
  return { sessions: sessions.slice(0, newest), damaged, total: sessions.length };
}

async function listAll(): Promise<Omit<Listing, 'total'>> {
  const looked = attempt(() => lookUp(libraryFolder()));
  if (looked !== null && looked.unread.length === 0 && looked.edited.size === 0) {
    const sessions = looked.known.flatMap((one) => one.read() ?? []);
    if (sessions.length === looked.known.length) {
      const newest = sortNewestFirst(sessions);
      looked.index.close({ ...looked.folder, newest });
      return { sessions: newest, damaged: [] };
    }
  }
  const { completeListing, openLibrary } = await import('../store/library');
  return looked === null ? openLibrary().list() : completeListing(looked);
}

/** Null where there is no folder to look at yet, or none that can be: the library makes it, or tells why not. */
function attempt<T>(look: () => T | null): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
