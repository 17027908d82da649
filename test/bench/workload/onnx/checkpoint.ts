/**
 * A GPT-2 checkpoint of random weights in Hugging Face's layout (model.safetensors, config.json), for the bundled
 * workload and another runtime to read the very same numbers from. Written tensor by tensor: no more than the largest is
 * held at once.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec } from '../../../../src/shared/model/spec';
import { Random } from '../../../../src/workload/model/random';

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

const FLOAT_BYTES = 4;

function tensorsOf({
  layers,
  hidden,
  ffn,
  vocab,
  maxPositions,
}: ModelSpec): { name: string; shape: number[] }[] {
  const norm = (name: string) => [
    { name: `${name}.weight`, shape: [hidden] },
    { name: `${name}.bias`, shape: [hidden] },
  ];
  const linear = (name: string, from: number, to: number) => [
    { name: `${name}.weight`, shape: [from, to] },
    { name: `${name}.bias`, shape: [to] },
  ];
  return [
    { name: 'wte.weight', shape: [vocab, hidden] },
    { name: 'wpe.weight', shape: [maxPositions, hidden] },
    ...Array.from({ length: layers }, (_, i) => [
      ...norm(`h.${i}.ln_1`),
      ...linear(`h.${i}.attn.c_attn`, hidden, 3 * hidden),
      ...linear(`h.${i}.attn.c_proj`, hidden, hidden),
      ...norm(`h.${i}.ln_2`),
      ...linear(`h.${i}.mlp.c_fc`, hidden, ffn),
      ...linear(`h.${i}.mlp.c_proj`, ffn, hidden),
    ]).flat(),
    ...norm('ln_f'),
  ];
}

const elements = (shape: readonly number[]): number =>
  shape.reduce((product, one) => product * one, 1);

/** Writes the checkpoint into `folder` and tells where in model.safetensors each tensor lies. */
export function writeCheckpoint(model: ModelSpec, folder: string, seed: number): StoredTensor[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({
      model_type: 'gpt2',
      n_layer: model.layers,
      n_embd: model.hidden,
      n_head: model.heads,
      n_inner: model.ffn,
      n_positions: model.maxPositions,
      vocab_size: model.vocab,
      activation_function: 'gelu_new',
    }),
  );
  const tensors = tensorsOf(model);
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += elements(shape) * FLOAT_BYTES;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  // Blanks at its end put the first tensor where floats lie on their own boundary.
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 64) * 64 - 8 + 64, ' '));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  try {
    writeSync(file, size);
    writeSync(file, header);
    const random = new Random(seed);
    for (const { name, shape } of tensors) {
      const values = random.uniform(elements(shape), 0.02);
      if (/ln_(1|2|f)\.weight$/.test(name)) values.fill(1);
      const bytes = Buffer.from(values.buffer);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    }
  } finally {
    closeSync(file);
  }
  const data = size.length + header.length;
  return entries.map(
    ([
      name,
      {
        shape,
        data_offsets: [begin, to],
      },
    ]) => ({ name, shape, offset: data + begin!, length: to! - begin! }),
  );
}
