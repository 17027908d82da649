/**
 * Entry of the utility process that holds the engine, so that no window can stall a sample and no fault of a driver
 * library takes the application down. Serves the contract on every port it is handed. If the engine cannot be made (the
 * library cannot be written, say), each call answers with that failure, and the person reads it in the window.
 */

import { Failure } from '../../../shared/base/failure';
import { ENGINE_METHODS, type EngineApi, type EngineClient } from '../../../shared/contract/api';
import { serveEngine } from '../../../shared/contract/rpc';
import { checkedEngine } from '../../contract/checked-engine';
import { createEngine, type Engine } from '../../engine/engine';
import { rpcOver } from './message-port';
import type { FromEngine, ToEngine } from './messages';

function logBug(error: unknown): void {
  console.error(`${new Date().toISOString()} engine:`, error);
}

function refusing(failure: Failure): EngineClient {
  const refuse = (): Promise<never> => Promise.reject(failure);
  const api = Object.fromEntries(ENGINE_METHODS.map((method) => [method, refuse])) as Record<
    keyof EngineApi,
    typeof refuse
  >;
  return { ...api, on: () => () => {} };
}

function open(): { client: EngineClient; engine: Engine | null } {
  try {
    const engine = createEngine({ host: 'desktop' });
    return { client: engine, engine };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    logBug(error);
    return { client: refusing(error), engine: null };
  }
}

const { client, engine } = open();
const asked = checkedEngine(client);

async function close(): Promise<void> {
  let code = 0;
  try {
    await engine?.close();
  } catch (error) {
    logBug(error);
    code = 1;
  }
  process.exit(code);
}

process.on('unhandledRejection', logBug);
process.parentPort.on('message', ({ data, ports }) => {
  const message = data as ToEngine;
  if (message.type === 'port') {
    const port = ports[0];
    if (port) serveEngine(asked, rpcOver(port), logBug);
  } else if (message.type === 'recordings') {
    const names = engine?.recording().map((recording) => recording.progress().name) ?? [];
    process.parentPort.postMessage({ type: 'recordings', names } satisfies FromEngine);
  } else if (message.type === 'close') void close();
});
