/**
 * A folder and those above it. Node's own recursive `mkdir` never returns where a folder that is there answers that
 * nothing can be made in it with ENOENT, as /proc and the roots of automounters do.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Throws what the system says where it cannot be made. `mode`: of the folders that are made. */
export function makeFolder(path: string, mode = 0o777): void {
  const whole = resolve(path);
  if (isFolder(whole)) return;
  const above = dirname(whole);
  if (above !== whole) makeFolder(above, mode);
  try {
    mkdirSync(whole, mode);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(whole)) throw error;
  }
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
