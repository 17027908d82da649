/**
 * Finds the nvidia-smi executable: the one the person named in PLUMBLINE_NVIDIA_SMI, else the first on PATH, else
 * the places where drivers put it without telling PATH. Reads the file system only; runs nothing.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Located =
  | { readonly ok: true; readonly path: string }
  | {
      readonly ok: false;
      readonly detail: string;
      /** A person has named one that is none. */
      readonly isNamed: boolean;
    };

const NOT_FOUND =
  'nvidia-smi was not found on PATH; set its path in Settings or PLUMBLINE_NVIDIA_SMI';

export function locateNvidiaSmi(env: NodeJS.ProcessEnv): Located {
  const named = env.PLUMBLINE_NVIDIA_SMI;
  if (named) {
    return isExecutable(named)
      ? { ok: true, path: named }
      : {
          ok: false,
          detail: `the nvidia-smi that is set, ${named}, cannot be run`,
          isNamed: true,
        };
  }
  const file = process.platform === 'win32' ? 'nvidia-smi.exe' : 'nvidia-smi';
  const folders = [
    ...(configuredPath(env) ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...usualFolders(env),
  ];
  const path = folders.map((folder) => join(folder, file)).find(isExecutable);
  return path === undefined ? { ok: false, detail: NOT_FOUND, isNamed: false } : { ok: true, path };
}

/** The search path; on Windows its name may be spelt Path. */
export function configuredPath(env: NodeJS.ProcessEnv): string | undefined {
  const key = Object.keys(env).find((name) =>
    process.platform === 'win32' ? name.toUpperCase() === 'PATH' : name === 'PATH',
  );
  return key === undefined ? undefined : env[key];
}

function usualFolders(env: NodeJS.ProcessEnv): string[] {
  if (process.platform !== 'win32') return ['/usr/lib/wsl/lib', '/usr/local/nvidia/bin'];
  return [
    join(env.SystemRoot ?? 'C:\\Windows', 'System32'),
    join(env.ProgramFiles ?? 'C:\\Program Files', 'NVIDIA Corporation', 'NVSMI'),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
