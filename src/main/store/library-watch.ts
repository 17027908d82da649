/**
 * Tells what other processes do to the library: a terminal that records beside an open window, an import, a deletion.
 * It goes by the files alone. Where a folder cannot be watched (some network drives) nothing is told, and a window
 * shows changes when it looks again.
 */
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { EXTENSION } from './schema';

export interface LibraryChanges {
  /** Sessions came, went or ended. */
  readonly listing: boolean;
  /** Ids of sessions whose files grew. */
  readonly grown: readonly string[];
}

/** A recording writes several times a second; a picture is drawn again at this pace. */
const GATHER_MS = 500;

/** Calls back until it is closed; at most twice a second. */
export function watchLibrary(
  dir: string,
  changed: (changes: LibraryChanges) => void,
): { close(): void } {
  let watcher: FSWatcher;
  let timer: NodeJS.Timeout | null = null;
  let touched = new Set<string>();
  let known = readState(dir);
  const tell = () => {
    timer = null;
    const now = readState(dir);
    const listing = now !== known;
    const grown = [...touched];
    known = now;
    touched = new Set();
    if (listing || grown.length > 0) changed({ listing, grown });
  };
  try {
    watcher = watch(dir, (_event, name) => {
      const id = sessionIdIn(name ?? '');
      if (id === null) return;
      touched.add(id);
      timer ??= setTimeout(tell, GATHER_MS);
    });
  } catch {
    return { close() {} };
  }
  watcher.on('error', () => watcher.close());
  watcher.unref();
  return {
    close() {
      if (timer !== null) clearTimeout(timer);
      watcher.close();
    },
  };
}

/** Id of the session that a file of the library belongs to: `ID.plumbline`, `ID.plumbline-wal`. */
function sessionIdIn(name: string): string | null {
  const at = name.indexOf(EXTENSION);
  return at > 0 && ['', '-wal'].includes(name.slice(at + EXTENSION.length))
    ? name.slice(0, at)
    : null;
}

/** The sessions there are, and which of them are open for writing: an ended one leaves no log of writes behind. */
function readState(dir: string): string {
  try {
    return readdirSync(dir)
      .filter((name) => sessionIdIn(name) !== null)
      .sort()
      .join('\n');
  } catch {
    return '';
  }
}
