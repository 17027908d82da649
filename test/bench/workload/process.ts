/** Runs the built bundled workload to its end and keeps what it says and announces. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ModelSpec, RunSpec } from '../../../src/shared/model/spec';

export const entry = resolve('out', 'workload', 'index.js');

export interface Result {
  /** The highest mark of live tensor bytes. */
  readonly peak: number;
  readonly said: readonly string[];
  /** Tokens of the first sequence, and when each was announced, in nanoseconds. */
  readonly tokens: readonly { readonly id: number; readonly ns: number }[];
  /** Live bytes of the weights. */
  readonly params: number;
  /** What was announced of the run, the last word on each. */
  readonly announced: Readonly<Record<string, unknown>>;
}

/** Checkpoints to begin with and to leave behind. */
export interface Checkpoints {
  readonly weights?: string;
  readonly saveWeights?: string;
}

export async function measured(
  model: ModelSpec,
  run: RunSpec,
  checkpoints: Checkpoints = {},
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\plumbline-bench-${process.pid}`
      : join(folder, 'm.sock');
  let peak = 0;
  let params = 0;
  const announced: Record<string, unknown> = {};
  const tokens: { id: number; ns: number }[] = [];
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const marker = JSON.parse(line) as {
        type: string;
        ts: number;
        peak?: number;
        ids?: number[];
        components?: { params?: number };
        fields?: object;
      };
      if (marker.type === 'memory') {
        peak = Math.max(peak, marker.peak ?? 0);
        params = marker.components?.params ?? params;
      }
      if (marker.type === 'run') Object.assign(announced, marker.fields);
      if (marker.type === 'token')
        tokens.push({ id: marker.ids?.[0] ?? -1, ns: Number(marker.ts) });
    });
  });
  try {
    await new Promise<void>((listening) => server.listen(path, listening));
    const child = spawn(process.execPath, [entry, JSON.stringify({ model, run, ...checkpoints })], {
      env: { ...process.env, PLUMBLINE_SOCKET: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    const code = await new Promise<number | null>((ended) => child.on('close', ended));
    if (code !== 0) throw new Error(`the workload ended with ${code}`);
    return { peak, said, tokens, params, announced };
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Decoded tokens a second, as the workload tells it. */
export function decodeRate({ said }: Result): number {
  return Number(said.flatMap((line) => /([\d.]+) tokens\/s/.exec(line)?.[1] ?? [])[0]);
}
