/** One recording of the bundled workload that a command needs whole: anything but a complete session is a failure. */

import { FAILURE_CODES, Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import type { Engine } from '../../../engine/engine';
import type { EndedSession } from '../../../engine/recording';
import { follow } from '../follow';
import type { Output } from '../output';

/** Throws `interrupted`, `unavailable` where the machine lacks what the workload was told to use, and `workload_failed`; what was recorded stays in the library. `what` begins the sentence. */
export async function recordBundled(
  engine: Engine,
  request: Omit<RecordRequest, 'bundled'>,
  output: Output,
  label: string,
  what: string,
): Promise<EndedSession> {
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
  const last = (await lastError(engine, data.id)) ?? `exit code ${data.exitCode}`;
  throw new Failure(
    data.exitCode === FAILURE_CODES.unavailable ? 'unavailable' : 'workload_failed',
    `The bundled workload failed: ${last}.`,
    `Run "plumbline show ${data.id}" for its log.`,
  );
}

async function lastError(engine: Engine, id: string): Promise<string | undefined> {
  const asked = { id, stream: 'stderr', limit: 1 } as const;
  const { total } = await engine.logs(asked);
  const { rows } = await engine.logs({ ...asked, from: Math.max(0, total - 1) });
  return rows[0]?.text;
}
