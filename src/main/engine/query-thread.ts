/**
 * Entry of the thread that answers questions about sessions, so that no look at a session, however long it is, holds up
 * a recording. It opens files of the library for reading alone and keeps the last few open.
 *
 * One question is answered at a time, in the order asked; between two it is looked for what was taken back meanwhile. The
 * thread is never ended from outside while it reads: it ends by itself when it is asked to.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../shared/base/failure';
import { openLibrary } from '../store/library';
import type { FromThread, ToThread } from './query-messages';
import { answerQuery } from './query-methods';
import { Sessions } from './sessions';

const port = parentPort;
if (port === null) throw new Error('query-thread.ts is the entry of a thread');
const sessions = new Sessions(openLibrary(workerData as string));
const waiting: Extract<ToThread, { kind: 'ask' }>[] = [];

port.on('message', (message: ToThread) => {
  if (message.kind === 'ask') {
    waiting.push(message);
    if (waiting.length === 1) setImmediate(answerNext);
  } else if (message.kind === 'cancel') {
    const at = waiting.findIndex(({ id }) => id === message.id);
    // The first is the one that the next turn answers: it stays in its place, so that turns go on.
    if (at > 0) waiting.splice(at, 1);
  } else if (message.kind === 'letGo') {
    sessions.letGo();
    port.postMessage({ kind: 'answer', id: message.id, value: null } satisfies FromThread);
  } else {
    sessions.letGo();
    port.close();
  }
});

function answerNext(): void {
  const [asked] = waiting;
  if (asked === undefined) return;
  port?.postMessage(answer(asked));
  waiting.shift();
  if (waiting.length > 0) setImmediate(answerNext);
}

function answer({ id, method, question }: Extract<ToThread, { kind: 'ask' }>): FromThread {
  try {
    return { kind: 'answer', id, value: answerQuery(sessions, method, question) };
  } catch (error) {
    if (error instanceof Failure) return { kind: 'failure', id, failure: error.toInfo() };
    return { kind: 'bug', id, error };
  }
}
