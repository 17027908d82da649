/** Where the library lies, for whoever must know before anything of it is loaded. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** PLUMBLINE_HOME, else `plumbline` in the platform's folder for application data. */
export function libraryFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.PLUMBLINE_HOME) return resolve(env.PLUMBLINE_HOME);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Plumbline');
  if (platform === 'win32')
    return join(env.APPDATA || join(home, 'AppData', 'Roaming'), 'Plumbline');
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'plumbline');
}
