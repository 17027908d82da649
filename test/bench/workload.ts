/**
 * What the bundled GPT-2 costs on this machine beside another runtime, what checkpointing, accumulation and the cache
 * change, and what announcing costs a workload: figures of this machine, not limits.
 * `npm run bench:workload -- [backend, wasm unless given] [onnx | bundled | precisions | markers | watch, all unless given]`, after a build.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { BACKENDS, type ModelSpec, type RunSpec } from '../../src/shared/model/spec';
import { besideOnnx, lateOverEarly } from './workload/beside-onnx';
import { millionMarkers } from './workload/million-markers';
import { besidePrecisions } from './workload/precisions';
import { decodeRate, entry, measured, type Result } from './workload/process';
import { pythonCost, watchCost } from './workload/python-cost';

const MiB = 2 ** 20;
const backend = BACKENDS.find((one) => one === (process.argv[2] ?? 'wasm'));
const part = process.argv[3];

/** Mean seconds of the steps after the first, which warms up. */
function stepSeconds({ said }: Result): number {
  const times = said
    .flatMap((line) => /^step \d+\/\d+ .*?([\d.]+) s$/.exec(line)?.[1] ?? [])
    .map(Number)
    .slice(1);
  return times.reduce((sum, one) => sum + one, 0) / times.length;
}

const small: ModelSpec = {
  ...preset('gpt2'),
  name: 'a sixth of gpt2',
  layers: 6,
  hidden: 256,
  heads: 4,
  kvHeads: 4,
  headDim: 64,
  ffn: 1024,
  vocab: 8192,
};

async function training(what: string, given: Partial<RunSpec>): Promise<void> {
  const result = await measured(
    small,
    runDefaults(small, {
      mode: 'train',
      batch: 4,
      seq: 128,
      steps: 4,
      framework: 'tfjs',
      optimizer: 'sgd',
      ...given,
      backend: backend!,
    }),
  );
  console.log(
    `${what.padEnd(44)} ${stepSeconds(result).toFixed(2)} s a step, peak ${(result.peak / MiB).toFixed(1)} MiB`,
  );
}

async function generation(what: string, given: Partial<RunSpec>): Promise<void> {
  const model = preset('gpt2');
  const result = await measured(
    model,
    runDefaults(model, {
      mode: 'generate',
      promptTokens: 64,
      tokens: 17,
      framework: 'tfjs',
      ...given,
      backend: backend!,
    }),
  );
  const prefill =
    result.said.flatMap((line) => /^prefill .* in (.+)$/.exec(line)?.[1] ?? [])[0] ?? '?';
  console.log(
    `${what.padEnd(44)} prefill ${prefill}, ${decodeRate(result).toFixed(2)} tokens/s, peak ${(result.peak / MiB).toFixed(1)} MiB`,
  );
}

/** Teacher and students over the same 128 tokens. */
async function inference(name: string): Promise<void> {
  const model = preset(name);
  const result = await measured(
    model,
    runDefaults(model, { mode: 'infer', seq: 128, steps: 3, framework: 'tfjs', backend: backend! }),
  );
  console.log(
    `${`infer, ${name}, 128 tokens`.padEnd(44)} ${stepSeconds(result).toFixed(2)} s a forward pass, peak ${(result.peak / MiB).toFixed(1)} MiB`,
  );
}

async function main(): Promise<void> {
  if (!backend || !existsSync(entry)) {
    console.error(
      backend
        ? 'The bundled workload is not built: npm run build.'
        : `Give one of ${BACKENDS.join(', ')}.`,
    );
    process.exitCode = 2;
    return;
  }
  console.log(
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}, ${backend}, ${new Date().toISOString().slice(0, 10)}`,
  );
  if (part === undefined || part === 'onnx') {
    await besideOnnx(backend);
    await lateOverEarly(backend);
  }
  if (part === undefined || part === 'markers') {
    await millionMarkers();
    pythonCost();
  }
  if (part === undefined || part === 'watch') watchCost();
  if (part === undefined || part === 'precisions') await besidePrecisions(backend);
  if (part !== undefined && part !== 'bundled') return;
  await training('train, 6 layers of 256, 4 x 128 tokens', {});
  await training('  full checkpointing', { checkpointing: 'full' });
  await training('  a checkpoint every 3 layers', { checkpointing: 'every=3' });
  await training('  4 micro-batches of 1', { batch: 1, gradAccum: 4 });
  await generation('generate, gpt2 (random weights), 64 + 16', {});
  await generation('  a cache laid out at once', { cacheGrowth: 'static' });
  await generation('  without a cache', { kvCache: false });
  for (const name of ['bert-base', 'distilbert', 'tinybert']) await inference(name);
}

await main();
