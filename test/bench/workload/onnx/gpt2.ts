/**
 * One decoding step of GPT-2 as an ONNX model: the id and position of one token and the keys and values of those before
 * it in, logits and keys and values out. The weights stay in the checkpoint's own file, which the model names.
 * Field numbers are those of onnx.proto3 (github.com/onnx/onnx).
 */
import type { ModelSpec } from '../../../../src/shared/model/spec';
import type { StoredTensor } from './checkpoint';
import { bytes, type Field, float, int, message } from './protobuf';

const [FLOAT, INT64] = [1, 7];
type Dimension = number | string;

class Graph {
  readonly nodes: Field[] = [];
  readonly constants: Field[] = [];
  private count = 0;

  /** Adds an operation with one output, unless more are named, and returns its first. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: readonly Field[] = [],
    outputs: readonly string[] = [`node${this.count++}`],
  ): string {
    this.nodes.push(
      message(1, [
        ...inputs.map((name) => bytes(1, name)),
        ...outputs.map((name) => bytes(2, name)),
        bytes(4, type),
        ...attributes.map((one) => bytes(5, one)),
      ]),
    );
    return outputs[0]!;
  }

  constant(values: readonly number[], kind: 'ints' | 'float'): string {
    const name = `c${this.count++}`;
    const data =
      kind === 'ints'
        ? [
            int(2, INT64),
            bytes(9, Buffer.from(BigInt64Array.from(values, BigInt).buffer)),
            int(1, values.length),
          ]
        : [int(2, FLOAT), bytes(9, Buffer.from(Float32Array.from(values).buffer))];
    this.constants.push(message(5, [...data, bytes(8, name)]));
    return name;
  }

  stored({ name, shape, offset, length }: StoredTensor, location: string): void {
    const entry = (key: string, value: string) => message(13, [bytes(1, key), bytes(2, value)]);
    this.constants.push(
      message(5, [
        ...shape.map((one) => int(1, one)),
        int(2, FLOAT),
        bytes(8, name),
        entry('location', location),
        entry('offset', String(offset)),
        entry('length', String(length)),
        int(14, 1),
      ]),
    );
  }
}

const attribute = (name: string, type: number, ...values: Field[]): Field =>
  Buffer.concat([bytes(1, name), ...values, int(20, type)]);
const attributeInt = (name: string, value: number) => attribute(name, 2, int(3, value));
const attributeInts = (name: string, values: readonly number[]) =>
  attribute(name, 7, ...values.map((one) => int(8, one)));

function value(field: number, name: string, type: number, shape: readonly Dimension[]): Field {
  const dims = shape.map((one) =>
    message(1, [typeof one === 'number' ? int(1, one) : bytes(2, one)]),
  );
  return message(field, [
    bytes(1, name),
    message(2, [message(1, [int(1, type), message(2, dims)])]),
  ]);
}

export function decodeModel(
  model: ModelSpec,
  tensors: readonly StoredTensor[],
  location: string,
): Buffer {
  const { layers, hidden, heads, headDim, vocab } = model;
  const graph = new Graph();
  for (const tensor of tensors) graph.stored(tensor, location);
  const norm = (x: string, name: string) =>
    graph.op(
      'LayerNormalization',
      [x, `${name}.weight`, `${name}.bias`],
      [attribute('epsilon', 1, float(2, 1e-5)), attributeInt('axis', -1)],
    );
  const linear = (x: string, name: string) =>
    graph.op('Add', [graph.op('MatMul', [x, `${name}.weight`]), `${name}.bias`]);
  const [byHead, flat, row] = [
    graph.constant([1, 1, heads, headDim], 'ints'),
    graph.constant([1, 1, hidden], 'ints'),
    graph.constant([1, hidden], 'ints'),
  ];
  const scale = graph.constant([1 / Math.sqrt(headDim)], 'float');
  const toHeads = (x: string) =>
    graph.op(
      'Transpose',
      [graph.op('Reshape', [x, byHead])],
      [attributeInts('perm', [0, 2, 1, 3])],
    );

  let x = graph.op('Add', [
    graph.op('Gather', ['wte.weight', 'id']),
    graph.op('Gather', ['wpe.weight', 'position']),
  ]);
  for (let i = 0; i < layers; i++) {
    const parts = ['q', 'k', 'v'].map((name) => `${name}${i}`);
    graph.op(
      'Split',
      [linear(norm(x, `h.${i}.ln_1`), `h.${i}.attn.c_attn`)],
      [attributeInt('axis', -1), attributeInt('num_outputs', 3)],
      parts,
    );
    const queries = graph.op('Mul', [toHeads(parts[0]!), scale]);
    const keys = graph.op(
      'Concat',
      [`past_k${i}`, toHeads(parts[1]!)],
      [attributeInt('axis', 2)],
      [`present_k${i}`],
    );
    const values = graph.op(
      'Concat',
      [`past_v${i}`, toHeads(parts[2]!)],
      [attributeInt('axis', 2)],
      [`present_v${i}`],
    );
    const scores = graph.op('MatMul', [
      queries,
      graph.op('Transpose', [keys], [attributeInts('perm', [0, 1, 3, 2])]),
    ]);
    const mixed = graph.op('MatMul', [
      graph.op('Softmax', [scores], [attributeInt('axis', -1)]),
      values,
    ]);
    const joined = graph.op('Reshape', [
      graph.op('Transpose', [mixed], [attributeInts('perm', [0, 2, 1, 3])]),
      flat,
    ]);
    x = graph.op('Add', [x, linear(joined, `h.${i}.attn.c_proj`)]);
    const inner = graph.op(
      'Gelu',
      [linear(norm(x, `h.${i}.ln_2`), `h.${i}.mlp.c_fc`)],
      [attribute('approximate', 3, bytes(4, 'tanh'))],
    );
    x = graph.op('Add', [x, linear(inner, `h.${i}.mlp.c_proj`)]);
  }
  graph.op(
    'Gemm',
    [graph.op('Reshape', [norm(x, 'ln_f'), row]), 'wte.weight'],
    [attributeInt('transB', 1)],
    ['logits'],
  );

  const cache = (field: number, name: string, length: string) =>
    ['k', 'v'].flatMap((kind) =>
      Array.from({ length: layers }, (_, i) =>
        value(field, `${name}_${kind}${i}`, FLOAT, [1, heads, length, headDim]),
      ),
    );
  const body = [
    ...graph.nodes,
    bytes(2, 'gpt2'),
    ...graph.constants,
    value(11, 'id', INT64, [1, 1]),
    value(11, 'position', INT64, [1, 1]),
    ...cache(11, 'past', 'past'),
    value(12, 'logits', FLOAT, [1, vocab]),
    ...cache(12, 'present', 'present'),
  ];
  return Buffer.concat([
    int(1, 9),
    bytes(2, 'plumbline bench'),
    message(7, body),
    message(8, [int(2, 20)]),
  ]);
}
