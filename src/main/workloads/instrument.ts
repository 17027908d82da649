/**
 * What a workload finds in its environment so that it can speak to Plumbline without being changed: the Python helper
 * that it may import by name, and unless told otherwise a bootstrap that the interpreter runs at its start and that
 * announces what a script says nothing of, once it imports PyTorch.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import { appRoot } from '../install/paths';

export const INSTRUMENTS = ['python', 'none'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

/** Told so for this command, or by PLUMBLINE_INSTRUMENT for all that are told nothing. */
export const isLeftAlone = (asked: Instrument | undefined, env: NodeJS.ProcessEnv): boolean =>
  asked === 'none' || (asked === undefined && env.PLUMBLINE_INSTRUMENT === '0');

/**
 * `env` as a command finds it: with the instrument that was asked for, or where none was with Python's, if this
 * installation has it and PLUMBLINE_INSTRUMENT is not 0.
 */
export function instrumentedEnvironment(
  asked: Instrument | undefined,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (isLeftAlone(asked, env)) return env;
  return asked === undefined && !hasBootstrap(env)
    ? env
    : instrumentEnvironment(asked ?? 'python', env);
}

/**
 * `env` with a PYTHONPATH on which `import plumbline` works in any Python of the workload. Nothing in that folder is run
 * by Python itself. Where the helper is missing from this installation, `env` stays as it is.
 */
export function helperEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = pythonFolder(env);
  return existsSync(join(folder, 'plumbline.py')) ? prependPythonPath(folder, env) : env;
}

/**
 * `env` with what makes `kind` of interpreter announce the workload's phases and memory. `bad_input` for a kind that does
 * not exist, `unavailable` where the bootstrap is missing from this installation.
 */
export function instrumentEnvironment(kind: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!INSTRUMENTS.some((instrument) => instrument === kind)) {
    throw new Failure(
      'bad_input',
      `There is no instrument "${kind}".`,
      `Use one of ${INSTRUMENTS.join(', ')}, or leave --instrument out.`,
    );
  }
  if (kind === 'none') return env;
  if (!hasBootstrap(env)) {
    throw new Failure(
      'unavailable',
      'The Python instrument is missing from this installation.',
      'Install Plumbline again, or use resources/python/plumbline.py in the script.',
    );
  }
  return prependPythonPath(bootstrapFolder(env), env);
}

/** The folder by which `env` lets Python announce what a script says nothing of; null where it does not. */
export function instrumentIn(env: NodeJS.ProcessEnv): string | null {
  const folder = bootstrapFolder(env);
  return env.PYTHONPATH?.split(delimiter).includes(folder) ? folder : null;
}

const bootstrapFolder = (env: NodeJS.ProcessEnv): string => join(pythonFolder(env), 'instrument');
const hasBootstrap = (env: NodeJS.ProcessEnv): boolean =>
  existsSync(join(bootstrapFolder(env), 'sitecustomize.py'));

const pythonFolder = (env: NodeJS.ProcessEnv): string =>
  join(env.PLUMBLINE_RESOURCES ?? appRoot, 'resources', 'python');

/** What PYTHONPATH held stays on it. Windows takes the name in any case, so it keeps the one it has. */
function prependPythonPath(folder: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isPythonPath = (name: string) =>
    (process.platform === 'win32' ? name.toUpperCase() : name) === 'PYTHONPATH';
  const name = Object.keys(env).find(isPythonPath) ?? 'PYTHONPATH';
  return { ...env, [name]: env[name] ? `${folder}${delimiter}${env[name]}` : folder };
}
