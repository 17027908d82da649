/**
 * A checkpoint in the bundled workload, against an independent GPT-2: plain loops in float64, from the paper's own
 * equations and Hugging Face's layout, over the values that the file really holds.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerLogits } from '../../src/main/hosts/cli/commands/logits';
import type { Output } from '../../src/main/hosts/cli/output';
import { Failure } from '../../src/shared/failure';
import type { SessionDocument } from '../../src/shared/contract/session';
import { runJson, temporaryHome } from '../support/cli';
import { buildWorkload } from './workload-process';

const [LAYERS, WIDTH, HEADS, VOCAB, POSITIONS] = [2, 12, 3, 29, 16];
const INNER = 4 * WIDTH;
const CONFIG = {
  model_type: 'gpt2', architectures: ['GPT2LMHeadModel'], n_layer: LAYERS, n_embd: WIDTH, n_head: HEADS, vocab_size: VOCAB,
  n_positions: POSITIONS, n_ctx: POSITIONS, activation_function: 'gelu_new', layer_norm_epsilon: 1e-5,
};

interface Tensor { readonly shape: readonly number[]; readonly values: Float64Array }
type Tensors = Map<string, Tensor>;
type Dtype = 'F32' | 'F16' | 'BF16';

// --- a checkpoint ---

/** Values of a fixed sequence, coarse enough (11 bits in [-1, 1)) to be exact in a half. */
function randomTensors(prefix = 'transformer.'): Tensors {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 21) / 1024 - 1;
  };
  const tensors: Tensors = new Map();
  const add = (name: string, shape: readonly number[], scale: number, offset = 0): void => {
    const values = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next() * scale + offset);
    tensors.set(prefix + name, { shape, values });
  };
  add('wte.weight', [VOCAB, WIDTH], 0.5);
  add('wpe.weight', [POSITIONS, WIDTH], 0.25);
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const norm of ['ln_1', 'ln_2']) {
      add(`h.${layer}.${norm}.weight`, [WIDTH], 0.25, 1);
      add(`h.${layer}.${norm}.bias`, [WIDTH], 0.25);
    }
    for (const [name, rows, columns] of [['attn.c_attn', WIDTH, 3 * WIDTH], ['attn.c_proj', WIDTH, WIDTH], ['mlp.c_fc', WIDTH, INNER], ['mlp.c_proj', INNER, WIDTH]] as const) {
      add(`h.${layer}.${name}.weight`, [rows, columns], 0.5);
      add(`h.${layer}.${name}.bias`, [columns], 0.25);
    }
  }
  add('ln_f.weight', [WIDTH], 0.25, 1);
  add('ln_f.bias', [WIDTH], 0.25);
  return tensors;
}

/** Rounds to what the type holds, by truncation, and returns both the bytes and the values they mean. */
function encoded(values: Float64Array, dtype: Dtype): { bytes: Buffer; meant: Float64Array } {
  const floats = Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer);
  if (dtype === 'F32') return { bytes: Buffer.from(floats.buffer), meant: Float64Array.from(floats) };
  const words = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    if (dtype === 'BF16') {
      words[i] = b >>> 16;
      bits[i] = (b >>> 16) << 16;
    } else {
      // A normal half, or zero where the value is smaller than that.
      const exponent = ((b >>> 23) & 0xff) - 112;
      words[i] = exponent <= 0 ? 0 : ((b >>> 16) & 0x8000) | (exponent << 10) | ((b >>> 13) & 0x3ff);
      bits[i] = exponent <= 0 ? 0 : (b >>> 13) << 13;
    }
  }
  return { bytes: Buffer.from(words.buffer), meant: Float64Array.from(floats) };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a checkpoint and returns its folder with the values its file holds. */
function checkpoint(tensors: Tensors, dtype: Dtype = 'F32', config: object = CONFIG): { folder: string; held: Tensors } {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  folders.push(folder);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [];
  const held: Tensors = new Map();
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    const { bytes, meant } = encoded(values, dtype);
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
    held.set(name, { shape, values: meant });
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, text, ...parts]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return { folder, held };
}

// --- the reference ---

function referenceLogits(tensors: Tensors, ids: readonly number[], prefix = 'transformer.'): number[] {
  const get = (name: string): Float64Array => tensors.get(prefix + name)!.values;
  const dense = (x: number[], name: string): number[] => {
    const [weight, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
    return Array.from(bias, (b, column) => x.reduce((sum, value, row) => sum + value * weight[row * bias.length + column]!, b));
  };
  const norm = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * get(`${name}.weight`)[i]! + get(`${name}.bias`)[i]!);
  };
  const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const plus = (a: number[], b: number[]): number[] => a.map((value, i) => value + b[i]!);
  const row = (table: Float64Array, index: number): number[] => [...table.subarray(index * WIDTH, (index + 1) * WIDTH)];

  let stream = ids.map((id, position) => plus(row(get('wte.weight'), id), row(get('wpe.weight'), position)));
  const size = WIDTH / HEADS;
  for (let layer = 0; layer < LAYERS; layer++) {
    const joint = stream.map((x) => dense(norm(x, `h.${layer}.ln_1`), `h.${layer}.attn.c_attn`));
    stream = stream.map((x, position) => {
      const mixed: number[] = [];
      for (let head = 0; head < HEADS; head++) {
        const piece = (at: number, part: number): number[] => joint[at]!.slice(part * WIDTH + head * size, part * WIDTH + (head + 1) * size);
        const query = piece(position, 0);
        const scores = Array.from({ length: position + 1 }, (_, at) => piece(at, 1).reduce((sum, value, i) => sum + value * query[i]!, 0) / Math.sqrt(size));
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b);
        for (let i = 0; i < size; i++) mixed.push(weights.reduce((sum, weight, at) => sum + (weight / total) * piece(at, 2)[i]!, 0));
      }
      const attended = plus(x, dense(mixed, `h.${layer}.attn.c_proj`));
      const inner = dense(norm(attended, `h.${layer}.ln_2`), `h.${layer}.mlp.c_fc`).map(gelu);
      return plus(attended, dense(inner, `h.${layer}.mlp.c_proj`));
    });
  }
  const last = norm(stream.at(-1)!, 'ln_f');
  return Array.from({ length: VOCAB }, (_, id) => row(get('wte.weight'), id).reduce((sum, value, i) => sum + value * last[i]!, 0));
}

// --- the command ---

interface Logits { readonly tokenIds: readonly number[]; readonly logits: readonly number[] }

async function logits(...args: string[]): Promise<Logits> {
  let document: unknown;
  const output: Output = { json: true, result: (value) => { document = value; }, say() {}, progress() {}, endProgress() {} };
  const program = new Command().exitOverride();
  registerLogits(program, output);
  await program.parseAsync(['logits', '--backend', 'wasm', ...args], { from: 'user' });
  return document as Logits;
}
const failure = async (...args: string[]): Promise<Failure> => {
  const error: unknown = await logits(...args).then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
};
/** Largest difference, relative to the largest logit. */
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / Math.max(...b.map(Math.abs));

describe('logits of a checkpoint', () => {
  beforeAll(buildWorkload);
  afterEach(() => vi.unstubAllEnvs());
  const ids = [3, 17, 0, 28, 5, 5, 11];

  it.each(['F32', 'F16', 'BF16'] as const)('equal an independent float64 GPT-2 for weights in %s', async (dtype) => {
    const { folder, held } = checkpoint(randomTensors(), dtype);
    const answer = await logits('--weights', folder, '--token-ids', ids.join(','));
    expect(answer.tokenIds).toEqual(ids);
    expect(answer.logits).toHaveLength(VOCAB);
    expect(distance(answer.logits, referenceLogits(held, ids))).toBeLessThan(1e-4);
  });

  it('are the same for a single token, on cpu, and for the file named in place of its folder', async () => {
    const { folder, held } = checkpoint(randomTensors());
    const answer = await logits('--weights', join(folder, 'model.safetensors'), '--token-ids', '7', '--backend', 'cpu');
    expect(distance(answer.logits, referenceLogits(held, [7]))).toBeLessThan(1e-4);
  });

  it('are the same for names without the transformer prefix, with buffers and a tied head beside them', async () => {
    const tensors = randomTensors('');
    tensors.set('h.0.attn.bias', { shape: [1, 1, 2, 2], values: Float64Array.of(1, 0, 1, 1) });
    tensors.set('lm_head.weight', tensors.get('wte.weight')!);
    const { folder, held } = checkpoint(tensors);
    const answer = await logits('--weights', folder, '--token-ids', ids.join(','));
    expect(distance(answer.logits, referenceLogits(held, ids, ''))).toBeLessThan(1e-4);
  });

  it('tell the order of tokens: another order gives others', async () => {
    const { folder } = checkpoint(randomTensors());
    const [there, back] = [await logits('--weights', folder, '--token-ids', '1,2,3'), await logits('--weights', folder, '--token-ids', '2,1,3')];
    expect(distance(there.logits, back.logits)).toBeGreaterThan(1e-3);
  });

  it('are refused in one sentence where the checkpoint does not fit', async () => {
    const missing = randomTensors();
    missing.delete('transformer.h.1.mlp.c_fc.bias');
    expect(await failure('--weights', checkpoint(missing).folder, '--token-ids', '1')).toMatchObject({ code: 'bad_input', message: expect.stringContaining('h.1.mlp.c_fc.bias') });
    const wide = checkpoint(randomTensors(), 'F32', { ...CONFIG, vocab_size: VOCAB + 1 });
    expect((await failure('--weights', wide.folder, '--token-ids', '1')).message).toContain('is [29, 12] and should be [30, 12]');
    const untied = randomTensors();
    untied.set('lm_head.weight', { shape: [VOCAB, WIDTH], values: new Float64Array(VOCAB * WIDTH) });
    expect((await failure('--weights', checkpoint(untied).folder, '--token-ids', '1')).message).toContain('head of their own');
    const erf = checkpoint(randomTensors(), 'F32', { ...CONFIG, activation_function: 'gelu' });
    expect(await failure('--weights', erf.folder, '--token-ids', '1')).toMatchObject({ exitCode: 3, message: expect.stringContaining('activation_function') });
  });

  it('are refused where the file is cut short', async () => {
    const { folder } = checkpoint(randomTensors());
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, readFileSync(path).subarray(0, 4000));
    expect(await failure('--weights', folder, '--token-ids', '1')).toMatchObject({ exitCode: 2 });
  });

  it.each([['1,x'], ['29'], ['-1'], [''], [Array.from({ length: 17 }, () => 1).join(',')]])('are refused for the token ids "%s"', async (text) => {
    const { folder } = checkpoint(randomTensors());
    expect(await failure('--weights', folder, `--token-ids=${text}`)).toMatchObject({ exitCode: 2 });
  });

  it('are refused where there is no checkpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
    folders.push(folder);
    mkdirSync(join(folder, 'empty'));
    expect(await failure('--weights', join(folder, 'empty'), '--token-ids', '1')).toMatchObject({ exitCode: 2 });
  });
});

describe('recording the bundled workload with a checkpoint', () => {
  it('takes the model from its config.json and stays within its budget to the byte', async () => {
    const home = temporaryHome();
    try {
      const { folder } = checkpoint(randomTensors());
      const { code, document } = await runJson<SessionDocument>(
        ['record', '--bundled', 'gpt2', '--weights', folder, '--backend', 'wasm', '--mode', 'generate', '--prompt-tokens', '4', '--tokens', '5', '--top-k', '3'], home.dir);
      expect(code).toBe(0);
      expect(document.model).toMatchObject({ name: basename(folder), layers: LAYERS, hidden: WIDTH, vocab: VOCAB });
      expect(document.overlay.phases.map(({ phase, residualBytes }) => [phase, residualBytes])).toEqual([['load', 0], ['prefill', 0], ['decode', 0]]);
    } finally {
      home.dispose();
    }
  });
});
