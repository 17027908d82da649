/**
 * Who else on this machine can read the library. What Plumbline makes there is for its owner alone (0700, 0600); a folder
 * that was there before, or that somebody chose, is left as it is and told of.
 */
import { statSync } from 'node:fs';

/** Anything for the group or for others. */
const OTHERS = 0o077;

/** A sentence and its remedy where other accounts may enter the folder; null where none may, or Windows decides otherwise. */
export function describeAccess(
  dir: string,
): { readonly message: string; readonly remedy: string } | null {
  if (process.platform === 'win32') return null;
  const mode = statSync(dir, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & OTHERS) === 0
    ? null
    : {
        message: `Other accounts of this machine may look into the library ${dir}.`,
        remedy: `If they should not: chmod 700 ${/^[\w./-]+$/.test(dir) ? dir : JSON.stringify(dir)}`,
      };
}
