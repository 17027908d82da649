/** Runs the built workload as a process with a real marker socket, and hands back what it said. Builds it if missing. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';

const root = join(import.meta.dirname, '../..');
const entry = join(root, 'out/workload/index.js');

export interface Line {
  readonly type: string;
  readonly ts: number | string;
  readonly name?: string;
  readonly event?: string;
  readonly phase?: string;
  readonly step?: number;
  readonly index?: number;
  readonly allocated?: number;
  readonly peak?: number;
  readonly components?: Readonly<Record<string, number>>;
  readonly peakComponents?: Readonly<Record<string, number>>;
  readonly counters?: Readonly<Record<string, number>>;
  readonly fields?: Readonly<Record<string, unknown>>;
}
export interface WorkloadResult {
  readonly code: number | null;
  readonly lines: readonly Line[];
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds into a folder of its own and renames it, so that two test files may begin at once. */
export async function buildWorkload(): Promise<void> {
  if (existsSync(entry)) return;
  const temporary = join(root, 'out', `workload-${process.pid}`);
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  try {
    await promisify(execFile)(
      process.execPath,
      [vite, 'build', '--config', 'vite.workload.config.ts', '--outDir', temporary],
      { cwd: root },
    );
    renameSync(temporary, dirname(entry));
  } catch (error) {
    if (!existsSync(entry)) throw error; // otherwise the other file was first
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

export function tinyModel(overrides: Partial<ModelSpec> = {}): ModelSpec {
  const shape = {
    layers: 2,
    hidden: 12,
    heads: 3,
    ffn: 20,
    vocab: 31,
    maxPositions: 16,
    ...overrides,
  };
  return {
    name: 'tiny',
    architecture: 'decoder',
    kvHeads: shape.heads,
    headDim: shape.hidden / shape.heads,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    ...shape,
  };
}

/** Generation reads and writes `promptTokens` and `tokens`, which together are its sequence. */
export function tinyRun(overrides: Partial<RunSpec> = {}): RunSpec {
  const run: RunSpec = {
    mode: 'train',
    batch: 2,
    seq: 5,
    promptTokens: 3,
    tokens: 4,
    kvCache: true,
    precision: 'fp32',
    kvPrecision: 'fp32',
    optimizer: 'adamw',
    gradAccum: 1,
    checkpointing: 'none',
    attention: 'eager',
    causal: false,
    framework: 'tfjs',
    backend: 'wasm',
    steps: 3,
    seed: 1,
    ...overrides,
  };
  return run.mode === 'generate' ? { ...run, seq: run.promptTokens + run.tokens } : run;
}

/** With `listen` false the workload runs without a socket; `weights` names a checkpoint, `saveWeights` where to leave one. */
export async function runWorkload(
  model: ModelSpec,
  run: RunSpec,
  env: Record<string, string> = {},
  listen = true,
  weights?: string,
  saveWeights?: string,
): Promise<WorkloadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\plumbline-${process.pid}-${Math.random().toString(36).slice(2)}`
      : join(folder, 'm.sock');
  const lines: Line[] = [];
  const received: Promise<void>[] = [];
  const server = createServer((socket) => received.push(collect(socket, lines)));
  try {
    if (listen) await new Promise<void>((resolve) => server.listen(path, resolve));
    const child = spawn(
      process.execPath,
      [entry, JSON.stringify({ model, run, weights, saveWeights })],
      {
        env: { ...process.env, PLUMBLINE_FAULT: '', PLUMBLINE_SOCKET: listen ? path : '', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
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

async function collect(socket: Socket, lines: Line[]): Promise<void> {
  for await (const line of createInterface({ input: socket })) lines.push(JSON.parse(line) as Line);
}
