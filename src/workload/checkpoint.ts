/**
 * GPT-2's parameters from a Hugging Face checkpoint. There, the projections of query, key and value are one matrix
 * [d, 3d], and matrices are [in, out] as here. The head is the embedding.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../shared/failure';
import type { ModelSpec } from '../shared/model/spec';
import { Safetensors } from './safetensors';
import type { Initial } from './weights';

/** What configs must say, where they say it, for the numbers to be right. */
const REQUIRED: Readonly<Record<string, readonly unknown[]>> = {
  activation_function: ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast'],
  layer_norm_epsilon: [1e-5],
  scale_attn_weights: [true],
  scale_attn_by_inverse_layer_idx: [false],
  tie_word_embeddings: [true],
};

const PART = { query: 0, key: 1, value: 2 } as const;
const NAMES: Readonly<Record<string, string>> = {
  tokens: 'wte.weight', positions: 'wpe.weight', 'finalNorm.gain': 'ln_f.weight', 'finalNorm.bias': 'ln_f.bias',
  'norm1.gain': 'ln_1.weight', 'norm1.bias': 'ln_1.bias', 'norm2.gain': 'ln_2.weight', 'norm2.bias': 'ln_2.bias',
  'projection.weight': 'attn.c_proj.weight', 'projection.bias': 'attn.c_proj.bias',
  'up.weight': 'mlp.c_fc.weight', 'up.bias': 'mlp.c_fc.bias', 'down.weight': 'mlp.c_proj.weight', 'down.bias': 'mlp.c_proj.bias',
};

export class Checkpoint {
  private readonly prefix: string;
  /** The joint projection last read: three parameters come of it. */
  private joint: { readonly name: string; readonly values: Float32Array } | null = null;

  private constructor(private readonly file: Safetensors, private readonly model: ModelSpec) {
    this.prefix = file.has('transformer.wte.weight') ? 'transformer.' : '';
  }

  /** `path` is a folder with model.safetensors and config.json, or the file itself. */
  static open(path: string, model: ModelSpec): Checkpoint {
    const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
    checkConfig(join(folder, 'config.json'));
    const checkpoint = new Checkpoint(Safetensors.open(folder === path ? join(path, 'model.safetensors') : path), model);
    try {
      checkpoint.checkHead();
    } catch (error) {
      checkpoint.close();
      throw error;
    }
    return checkpoint;
  }

  readonly initial: Initial = (name, shape) => {
    const [, layer, own] = /^layer(\d+)\.(.+)$/.exec(name) ?? [null, null, name];
    const at = this.prefix + (layer === null ? '' : `h.${layer}.`);
    const joint = /^(query|key|value)\.(weight|bias)$/.exec(own!);
    if (joint) return this.part(`${at}attn.c_attn.${joint[2]}`, shape, PART[joint[1] as keyof typeof PART]);
    return this.file.read(at + NAMES[own!]!, shape);
  };

  close(): void {
    this.file.close();
  }

  /** One third of the columns of a joint matrix or vector. */
  private part(name: string, shape: readonly number[], part: number): Float32Array {
    const width = shape.at(-1)!;
    const rows = shape.length === 2 ? shape[0]! : 1;
    if (this.joint?.name !== name) this.joint = { name, values: this.file.read(name, [...shape.slice(0, -1), 3 * width]) };
    const { values } = this.joint;
    const own = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) own.set(values.subarray((3 * row + part) * width, (3 * row + part + 1) * width), row * width);
    return own;
  }

  /** A head saved beside the embedding must be the embedding. */
  private checkHead(): void {
    if (!this.file.has('lm_head.weight')) return;
    const shape = [this.model.vocab, this.model.hidden];
    const [head, table] = [this.file.read('lm_head.weight', shape), this.file.read(`${this.prefix}wte.weight`, shape)];
    if (head.every((value, index) => value === table[index])) return;
    throw new Failure('bad_input', 'The weights have a head of their own, and the bundled workload ties it to the embedding.', 'Give the checkpoint of a model with a tied head.');
  }
}

function checkConfig(path: string): void {
  let config: Readonly<Record<string, unknown>>;
  try {
    config = JSON.parse(readFileSync(path, 'utf8')) as typeof config;
  } catch (cause) {
    throw new Failure('bad_input', `The file "${path}" cannot be read.`, 'Keep config.json beside the weights.', cause);
  }
  for (const [field, allowed] of Object.entries(REQUIRED)) {
    const value = config[field];
    if (value !== undefined && !allowed.includes(value)) {
      throw new Failure('unavailable', `The bundled workload needs ${field} to be ${allowed.join(' or ')}, and the config.json has ${String(value)}.`, 'Record a workload of your own with -- COMMAND.');
    }
  }
}
