/**
 * What the bundled GPT-2 costs on this machine, and what checkpointing, accumulation and the cache change: figures of this
 * machine, not limits. `npm run bench:workload -- [backend, wasm unless given]`, after a build.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { BACKENDS, type ModelSpec, type RunSpec } from '../../src/shared/model/spec';

const MiB = 2 ** 20;
const entry = resolve('out', 'workload', 'index.js');
const backend = BACKENDS.find((one) => one === (process.argv[2] ?? 'wasm'));

interface Result { readonly peak: number; readonly said: readonly string[] }

/** Runs the workload to its end; the peak is the highest mark of live tensor bytes. */
async function measured(model: ModelSpec, run: RunSpec): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\plumbline-bench-${process.pid}` : join(folder, 'm.sock');
  let peak = 0;
  const server = createServer((socket) => {
    createInterface({ input: socket }).on('line', (line) => {
      const marker = JSON.parse(line) as { type: string; peak?: number };
      if (marker.type === 'memory') peak = Math.max(peak, marker.peak ?? 0);
    });
  });
  try {
    await new Promise<void>((listening) => server.listen(path, listening));
    const child = spawn(process.execPath, [entry, JSON.stringify({ model, run })], { env: { ...process.env, PLUMBLINE_SOCKET: path }, stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    const code = await new Promise<number | null>((ended) => child.on('close', ended));
    if (code !== 0) throw new Error(`the workload ended with ${code}`);
    return { peak, said };
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mean seconds of the steps after the first, which warms up. */
function stepSeconds({ said }: Result): number {
  const times = said.flatMap((line) => /^step \d+\/\d+ .*?([\d.]+) s$/.exec(line)?.[1] ?? []).map(Number).slice(1);
  return times.reduce((sum, one) => sum + one, 0) / times.length;
}

const small: ModelSpec = { ...preset('gpt2'), name: 'a sixth of gpt2', layers: 6, hidden: 256, heads: 4, kvHeads: 4, headDim: 64, ffn: 1024, vocab: 8192 };

async function training(what: string, given: Partial<RunSpec>): Promise<void> {
  const result = await measured(small, runDefaults(small, { mode: 'train', batch: 4, seq: 128, steps: 4, framework: 'tfjs', optimizer: 'sgd', ...given, backend: backend! }));
  console.log(`${what.padEnd(44)} ${stepSeconds(result).toFixed(2)} s a step, peak ${(result.peak / MiB).toFixed(1)} MiB`);
}

async function generation(what: string, given: Partial<RunSpec>): Promise<void> {
  const model = preset('gpt2');
  const result = await measured(model, runDefaults(model, { mode: 'generate', promptTokens: 64, tokens: 17, framework: 'tfjs', ...given, backend: backend! }));
  const rate = result.said.flatMap((line) => /([\d.]+) tokens\/s/.exec(line)?.[1] ?? [])[0] ?? '?';
  const prefill = result.said.flatMap((line) => /^prefill .* in (.+)$/.exec(line)?.[1] ?? [])[0] ?? '?';
  console.log(`${what.padEnd(44)} prefill ${prefill}, ${rate} tokens/s, peak ${(result.peak / MiB).toFixed(1)} MiB`);
}

async function main(): Promise<void> {
  if (!backend || !existsSync(entry)) {
    console.error(backend ? 'The bundled workload is not built: npm run build.' : `Give one of ${BACKENDS.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  console.log(`${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}, ${backend}, ${new Date().toISOString().slice(0, 10)}`);
  await training('train, 6 layers of 256, 4 x 128 tokens', {});
  await training('  full checkpointing', { checkpointing: 'full' });
  await training('  a checkpoint every 3 layers', { checkpointing: 'every=3' });
  await training('  4 micro-batches of 1', { batch: 1, gradAccum: 4 });
  await generation('generate, gpt2 (random weights), 64 + 16', {});
  await generation('  without a cache', { kvCache: false });
}

await main();
