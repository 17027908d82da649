/** A real Python with Plumbline's socket in its environment, and what it said on it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Line {
  readonly type: string;
  readonly ts: number;
  readonly name?: string;
  readonly event?: string;
  readonly phase?: string;
  readonly step?: number;
  readonly rank?: number;
  readonly index?: number;
  readonly text?: string;
  readonly parts?: readonly (readonly [string, string, string, number])[];
  readonly untold?: readonly string[];
  readonly allocated?: number;
  readonly peak?: number;
  readonly reserved?: number;
  readonly requested?: number;
  readonly components?: Readonly<Record<string, number>>;
  readonly counters?: Readonly<Record<string, number>>;
  readonly blocks?: {
    readonly kind: string;
    readonly names: readonly string[];
    /** Block, 0 for its beginning and 1 for its end, time in nanoseconds, bytes allocated. */
    readonly edges: readonly (readonly [number, number, number, number])[];
  };
  readonly fields?: Readonly<Record<string, unknown>>;
}
export interface Ran {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly stdout: string;
  readonly stderr: string;
}

/** What `code` prints; null where that Python is missing or fails. */
export const answers = (python: string, code: string): string | null => {
  try {
    return execFileSync(python, ['-c', code], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
};
/** The installed Python 3; null where there is none. */
export const python = answers('python3', 'import sys; print(sys.executable)');
/** A Python that can run `imports`: the one named by PLUMBLINE_TEST_TORCH, or python3; null where neither can. */
export const torchPython = (imports = 'import torch'): string | null =>
  [process.env.PLUMBLINE_TEST_TORCH, python].find(
    (one) => one && answers(one, `${imports}; print(1)`) !== null,
  ) ?? null;

export async function runPython(
  executable: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\plumbline-python-${process.pid}-${Date.now()}`
      : join(folder, 'm.sock');
  const lines: Line[] = [];
  const received: Promise<void>[] = [];
  const server = createServer((socket) =>
    received.push(
      (async () => {
        for await (const line of createInterface({ input: socket }))
          lines.push(JSON.parse(line) as Line);
      })(),
    ),
  );
  try {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const child = spawn(executable, args, {
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        PLUMBLINE_WATCH_COST: '1e9',
        PLUMBLINE_SOCKET: path,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const code = await new Promise<number | null>((resolve, reject) =>
      child.on('close', resolve).on('error', reject),
    );
    await Promise.all(received);
    return { code, lines, stdout, stderr };
  } finally {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}
