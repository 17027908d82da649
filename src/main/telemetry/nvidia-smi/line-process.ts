/**
 * A child process that prints lines, in a group of its own: a Ctrl-C meant for Plumbline does not end it in passing.
 * Both pipes are drained for as long as it lives, a line without end is cut, and `stop` resolves when the process is
 * gone, by force if asking does not help.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Millis } from '../../../shared/base/units';

const MAX_LINE = 64 * 1024;
const GRACE_MS: Millis = 500;

export interface LineListener {
  line(text: string): void;
  /** Once, when the process is gone and its last line was delivered; e.g. "ended with exit code 9". */
  ended(how: string): void;
}

export class LineProcess {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #listener: LineListener;
  #child: ChildProcessByStdio<null, Readable, Readable> | null = null;
  #gone = Promise.resolve();

  constructor(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    listener: LineListener,
  ) {
    this.#command = command;
    this.#args = args;
    this.#env = env;
    this.#listener = listener;
  }

  start(): void {
    const child = spawn(this.#command, this.#args, {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    const pipes = [child.stdout, child.stderr].map((pipe) => this.#read(pipe));
    this.#gone = new Promise((resolve) => {
      let hasEnded = false;
      const end = (how: string) => {
        if (hasEnded) return;
        hasEnded = true;
        for (const flush of pipes) flush();
        this.#child = null;
        resolve();
        this.#listener.ended(how);
      };
      child.on('error', (error) => {
        if (child.pid === undefined) end(`could not be started (${error.message})`);
      });
      child.on('close', (code, signal) =>
        end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
      );
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child) {
      signalGroup(child, 'SIGTERM');
      const force = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
        // Whoever else holds the pipes must not keep us waiting.
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE_MS);
      await this.#gone;
      clearTimeout(force);
    }
    await this.#gone;
  }

  #read(pipe: Readable): () => void {
    let pending = '';
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => {
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) this.#listener.line(line);
      while (pending.length > MAX_LINE) {
        this.#listener.line(pending.slice(0, MAX_LINE));
        pending = pending.slice(MAX_LINE);
      }
    });
    return () => {
      if (pending !== '') this.#listener.line(pending);
      pending = '';
    };
  }
}

/** Reaches what the child started as well, for instance where nvidia-smi is a script around the program. */
function signalGroup(
  child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean },
  signal: NodeJS.Signals,
): void {
  try {
    if (process.platform !== 'win32' && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    child.kill(signal);
  }
}
