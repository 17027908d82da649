/**
 * Owns the engine's utility process: starts it, hands windows their ports, starts it again once if it dies, and ends it
 * properly. Its output goes to a log file, where a stack trace is kept and where no person has to read it.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import {
  MessageChannelMain,
  type MessagePortMain,
  type UtilityProcess,
  utilityProcess,
} from 'electron';
import type { EngineState } from '../../../shared/contract/bridge';
import { makeFolder } from '../../install/make-folder';
import type { FromEngine, ToEngine } from './messages';

export interface EngineHostOptions {
  /** The built engine-process entry. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Told when the process died without being asked to. */
  readonly onState: (state: EngineState) => void;
}

/** How long an engine may take to answer a question, and to stop recordings, before it counts as hung. */
const ANSWER_MS = 3_000;
const CLOSE_MS = 30_000;
/**
 * As the launcher runs a host of its own: V8 would keep up to 48 MiB for what dies young. Chromium takes such a flag
 * inside --js-flags alone; bare, it comes after the heap was laid out.
 */
const ENGINE_FLAGS = ['--js-flags=--max-semi-space-size=2'];

export class EngineHost {
  readonly #options: EngineHostOptions;
  #child: UtilityProcess;
  readonly #log: WriteStream;
  #restarted = false;
  #closing = false;
  #gone = false;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.#log = openLog(options.logFile);
    this.#child = this.#start();
  }

  /** A new connection to the engine; the caller passes the port on to a window. */
  connect(): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain();
    if (this.#gone) port1.close();
    else this.#child.postMessage({ type: 'port' } satisfies ToEngine, [port1]);
    return port2;
  }

  /** Names of the sessions being recorded; none if the engine does not answer. */
  recordings(): Promise<readonly string[]> {
    if (this.#gone) return Promise.resolve([]);
    const child = this.#child;
    return new Promise((resolve) => {
      const settle = (names: readonly string[]) => {
        clearTimeout(timer);
        child.off('message', answer);
        child.off('exit', none);
        resolve(names);
      };
      const answer = (message: FromEngine) => {
        if (message.type === 'recordings') settle(message.names);
      };
      const none = () => settle([]);
      const timer = setTimeout(none, ANSWER_MS);
      child.on('message', answer);
      child.on('exit', none);
      child.postMessage({ type: 'recordings' } satisfies ToEngine);
    });
  }

  /** Stops every recording and ends the process; by force if it does not end in time. */
  close(): Promise<void> {
    this.#closing = true;
    if (this.#gone) return Promise.resolve();
    const child = this.#child;
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill(), CLOSE_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.postMessage({ type: 'close' } satisfies ToEngine);
    });
  }

  #start(): UtilityProcess {
    const child = utilityProcess.fork(this.#options.entry, [], {
      serviceName: 'Plumbline engine',
      stdio: ['ignore', 'pipe', 'pipe'],
      execArgv: ENGINE_FLAGS,
      env: { ...process.env, ...this.#options.env },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => this.#log.write(chunk));
    child.once('exit', (code) => this.#ended(code));
    return child;
  }

  #ended(code: number): void {
    if (this.#closing) {
      this.#gone = true;
      return;
    }
    this.#log.write(`${new Date().toISOString()} the engine's process ended with code ${code}\n`);
    if (this.#restarted) {
      this.#gone = true;
      this.#options.onState('lost');
      return;
    }
    this.#restarted = true;
    this.#child = this.#start();
    this.#options.onState('restarted');
  }
}

/** Neither a full disk nor a folder that cannot be made ends the application: it goes on without a log. */
function openLog(path: string): WriteStream {
  try {
    makeFolder(dirname(path), 0o700);
  } catch (error) {
    console.error(`no log is kept in ${path}:`, error);
  }
  return createWriteStream(path, { flags: 'a', mode: 0o600 }).on('error', () => {});
}
