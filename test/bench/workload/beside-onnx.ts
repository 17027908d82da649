/**
 * The bundled GPT-2 124M decoding with its KV cache, beside ONNX Runtime for Node on the same graph with the same weights,
 * one after the other in one run; and how long a token takes late in a sequence over one early in it.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { preset } from '../../../src/shared/model/presets';
import { runDefaults } from '../../../src/shared/model/run';
import type { Backend } from '../../../src/shared/model/spec';
import { Random } from '../../../src/workload/model/random';
import { writeCheckpoint } from './onnx/checkpoint';
import { decodeModel } from './onnx/gpt2';
import { decodeWith, onnxRuntime } from './onnx/runtime';
import { decodeRate, measured, type Result } from './process';

const PROMPT = 16;
const TOKENS = 33;
const SEED = 1;

export async function besideOnnx(backend: Backend): Promise<void> {
  const model = preset('gpt2');
  const run = runDefaults(model, {
    mode: 'generate',
    promptTokens: PROMPT,
    tokens: TOKENS,
    framework: 'tfjs',
    seed: SEED,
    backend,
  });
  const folder = resolve('.cache', 'bench', 'gpt2-random');
  const tensors = writeCheckpoint(model, folder, SEED);
  try {
    const own = await measured(model, run, { weights: folder });
    const rate = decodeRate(own);
    console.log(
      `decode, gpt2, KV cache, bundled (${backend})`.padEnd(52),
      `${rate.toFixed(2)} tokens/s`,
    );
    const ort = onnxRuntime();
    if (typeof ort === 'string') {
      console.log(`ONNX Runtime cannot be had here: ${ort}`);
      return;
    }
    const path = join(folder, 'decode.onnx');
    writeFileSync(path, decodeModel(model, tensors, 'model.safetensors'));
    const prompt = [...new Random(SEED).integers(PROMPT, model.vocab)];
    const ids = own.tokens.map(({ id }) => id);
    for (const threads of [...new Set([1, cpus().length])]) {
      const theirs = await decodeWith(ort, path, model, prompt, TOKENS, threads);
      const same = theirs.ids.findIndex((id, i) => id !== ids[i]);
      console.log(
        `  ONNX Runtime, the same weights, ${threads} ${threads === 1 ? 'thread' : 'threads'}`.padEnd(
          52,
        ),
        `${theirs.tokensPerSecond.toFixed(2)} tokens/s, ratio ${(rate / theirs.tokensPerSecond).toFixed(2)}; ${same < 0 ? `all ${TOKENS} tokens the same` : `tokens part at ${same + 1}`}`,
      );
    }
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Each is the median of nine tokens around it. */
export async function lateOverEarly(backend: Backend): Promise<void> {
  const model = preset('gpt2');
  for (const [what, cacheGrowth] of [
    ['concatenated', 'append'],
    ['laid out at once', 'static'],
  ] as const) {
    const result = await measured(
      model,
      runDefaults(model, {
        mode: 'generate',
        promptTokens: 4,
        tokens: 517,
        framework: 'tfjs',
        cacheGrowth,
        backend,
      }),
    );
    const [early, late] = [tokenMs(result, 16), tokenMs(result, 512)];
    console.log(
      `token 512 over token 16, gpt2, KV cache ${what}`.padEnd(58),
      `${(late / early).toFixed(2)} (${late.toFixed(1)} ms over ${early.toFixed(1)} ms)`,
    );
  }
}

function tokenMs({ tokens }: Result, around: number): number {
  const times = Array.from({ length: 9 }, (_, i) => around - 5 + i)
    .map((i) => (tokens[i]!.ns - tokens[i - 1]!.ns) / 1e6)
    .sort((a, b) => a - b);
  return times[4]!;
}
