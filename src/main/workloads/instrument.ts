/**
 * Watching a workload that knows nothing of Plumbline, by its environment alone: a bootstrap that its interpreter finds
 * at its start. The script itself is not touched.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import { appRoot } from '../install/paths';

export const INSTRUMENTS = ['python'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

/**
 * `env` with what makes `kind` of interpreter announce the workload's phases and memory. `bad_input` for a kind that does
 * not exist, `unavailable` where the bootstrap is missing from this installation.
 */
export function instrumentEnvironment(kind: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!INSTRUMENTS.some((one) => one === kind)) {
    throw new Failure(
      'bad_input',
      `There is no instrument "${kind}".`,
      `Use one of ${INSTRUMENTS.join(', ')}, or leave --instrument out.`,
    );
  }
  const folder = join(env.PLUMBLINE_RESOURCES ?? appRoot, 'resources', 'python', 'instrument');
  if (!existsSync(join(folder, 'sitecustomize.py'))) {
    throw new Failure(
      'unavailable',
      'The Python instrument is missing from this installation.',
      'Install Plumbline again, or use resources/python/plumbline.py in the script.',
    );
  }
  return { ...env, PYTHONPATH: env.PYTHONPATH ? `${folder}${delimiter}${env.PYTHONPATH}` : folder };
}
