/** Bytes as the person wants to read them, for commands that start no engine; it loads nothing where nothing is set. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFolder } from '../store/library-place';

export async function applyByteUnits(): Promise<void> {
  const dir = libraryFolder();
  if (!existsSync(join(dir, 'settings.json'))) return;
  const [{ readSettings }, { setByteUnits }] = await Promise.all([
    import('../store/library-settings'),
    import('../../shared/base/format'),
  ]);
  setByteUnits(readSettings(dir).settings.units);
}
