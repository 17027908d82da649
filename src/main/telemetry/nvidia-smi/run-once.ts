/**
 * One bounded run of a helper program: it ends by itself, or is killed at its time limit with everything it started.
 * Output is bounded too. Never throws: what went wrong is told in the result.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Millis } from '../../../shared/base/units';

const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

export interface RunResult {
  /** True when the program ran to its end and returned 0. */
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** One sentence without a full stop when `ok` is false. */
  readonly detail: string;
}

export interface RunLimits {
  readonly timeoutMs: Millis;
  readonly env: NodeJS.ProcessEnv;
  /** Aborting ends the run at once. */
  readonly signal?: AbortSignal;
}

export function runOnce(
  command: string,
  args: readonly string[],
  limits: RunLimits,
): Promise<RunResult> {
  return new Promise((resolve) => {
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    let trouble: string | null = null;
    // A group of its own, so that a hung grandchild can be ended along with its parent.
    const child = spawn(command, args, {
      env: limits.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });

    const end = (why: string) => {
      if (trouble !== null) return;
      trouble = why;
      killTree(child);
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(
      () => end(`it gave no answer within ${limits.timeoutMs / 1000} s`),
      limits.timeoutMs,
    );
    const onAbort = () => end('it was stopped');
    limits.signal?.addEventListener('abort', onAbort, { once: true });
    if (limits.signal?.aborted) onAbort();

    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT_BYTES) end('it printed without end');
      else into.push(chunk);
    };
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));

    const finish = (detail: string) => {
      clearTimeout(timer);
      limits.signal?.removeEventListener('abort', onAbort);
      resolve({
        ok: detail === '',
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
        detail,
      });
    };
    child.on('error', (error) => finish(`it could not be started (${error.message})`));
    child.on('close', (code, signal) => finish(trouble ?? explainExit(code, signal)));
  });
}

function explainExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return '';
  return signal ? `it was ended by ${signal}` : `it returned ${code}`;
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], {
      stdio: 'ignore',
      windowsHide: true,
    }).on('error', () => child.kill('SIGKILL'));
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
