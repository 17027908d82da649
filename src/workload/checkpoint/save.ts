/**
 * Writes what was trained as a Hugging Face GPT-2 checkpoint: model.safetensors in float32, tensor by tensor, and the
 * config.json that belongs to it. Read back, every number is the same. All is written into a folder of another name that
 * is renamed at the end, so that a folder of the name asked for is whole or not there; nothing is ever overwritten.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { ModelSpec } from '../../shared/model/spec';
import { trainable } from '../model/matrix';
import type { LayerWeights, LinearWeights, NormWeights, Weights } from '../model/weights';
import { GPT2 } from './layouts';

/** Its values are made when they are written, so that one tensor at a time is in memory beside the model. */
interface Saved {
  readonly name: string;
  readonly shape: readonly number[];
  values(): Promise<Float32Array>;
}

export async function saveWeights(
  folder: string,
  model: ModelSpec,
  weights: Weights,
): Promise<void> {
  const partial = `${folder}.partial-${process.pid}`;
  try {
    mkdirSync(partial);
    await writeSafetensors(join(partial, 'model.safetensors'), collectTensors(model, weights));
    writeFileSync(
      join(partial, 'config.json'),
      `${JSON.stringify(buildConfig(model), null, 2)}\n`,
      {
        flush: true,
      },
    );
    renameSync(partial, folder);
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    throw new Failure(
      'unwritable',
      `The weights could not be written to "${folder}".`,
      'Check that the disk has room and that its folder may be written to.',
      cause,
    );
  }
}

async function writeSafetensors(path: string, tensors: readonly Saved[]): Promise<void> {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += 4 * shape.reduce((product, length) => product * length, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries([['__metadata__', { format: 'pt' }], ...entries]));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8)); // the data begins at a whole word, as the format asks for
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'wx');
  try {
    writeAll(file, Buffer.concat([length, header]));
    for (const { values } of tensors) {
      const { buffer, byteOffset, byteLength } = await values();
      writeAll(file, Buffer.from(buffer, byteOffset, byteLength));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** In the order in which GPT-2's own checkpoints have them. */
function collectTensors({ hidden }: ModelSpec, weights: Weights): Saved[] {
  const read = async (tensor: { data(): Promise<unknown> }): Promise<Float32Array> =>
    (await tensor.data()) as Float32Array;
  const table = (name: string, matrix: LinearWeights['weight']): Saved => ({
    name,
    shape: trainable(matrix).shape,
    values: () => read(trainable(matrix)),
  });
  const norm = (name: string, { gain, bias }: NormWeights): Saved[] => [
    table(`${name}.weight`, gain),
    table(`${name}.bias`, bias),
  ];
  const linear = (name: string, { weight, bias }: LinearWeights): Saved[] => [
    table(`${name}.weight`, weight),
    table(`${name}.bias`, bias),
  ];
  const joint = (name: string, { query, key, value }: LayerWeights): Saved[] => {
    const side =
      (rows: number, choose: (linear: LinearWeights) => Parameters<typeof read>[0]) => async () =>
        sideBySide(
          await Promise.all([query, key, value].map((linear) => read(choose(linear)))),
          rows,
          hidden,
        );
    return [
      {
        name: `${name}.weight`,
        shape: [hidden, 3 * hidden],
        values: side(hidden, ({ weight }) => trainable(weight)),
      },
      { name: `${name}.bias`, shape: [3 * hidden], values: side(1, ({ bias }) => bias) },
    ];
  };
  const { prefix, outer, layers, layer: part } = GPT2;
  return [
    table(`${prefix}${outer.tokens}.weight`, weights.tokenTable),
    table(`${prefix}${outer.positions}.weight`, weights.positionTable),
    ...weights.layers.flatMap((layer, index) => {
      const at = `${prefix}${layers}${index}`;
      return [
        ...norm(`${at}.${part.norm1}`, layer.norm1),
        ...joint(`${at}.${part.query}`, layer),
        ...linear(`${at}.${part.projection}`, layer.projection),
        ...norm(`${at}.${part.norm2}`, layer.norm2),
        ...linear(`${at}.${part.up}`, layer.up),
        ...linear(`${at}.${part.down}`, layer.down),
      ];
    }),
    ...norm(`${prefix}${outer.finalNorm}`, weights.outerNorm),
  ];
}

/** Matrices of `rows` by `width`, one right of the other. */
function sideBySide(matrices: readonly Float32Array[], rows: number, width: number): Float32Array {
  const whole = new Float32Array(matrices.length * rows * width);
  for (let row = 0; row < rows; row++) {
    matrices.forEach((matrix, index) => {
      whole.set(
        matrix.subarray(row * width, (row + 1) * width),
        (row * matrices.length + index) * width,
      );
    });
  }
  return whole;
}

function buildConfig({ layers, hidden, heads, ffn, vocab, maxPositions }: ModelSpec): object {
  return {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_layer: layers,
    n_embd: hidden,
    n_head: heads,
    n_inner: ffn,
    vocab_size: vocab,
    n_positions: maxPositions,
    n_ctx: maxPositions,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: true,
    torch_dtype: 'float32',
  };
}
