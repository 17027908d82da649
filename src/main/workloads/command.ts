/**
 * Checks a command before anything is created for it, so that a mistyped name is one clear sentence and not a
 * session that failed. The search is the one the system itself would do: PATH of the workload's own environment.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../../shared/base/failure';

const windows = process.platform === 'win32';

/** The file the command runs. Throws `bad_input` when folder or command do not exist or may not be run. */
export function findExecutable(
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): string {
  const name = command[0];
  if (!name)
    throw new Failure(
      'bad_input',
      'No command was given.',
      'Give the command after --, for example: -- python train.py',
    );
  if (kind(cwd) !== 'folder') {
    throw new Failure(
      'bad_input',
      `The folder "${cwd}" does not exist.`,
      'Give an existing folder as the working directory.',
    ).at('cwd');
  }
  let blocked: string | null = null;
  for (const path of candidates(name, cwd, env)) {
    if (kind(path) !== 'file') continue;
    if (windows && /\.(cmd|bat)$/i.test(path)) {
      throw new Failure(
        'bad_input',
        `The command "${name}" is a batch file.`,
        `Run it through its interpreter: cmd /c ${name} …`,
      );
    }
    if (executable(path)) return path;
    blocked ??= path;
  }
  if (blocked !== null) {
    throw new Failure(
      'bad_input',
      `The command "${name}" may not be executed.`,
      `Make it executable ("chmod +x ${blocked}") or run it through its interpreter.`,
    ).at('command');
  }
  throw new Failure(
    'bad_input',
    `The command "${name}" was not found.`,
    'Check its spelling, give its full path, or add its folder to PATH.',
  ).at('command');
}

function candidates(name: string, cwd: string, env: NodeJS.ProcessEnv): string[] {
  const endings = windows ? ['', ...(env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';')] : [''];
  const spelled = isAbsolute(name) || name.includes('/') || (windows && name.includes('\\'));
  const path =
    Object.entries(env).find(([key]) => (windows ? key.toUpperCase() : key) === 'PATH')?.[1] ??
    (windows ? '' : '/usr/bin:/bin');
  const bases = spelled
    ? [resolve(cwd, name)]
    : path.split(delimiter).map((folder) => resolve(cwd, join(folder, name)));
  return bases.flatMap((base) => endings.map((ending) => base + ending));
}

function kind(path: string): 'file' | 'folder' | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: false });
  if (stat?.isDirectory()) return 'folder';
  return stat?.isFile() ? 'file' : null;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
