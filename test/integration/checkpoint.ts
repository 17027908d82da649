/**
 * Checkpoints for tests, in Hugging Face's layout, and an independent GPT-2 over the values they really hold: plain
 * loops in float64, from the paper's own equations.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll } from 'vitest';
import { registerLogits } from '../../src/main/hosts/cli/commands/logits';
import type { Output } from '../../src/main/hosts/cli/output';

export interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocab: number;
  readonly positions: number;
}
export const SMALL: Shape = { layers: 2, width: 12, heads: 3, vocab: 29, positions: 16 };
export const CONFIG = configOf(SMALL);

export function configOf({ layers, width, heads, vocab, positions }: Shape): object {
  return {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_layer: layers,
    n_embd: width,
    n_head: heads,
    vocab_size: vocab,
    n_positions: positions,
    n_ctx: positions,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
  };
}

interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float64Array /** A buffer that is no number of the model. */;
  readonly isWhole?: true;
}
export type Tensors = Map<string, Tensor>;
export type Dtype = 'F32' | 'F16' | 'BF16';

// --- a checkpoint ---

/** Numbers of a fixed sequence, coarse enough (11 bits in [-1, 1)) to be exact in a half. */
export function drawn(): () => number {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 21) / 1024 - 1;
  };
}

export function randomTensors(
  prefix = 'transformer.',
  { layers, width, vocab, positions } = SMALL,
): Tensors {
  const next = drawn();
  const tensors: Tensors = new Map();
  const add = (name: string, shape: readonly number[], scale: number, offset = 0): void => {
    const values = Float64Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => next() * scale + offset,
    );
    tensors.set(prefix + name, { shape, values });
  };
  add('wte.weight', [vocab, width], 0.5);
  add('wpe.weight', [positions, width], 0.25);
  for (let layer = 0; layer < layers; layer++) {
    for (const norm of ['ln_1', 'ln_2']) {
      add(`h.${layer}.${norm}.weight`, [width], 0.25, 1);
      add(`h.${layer}.${norm}.bias`, [width], 0.25);
    }
    for (const [name, rows, columns] of [
      ['attn.c_attn', width, 3 * width],
      ['attn.c_proj', width, width],
      ['mlp.c_fc', width, 4 * width],
      ['mlp.c_proj', 4 * width, width],
    ] as const) {
      add(`h.${layer}.${name}.weight`, [rows, columns], 0.5);
      add(`h.${layer}.${name}.bias`, [columns], 0.25);
    }
  }
  add('ln_f.weight', [width], 0.25, 1);
  add('ln_f.bias', [width], 0.25);
  return tensors;
}

/** Rounds to what the type holds, by truncation, and returns both the bytes and the values they mean. */
function encoded(values: Float64Array, dtype: Dtype): { bytes: Buffer; meant: Float64Array } {
  const floats = Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer);
  if (dtype === 'F32')
    return { bytes: Buffer.from(floats.buffer), meant: Float64Array.from(floats) };
  const words = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    if (dtype === 'BF16') {
      words[i] = b >>> 16;
      bits[i] = (b >>> 16) << 16;
    } else {
      // A normal half, or zero where the value is smaller than that.
      const exponent = ((b >>> 23) & 0xff) - 112;
      words[i] =
        exponent <= 0 ? 0 : ((b >>> 16) & 0x8000) | (exponent << 10) | ((b >>> 13) & 0x3ff);
      bits[i] = exponent <= 0 ? 0 : (b >>> 13) << 13;
    }
  }
  return { bytes: Buffer.from(words.buffer), meant: Float64Array.from(floats) };
}

export const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes a checkpoint and returns its folder with the values its file holds. */
export function checkpoint(
  tensors: Tensors,
  dtype: Dtype = 'F32',
  config: object = CONFIG,
): { folder: string; held: Tensors } {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
  folders.push(folder);
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Buffer[] = [];
  const held: Tensors = new Map();
  let offset = 0;
  for (const [name, { shape, values, isWhole }] of tensors) {
    const { bytes, meant } = isWhole
      ? { bytes: Buffer.from(BigInt64Array.from(values, BigInt).buffer), meant: values }
      : encoded(values, dtype);
    header[name] = {
      dtype: isWhole ? 'I64' : dtype,
      shape,
      data_offsets: [offset, offset + bytes.length],
    };
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

/** Logits after the last of `ids`. */
export function referenceLogits(
  tensors: Tensors,
  ids: readonly number[],
  prefix = 'transformer.',
  shape = SMALL,
): number[] {
  return allReferenceLogits(tensors, ids, prefix, shape).at(-1)!;
}

/** Logits after each of `ids`. */
function allReferenceLogits(
  tensors: Tensors,
  ids: readonly number[],
  prefix = 'transformer.',
  { layers, width, heads, vocab } = SMALL,
): number[][] {
  const get = (name: string): Float64Array => tensors.get(prefix + name)!.values;
  const dense = (x: number[], name: string): number[] => {
    const [weight, bias] = [get(`${name}.weight`), get(`${name}.bias`)];
    return Array.from(bias, (b, column) =>
      x.reduce((sum, value, row) => sum + value * weight[row * bias.length + column]!, b),
    );
  };
  const norm = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + 1e-5)) * get(`${name}.weight`)[i]! +
        get(`${name}.bias`)[i]!,
    );
  };
  const gelu = (x: number): number =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const plus = (a: number[], b: number[]): number[] => a.map((value, i) => value + b[i]!);
  const row = (table: Float64Array, index: number): number[] => [
    ...table.subarray(index * width, (index + 1) * width),
  ];

  let stream = ids.map((id, position) =>
    plus(row(get('wte.weight'), id), row(get('wpe.weight'), position)),
  );
  const size = width / heads;
  for (let layer = 0; layer < layers; layer++) {
    const joint = stream.map((x) => dense(norm(x, `h.${layer}.ln_1`), `h.${layer}.attn.c_attn`));
    stream = stream.map((x, position) => {
      const mixed: number[] = [];
      for (let head = 0; head < heads; head++) {
        const piece = (at: number, part: number): number[] =>
          joint[at]!.slice(part * width + head * size, part * width + (head + 1) * size);
        const query = piece(position, 0);
        const scores = Array.from(
          { length: position + 1 },
          (_, at) =>
            piece(at, 1).reduce((sum, value, i) => sum + value * query[i]!, 0) / Math.sqrt(size),
        );
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b);
        for (let i = 0; i < size; i++)
          mixed.push(
            weights.reduce((sum, weight, at) => sum + (weight / total) * piece(at, 2)[i]!, 0),
          );
      }
      const attended = plus(x, dense(mixed, `h.${layer}.attn.c_proj`));
      const inner = dense(norm(attended, `h.${layer}.ln_2`), `h.${layer}.mlp.c_fc`).map(gelu);
      return plus(attended, dense(inner, `h.${layer}.mlp.c_proj`));
    });
  }
  return stream.map((x) => {
    const normal = norm(x, 'ln_f');
    return Array.from({ length: vocab }, (_, id) =>
      row(get('wte.weight'), id).reduce((sum, value, i) => sum + value * normal[i]!, 0),
    );
  });
}

/** Mean of −log p(target) over sequences of `length` ids and the target after each id. */
export function referenceLoss(
  tensors: Tensors,
  ids: readonly number[],
  targets: readonly number[],
  length: number,
  shape = SMALL,
): number {
  let nats = 0;
  for (let start = 0; start < ids.length; start += length) {
    allReferenceLogits(tensors, ids.slice(start, start + length), 'transformer.', shape).forEach(
      (logits, at) => {
        const top = Math.max(...logits);
        nats +=
          Math.log(logits.reduce((sum, one) => sum + Math.exp(one - top), 0)) +
          top -
          logits[targets[start + at]!]!;
      },
    );
  }
  return nats / ids.length;
}

/** Every tensor of a checkpoint in float32, by the format's own words: a length, a JSON header, the data. */
export function readCheckpoint(folder: string): Tensors {
  const file = readFileSync(join(folder, 'model.safetensors'));
  const start = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, start).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            shape,
            data_offsets: [begin, end],
          },
        ]) => {
          const values = Float64Array.from({ length: (end - begin) / 4 }, (_, at) =>
            file.readFloatLE(start + begin + 4 * at),
          );
          return [name, { shape, values }];
        },
      ),
  );
}

// --- the command ---

export interface Logits {
  readonly tokenIds: readonly number[];
  readonly logits: readonly number[];
}

export async function logits(...args: string[]): Promise<Logits> {
  let document: unknown;
  const output: Output = {
    json: true,
    result: (value) => {
      document = value;
    },
    say() {},
    tell() {},
    progress() {},
    part() {},
    echo() {},
    draw() {},
    endProgress() {},
  };
  const program = new Command().exitOverride();
  registerLogits(program, output);
  await program.parseAsync(['logits', '--backend', 'wasm', ...args], { from: 'user' });
  return document as Logits;
}
/** Largest difference, relative to the largest logit. */
export const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / Math.max(...b.map(Math.abs));
