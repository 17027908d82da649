/** Where the repository lies: tests read sources, resources and fixtures by paths from there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with package.json, from wherever this file runs or was bundled to. */
export const repository = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder))
    folder = dirname(folder);
  return folder;
})();
