/** One recording of the bundled workload that a command needs whole: anything but a complete session is a failure. */

import { Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import type { SessionData } from '../../../../shared/session/types';
import type { Engine } from '../../../engine/engine';
import { follow } from '../follow';
import type { Output } from '../output';

/** Throws `interrupted` and `workload_failed`; what was recorded stays in the library. `what` begins the sentence. */
export async function recordBundled(
  engine: Engine,
  request: Omit<RecordRequest, 'bundled'>,
  output: Output,
  label: string,
  what: string,
): Promise<SessionData> {
  output.say(`${label} …`);
  const { data, interrupted } = await follow(engine, { bundled: 'gpt2', ...request }, output, {
    echo: false,
    label,
  });
  if (interrupted)
    throw new Failure(
      'interrupted',
      `${what} was interrupted.`,
      'Run it again; recorded sessions stay in the library.',
    );
  if (data.status === 'complete') return data;
  const last =
    data.logs.filter(({ stream }) => stream === 'stderr').at(-1)?.text ??
    `exit code ${data.exitCode}`;
  throw new Failure(
    'workload_failed',
    `The bundled workload failed: ${last}.`,
    `Run "plumbline show ${data.id}" for its log.`,
  );
}
