/**
 * The sessions of the library for a host that asks for nothing else: it needs no engine, and what opens sessions is
 * loaded only where one has to be opened.
 */
import {
  type LibraryListing,
  type LookedUp,
  libraryFolder,
  lookUp,
  sortNewestFirst,
} from '../store/library-folder';

export async function listSessions(): Promise<LibraryListing> {
  const looked = lookAround();
  if (looked !== null && looked.unread.length === 0 && looked.edited.size === 0) {
    looked.index.close();
    return { sessions: sortNewestFirst(looked.known), damaged: [] };
  }
  const { completeListing, openLibrary } = await import('../store/library');
  return looked === null ? openLibrary().list() : completeListing(looked);
}

/** Null where there is no folder to look at yet, or none that can be: the library makes it, or tells why not. */
function lookAround(): LookedUp | null {
  try {
    return lookUp(libraryFolder());
  } catch {
    return null;
  }
}
