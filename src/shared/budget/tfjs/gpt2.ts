/**
 * The bundled GPT-2 as a dry program: the operations of its forward pass, in their order.
 * Symbols: B sequences, T tokens each in this pass, N = B·T, d hidden, h heads, V vocabulary.
 */
import { isPacked, type PackedLayout, packedLayout, tablePrecision } from '../../model/packing';
import type { ModelSpec, Precision, RunSpec } from '../../model/spec';
import type { DryEngine, DryTensor } from './engine';
import type { Ops } from './ops';

/** A matrix as packed words and scales: no tape reaches them. */
interface DryPacked {
  readonly layout: PackedLayout;
}
type Matrix = DryTensor | DryPacked;
interface Norm {
  readonly gain: DryTensor;
  readonly bias: DryTensor;
}
interface Affine {
  readonly weight: Matrix;
  readonly bias: DryTensor;
}
export interface Layer {
  readonly norm1: Norm;
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly projection: Affine;
  readonly norm2: Norm;
  readonly up: Affine;
  readonly down: Affine;
}
export interface Parameters {
  readonly tokenTable: Matrix;
  readonly positionTable: Matrix;
  readonly layers: readonly Layer[];
  readonly outerNorm: Norm;
  readonly typeTable: Matrix | null;
  readonly pooler: Affine | null;
  /** Those that training changes. */
  readonly all: readonly DryTensor[];
}
export interface Batch {
  readonly sequences: number;
  readonly length: number;
  readonly ids: DryTensor;
  readonly positions: DryTensor;
  readonly mask: DryTensor | null;
}
export interface CachePair {
  readonly keys: DryTensor;
  readonly values: DryTensor;
}
export type Cache = (layer: number, keys: DryTensor, values: DryTensor) => CachePair;

export function createParameters(
  engine: DryEngine,
  model: ModelSpec,
  precision: Precision,
): Parameters {
  const { hidden, ffn } = model;
  const all: DryTensor[] = [];
  const parameter = (shape: readonly number[]): DryTensor => {
    const initial = engine.create(shape);
    const variable = engine.variable(initial);
    engine.dispose(initial);
    all.push(variable);
    return variable;
  };
  const packed = (layout: PackedLayout): DryPacked => {
    engine.create([layout.rows, layout.words]);
    if (layout.scales > 0) engine.create([layout.rows, layout.scales]);
    return { layout };
  };
  const table = (rows: number): Matrix =>
    isPacked(precision)
      ? packed(packedLayout(rows, hidden, tablePrecision(precision)))
      : parameter([rows, hidden]);
  const matrix = (rows: number, columns: number): Matrix =>
    isPacked(precision)
      ? packed(packedLayout(columns, rows, precision))
      : parameter([rows, columns]);
  const norm = (): Norm => ({ gain: parameter([hidden]), bias: parameter([hidden]) });
  const linear = (rows: number, columns: number): Affine => ({
    weight: matrix(rows, columns),
    bias: parameter([columns]),
  });
  return {
    tokenTable: table(model.vocab),
    positionTable: table(model.maxPositions),
    layers: Array.from({ length: model.layers }, () => ({
      norm1: norm(),
      query: linear(hidden, hidden),
      key: linear(hidden, hidden),
      value: linear(hidden, hidden),
      projection: linear(hidden, hidden),
      norm2: norm(),
      up: linear(hidden, ffn),
      down: linear(ffn, hidden),
    })),
    outerNorm: norm(),
    typeTable: model.tokenTypes ? table(model.tokenTypes) : null,
    pooler: model.pooler ? linear(hidden, hidden) : null,
    all,
  };
}

/** Where the tokens of a batch stand. */
export interface Place {
  readonly length: number;
  /** Column of the first of them. */
  readonly start: number;
  /** Keys attended over; left out, those up to the last of them. */
  readonly columns?: number;
  /** Sequences are of unequal length and padded to the longest. */
  readonly padded?: boolean;
}

/** Token ids and positions count as inputs, the mask (none where one token may look at all keys) as a buffer. */
export function createBatch(
  engine: DryEngine,
  sequences: number,
  { length, start, columns, padded = false }: Place,
): Batch {
  const scores = [length, columns ?? start + length];
  const mask = padded
    ? [sequences, 1, ...scores]
    : length > 1 || columns !== undefined
      ? scores
      : null;
  return engine.within('inputs', () => ({
    sequences,
    length,
    ids: engine.create([sequences * length]),
    positions: engine.create([padded ? sequences * length : length]),
    mask: mask && engine.within('buffers', () => engine.create(mask)),
  }));
}

/** A batch is padded where its sequences are of unequal length. */
export function isPadded({ lengths }: RunSpec): boolean {
  return lengths?.some((length) => length !== lengths[0]) ?? false;
}

export function disposeBatch(engine: DryEngine, batch: Batch): void {
  engine.dispose(batch.ids);
  engine.dispose(batch.positions);
  if (batch.mask) engine.dispose(batch.mask);
}

export class Gpt2 {
  constructor(
    private readonly ops: Ops,
    private readonly model: ModelSpec,
    private readonly parameters: Parameters,
  ) {}

  /** [N] ids to [N, d]; each block's transients go with its scope. */
  runBlocks(batch: Batch, cache: Cache | null): DryTensor {
    return this.inSegments(batch, 1, ([layer], x) =>
      this.ops.engine.tidy(() =>
        this.block(layer!, x, batch, cache, this.parameters.layers.indexOf(layer!)),
      ),
    );
  }

  /** The same in segments of `length` layers which keep their input alone, and run again for their gradient. */
  runRecomputed(batch: Batch, length: number): DryTensor {
    const { engine } = this.ops;
    return this.inSegments(batch, length, (layers, x) => {
      const variables = layers.flatMap(
        ({ norm1, query, key, value, projection, norm2, up, down }) => [
          norm1.gain,
          norm1.bias,
          ...[query, key, value, projection].flatMap(({ weight, bias }) => [
            trainable(weight),
            bias,
          ]),
          norm2.gain,
          norm2.bias,
          ...[up, down].flatMap(({ weight, bias }) => [trainable(weight), bias]),
        ],
      );
      return engine.customOp(
        [x, ...variables],
        (save) => {
          save(x);
          return this.runLayers(layers, x, batch);
        },
        (dy, saved) =>
          engine
            .recompute(
              () => this.runLayers(layers, saved[0]!, batch),
              [saved[0]!, ...variables],
              dy,
              (a, b) => this.ops.add(a, b),
            )
            .map((gradient) => () => gradient),
      );
    });
  }

  private inSegments(
    batch: Batch,
    length: number,
    segment: (layers: readonly Layer[], x: DryTensor) => DryTensor,
  ): DryTensor {
    const { engine } = this.ops;
    let x = engine.tidy(() => this.embed(batch));
    for (let first = 0; first < this.parameters.layers.length; first += length) {
      const next = segment(this.parameters.layers.slice(first, first + length), x);
      engine.dispose(x);
      x = next;
    }
    return x;
  }

  private runLayers(layers: readonly Layer[], x: DryTensor, batch: Batch): DryTensor {
    const { engine } = this.ops;
    return layers.reduce((input, layer, index) => {
      const output = engine.tidy(() => this.block(layer, input, batch, null, index));
      if (index > 0) engine.dispose(input);
      return output;
    }, x);
  }

  normalize(x: DryTensor, norm: Norm): DryTensor {
    const { ops } = this;
    const centred = ops.sub(x, ops.meanKept(x, 1));
    const variance = ops.meanKept(ops.square(centred), 1);
    const scaled = ops.mul(centred, ops.rsqrt(ops.add(variance, 1)));
    return ops.add(ops.mul(scaled, norm.gain), norm.bias);
  }

  /** Logits [B, V] after each sequence's last token. */
  lastLogits(x: DryTensor, { sequences, length }: Batch): DryTensor {
    const {
      ops,
      model: { hidden },
    } = this;
    return ops.engine.tidy(() => {
      const last =
        length === 1
          ? x
          : ops.reshape(
              ops.fresh(ops.reshape(x, [sequences, length, hidden]), [sequences, 1, hidden]),
              [sequences, hidden],
            );
      return this.logits(last);
    });
  }

  /** Mean cross-entropy of every position [N, d], without a gradient. */
  score(x: DryTensor, targets: DryTensor): DryTensor {
    return this.ops.engine.tidy(() => this.crossEntropy(this.logits(x), targets));
  }

  /** Logits [R, V] after each of R positions [R, d]. */
  private logits(x: DryTensor): DryTensor {
    const {
      ops,
      model: { hidden, vocab },
      parameters: { tokenTable, outerNorm },
    } = this;
    const normal = this.normalize(x, outerNorm);
    if (isPackedMatrix(tokenTable)) return this.times(normal, tokenTable);
    const rows = normal.shape[0]!;
    const columns = rows === 1 ? ops.reshape(normal, [hidden, 1]) : ops.transpose(normal, [1, 0]);
    const logits = ops.matMul(tokenTable, columns);
    return rows === 1 ? ops.reshape(logits, [1, vocab]) : ops.transpose(logits, [1, 0]);
  }

  /** The loss of training, as the share of a step scaled. */
  loss(normal: DryTensor, targets: DryTensor, share: boolean): DryTensor {
    const mean = this.crossEntropy(
      this.ops.matMul(normal, trainable(this.parameters.tokenTable), true),
      targets,
    );
    return share ? this.ops.mul(mean, 1) : mean;
  }

  /** Mean over [N, V] logits: keeps the probabilities where a gradient is wanted, and one N·V buffer more while it computes. */
  private crossEntropy(logits: DryTensor, targets: DryTensor): DryTensor {
    const { ops } = this;
    const rows = logits.shape[0]!;
    return ops.engine.customOp(
      [logits],
      (save) => {
        const top = ops.reduce(logits, [1], true);
        const exponentials = ops.same(ops.sub(logits, top));
        const sums = ops.reduce(exponentials, [1], true);
        save(ops.div(exponentials, sums));
        const normalizers = ops.reshape(ops.add(ops.same(sums), top), [rows]);
        return ops.reduce(ops.sub(normalizers, ops.fresh(targets, [rows])), [0]);
      },
      (dy, saved) => {
        const gradient = ops.engine.tidy(() => {
          const oneHot = ops.fresh(ops.engine.create([rows]), logits.shape);
          return ops.mul(ops.sub(saved[0]!, oneHot), ops.div(dy, rows));
        });
        return [() => gradient];
      },
    );
  }

  private embed({ sequences, length, ids, positions }: Batch): DryTensor {
    const {
      ops,
      model: { hidden },
    } = this;
    const tokens = this.rowsAt(this.parameters.tokenTable, ids);
    const places = this.rowsAt(this.parameters.positionTable, positions);
    if (positions.shape[0] !== length) return ops.add(tokens, places);
    const sum = ops.add(ops.reshape(tokens, [sequences, length, hidden]), places);
    return ops.reshape(sum, [sequences * length, hidden]);
  }

  rowsAt(table: Matrix, ids: DryTensor): DryTensor {
    const { ops } = this;
    if (isPackedMatrix(table)) return ops.fresh(ids, [ids.shape[0]!, table.layout.columns]);
    return ops.engine.customOp(
      [table],
      () => ops.fresh(table, [ids.shape[0]!, table.shape[1]!]),
      (dy) => {
        const scattered = ops.fresh(dy, table.shape);
        return [() => scattered];
      },
    );
  }

  private block(
    layer: Layer,
    x: DryTensor,
    batch: Batch,
    cache: Cache | null,
    index: number,
  ): DryTensor {
    const { ops } = this;
    const attended = ops.add(
      x,
      this.attention(layer, this.normalize(x, layer.norm1), batch, cache, index),
    );
    const inner = this.gelu(this.apply(layer.up, this.normalize(attended, layer.norm2)));
    return ops.add(attended, this.apply(layer.down, inner));
  }

  attention(
    layer: Layer,
    x: DryTensor,
    batch: Batch,
    cache: Cache | null,
    index: number,
  ): DryTensor {
    const { ops } = this;
    const queries = this.toHeads(ops.mul(this.apply(layer.query, x), 1), batch);
    let keys = this.toHeads(this.apply(layer.key, x), batch);
    let values = this.toHeads(this.apply(layer.value, x), batch);
    if (cache) ({ keys, values } = cache(index, keys, values));
    let scores = ops.matMul(queries, keys, true);
    if (batch.mask) scores = ops.add(scores, batch.mask);
    return this.apply(
      layer.projection,
      this.fromHeads(ops.matMul(ops.softmax(scores), values), batch),
    );
  }

  private toHeads(x: DryTensor, { sequences, length }: Batch): DryTensor {
    const {
      ops,
      model: { heads, headDim },
    } = this;
    if (length === 1 || heads === 1) return ops.reshape(x, [sequences, heads, length, headDim]);
    return ops.transpose(ops.reshape(x, [sequences, length, heads, headDim]), [0, 2, 1, 3]);
  }

  private fromHeads(x: DryTensor, { sequences, length }: Batch): DryTensor {
    const {
      ops,
      model: { heads, hidden },
    } = this;
    const rows = length === 1 || heads === 1 ? x : ops.transpose(x, [0, 2, 1, 3]);
    return ops.reshape(rows, [sequences * length, hidden]);
  }

  apply(linear: Affine, x: DryTensor): DryTensor {
    return this.ops.add(this.times(x, linear.weight), linear.bias);
  }

  /** A packed matrix is unpacked row by row within the product, which allocates nothing but its result. */
  private times(x: DryTensor, matrix: Matrix): DryTensor {
    return isPackedMatrix(matrix)
      ? this.ops.fresh(x, [x.shape[0]!, matrix.layout.rows])
      : this.ops.matMul(x, matrix);
  }

  gelu(x: DryTensor): DryTensor {
    const { ops } = this;
    const inner = ops.mul(x, ops.add(ops.mul(ops.square(x), 1), 1));
    return ops.mul(ops.mul(x, 1), ops.add(ops.tanh(inner), 1));
  }
}

function isPackedMatrix(matrix: Matrix): matrix is DryPacked {
  return 'layout' in matrix;
}

function trainable(matrix: Matrix): DryTensor {
  if (isPackedMatrix(matrix)) throw new Error('a packed matrix cannot be trained');
  return matrix;
}
