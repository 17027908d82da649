/** The same thing once more: what to ask for so that a session is recorded again as it was. */
import { Failure } from '../base/failure';
import { HIDDEN } from '../base/secrets';
import type { BriefDocument } from '../session/session-document';
import type { RecordRequest } from './api';

/**
 * `isAnnounced`: model and run came from the workload itself, which will tell them anew. Throws a Failure where the
 * session was not launched from here, or its command is not known as it was typed.
 */
export function requestAgain(
  { id, name, workload, model, run }: BriefDocument,
  isAnnounced: boolean,
): RecordRequest {
  const { kind, command, cwd, terms = {} } = workload;
  if (kind === 'bundled' && model && run) {
    const weights = readWeights(command);
    return { bundled: 'gpt2', model, run, name, ...terms, ...(weights !== null && { weights }) };
  }
  if (kind !== 'command' || command.length === 0)
    throw new Failure(
      'bad_input',
      `Session ${id} was not launched by Plumbline, so it cannot be run again.`,
      'Record the command itself: "plumbline record -- COMMAND…"',
    );
  if (command.some((word) => word.includes(HIDDEN)))
    throw new Failure(
      'bad_input',
      `The command of session ${id} held a secret, which was not stored.`,
      'Record it with the secret in its place: "plumbline record -- COMMAND…"',
    );
  return {
    ...terms,
    command,
    name,
    ...(cwd !== null && { cwd }),
    ...(!isAnnounced && model && run && { model, run }),
  };
}

/** A request with what is given beside it: its name and interval come before those it has, its variables join them. */
export function withGiven(
  request: RecordRequest,
  given: Pick<RecordRequest, 'name' | 'intervalMs' | 'environment'>,
): RecordRequest {
  const [own, more] = [request.environment, given.environment];
  return {
    ...request,
    ...(given.name !== undefined && { name: given.name }),
    ...(given.intervalMs !== undefined && { intervalMs: given.intervalMs }),
    ...(more && {
      environment: {
        only: own?.only === true || more.only === true,
        pass: [...(own?.pass ?? []), ...(more.pass ?? [])],
        set: { ...own?.set, ...more.set },
      },
    }),
  };
}

/** The checkpoint that the bundled workload was told to start from; its task is the last word of its command. */
function readWeights(command: readonly string[]): string | null {
  try {
    const task: unknown = JSON.parse(command.at(-1) ?? '');
    const weights = typeof task === 'object' && task !== null && 'weights' in task && task.weights;
    return typeof weights === 'string' ? weights : null;
  } catch {
    return null;
  }
}
