/** What was learned of a machine, for whoever has no engine: a library that has learned nothing costs one look. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LearnedConstants } from '../../shared/learned/types';
import { libraryFolder } from '../store/library-place';

export async function constantsOfLibrary(): Promise<readonly LearnedConstants[]> {
  const dir = libraryFolder();
  if (!existsSync(join(dir, 'learned.json'))) return [];
  const { learnedConstants } = await import('../store/learned-file');
  return learnedConstants(dir);
}
