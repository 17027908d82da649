/**
 * What storing GPT-2 in fewer bits saves, costs and loses: peak memory and decoding rate of the 124M model, and beside
 * them the error of a smaller checkpoint's logits, over several prompts, relative to their spread in fp32.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preset } from '../../../src/shared/model/presets';
import { runDefaults } from '../../../src/shared/model/run';
import type { Backend, ModelSpec, Precision } from '../../../src/shared/model/spec';
import { randomFrom } from '../../support/random-runs';
import { decodeRate, entry, measured } from './process';

const MiB = 2 ** 20;
const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const satisfies readonly Precision[];
const PROMPTS = 8;
const PROMPT_TOKENS = 24;
const checked: ModelSpec = { ...preset('gpt2'), name: 'checked', layers: 6, hidden: 256, heads: 4, kvHeads: 4, headDim: 64, ffn: 1024, vocab: 2048, maxPositions: 64 };

export async function besidePrecisions(backend: Backend): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    writeCheckpoint(folder, checked);
    const exact = logitsOf(folder, 'fp32', backend);
    console.log('gpt2 (random weights), 64 + 48 tokens; logits of 6 layers of 256, normal weights of 0.08, against fp32; perplexity on what fp32 would write');
    for (const precision of PRECISIONS) {
      const model = preset('gpt2');
      const result = await measured(model, runDefaults(model, { mode: 'generate', promptTokens: 64, tokens: 49, framework: 'tfjs', precision, backend }));
      const loss = precision === 'fp32' ? { error: 0, agreed: PROMPTS, kl: 0 } : difference(exact, logitsOf(folder, precision, backend));
      console.log(`  ${precision.padEnd(42)} peak ${(result.peak / MiB).toFixed(1)} MiB, ${decodeRate(result).toFixed(2)} tokens/s, logits off by ${(100 * loss.error).toFixed(3)}%, perplexity x ${Math.exp(loss.kl).toFixed(5)}, the same likeliest token after ${loss.agreed} of ${PROMPTS} prompts`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One row of logits for each prompt. */
function logitsOf(folder: string, precision: Precision, backend: Backend): number[][] {
  const random = randomFrom(11);
  return Array.from({ length: PROMPTS }, () => {
    const tokenIds = Array.from({ length: PROMPT_TOKENS }, () => Math.floor(random() * checked.vocab));
    const run = runDefaults(checked, { mode: 'infer', seq: PROMPT_TOKENS, framework: 'tfjs', precision, backend });
    const answer = execFileSync(process.execPath, [entry, JSON.stringify({ model: checked, run, weights: folder, tokenIds })], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    return (JSON.parse(answer) as { logits: number[] }).logits;
  });
}

/**
 * Root mean square of the difference over that of the logits about their mean; prompts whose likeliest token is the
 * same; and the mean divergence of one distribution from the other: by its exponential the perplexity rises of text
 * that the fp32 model itself would write.
 */
function difference(exact: readonly number[][], other: readonly number[][]): { error: number; agreed: number; kl: number } {
  let [squares, spread, agreed, kl] = [0, 0, 0, 0];
  exact.forEach((row, prompt) => {
    const near = other[prompt]!;
    const mean = row.reduce((sum, one) => sum + one, 0) / row.length;
    const [p, q] = [logProbabilities(row), logProbabilities(near)];
    row.forEach((value, i) => {
      squares += (near[i]! - value) ** 2;
      spread += (value - mean) ** 2;
      kl += (Math.exp(p[i]!) * (p[i]! - q[i]!)) / exact.length;
    });
    if (row.indexOf(Math.max(...row)) === near.indexOf(Math.max(...near))) agreed++;
  });
  return { error: Math.sqrt(squares / spread), agreed, kl };
}

function logProbabilities(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, one) => sum + Math.exp(one - top), 0)) + top;
  return logits.map((one) => one - total);
}

/** Normal weights, wider than GPT-2's first ones so that layers matter; unit gains, zero biases. */
function writeCheckpoint(folder: string, { layers, hidden, ffn, heads, vocab, maxPositions }: ModelSpec): void {
  const random = randomFrom(5);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  const add = (name: string, shape: readonly number[], value: () => number): void => {
    const bytes = Buffer.from(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  };
  const linear = (name: string, rows: number, columns: number): void => {
    add(`${name}.weight`, [rows, columns], () => 0.08 * normal());
    add(`${name}.bias`, [columns], () => 0);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, [hidden], () => 1);
    add(`${name}.bias`, [hidden], () => 0);
  };
  add('wte.weight', [vocab, hidden], () => 0.08 * normal());
  add('wpe.weight', [maxPositions, hidden], () => 0.08 * normal());
  for (let layer = 0; layer < layers; layer++) {
    norm(`h.${layer}.ln_1`);
    linear(`h.${layer}.attn.c_attn`, hidden, 3 * hidden);
    linear(`h.${layer}.attn.c_proj`, hidden, hidden);
    norm(`h.${layer}.ln_2`);
    linear(`h.${layer}.mlp.c_fc`, hidden, ffn);
    linear(`h.${layer}.mlp.c_proj`, ffn, hidden);
  }
  norm('ln_f');
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, text, ...parts]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({
    model_type: 'gpt2', n_layer: layers, n_embd: hidden, n_head: heads, vocab_size: vocab, n_positions: maxPositions, activation_function: 'gelu_new',
  }));
}
