/** Starts the supervisor and speaks its protocol: where it lies, what environment it gets, which messages pass. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../../shared/base/failure';
import type { FromSupervisor, ToSupervisor } from './supervisor';

export interface SupervisorOptions {
  readonly supervisorPath?: string;
  /** The Node that runs it; the one that runs Plumbline unless told otherwise. */
  readonly nodePath?: string;
}

export class SupervisorProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process is gone, for whatever reason. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;

  constructor(options: SupervisorOptions, onMessage: (message: FromSupervisor) => void) {
    const path = [options.supervisorPath, ...besideThisFile()].find(
      (candidate) => candidate !== undefined && existsSync(candidate),
    );
    if (path === undefined)
      throw new Failure(
        'unavailable',
        'A part of Plumbline is missing: supervisor.js.',
        'Build or install Plumbline again.',
      );
    const { NODE_OPTIONS: _dropped, ...env } = process.env;
    if (process.versions.electron) env.ELECTRON_RUN_AS_NODE = '1';
    const child = spawn(options.nodePath ?? process.execPath, ['--no-warnings', path], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Out of the terminal's process group: Ctrl-C must not end it before the workload has ended.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    if (!child.stdout || !child.stderr) throw new Error('the supervisor was started without pipes');
    this.#child = child;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    child.on('message', (message) => onMessage(message as FromSupervisor));
    const exit = new Promise((resolve) => child.once('exit', resolve));
    // The last message may come after the exit, never after the disconnect.
    const disconnect = new Promise((resolve) => child.once('disconnect', resolve));
    this.gone = new Promise((resolve) => {
      void Promise.all([exit, disconnect]).then(() => resolve());
      child.once('error', () => {
        if (child.pid === undefined) resolve();
      });
    });
  }

  /** Parent of what the workload leaves without one, where the system allows it. */
  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  send(message: ToSupervisor): void {
    // A supervisor that is gone is noticed through `gone`; nothing to add here.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** In a build this module may lie beside the supervisor or in a folder of chunks; in the sources it is TypeScript. */
function besideThisFile(): string[] {
  return ['supervisor.js', '../supervisor.js', 'supervisor.ts'].map((name) =>
    join(import.meta.dirname, name),
  );
}
