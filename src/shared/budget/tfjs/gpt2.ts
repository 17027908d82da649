/**
 * The bundled GPT-2 as a dry program: the operations of its forward pass, in their order.
 * Symbols: B sequences, T tokens each in this pass, N = B·T, d hidden, h heads, V vocabulary.
 */
import type { ModelSpec } from '../../model/spec';
import type { DryBatch } from './batch';
import type { DryTensor } from './engine';
import type { Ops } from './ops';
import {
  type Affine,
  type DryLayer,
  isPackedMatrix,
  layerVariables,
  type Matrix,
  type Norm,
  type Parameters,
  trainable,
} from './parameters';

export interface CachePair {
  readonly keys: DryTensor;
  readonly values: DryTensor;
}
export type Cache = (layer: number, keys: DryTensor, values: DryTensor) => CachePair;

export class Gpt2 {
  readonly #ops: Ops;
  readonly #model: ModelSpec;
  readonly #parameters: Parameters;

  constructor(ops: Ops, model: ModelSpec, parameters: Parameters) {
    this.#ops = ops;
    this.#model = model;
    this.#parameters = parameters;
  }

  /** [N] ids to [N, d]; each block's transients go with its scope. */
  runBlocks(batch: DryBatch, cache: Cache | null): DryTensor {
    const { engine } = this.#ops;
    let x = engine.tidy(() => this.#embed(batch));
    for (const [index, layer] of this.#parameters.layers.entries()) {
      const input = x;
      x = engine.withinBlock(index, () =>
        engine.tidy(() => this.#block(layer, input, batch, cache, index)),
      );
      engine.dispose(input);
    }
    return x;
  }

  /** The same in segments of `length` layers which keep their input alone, and run again for their gradient. */
  runRecomputed(batch: DryBatch, length: number): DryTensor {
    const { engine } = this.#ops;
    const { layers } = this.#parameters;
    let x = engine.tidy(() => this.#embed(batch));
    for (let first = 0; first < layers.length; first += length) {
      const input = x;
      x = this.#segment(layers.slice(first, first + length), first, input, batch);
      engine.dispose(input);
    }
    return x;
  }

  #segment(layers: readonly DryLayer[], first: number, x: DryTensor, batch: DryBatch): DryTensor {
    const { engine } = this.#ops;
    const variables = layers.flatMap(layerVariables);
    return engine.customOp(
      [x, ...variables],
      (save) => {
        save(x);
        return this.#runLayers(layers, first, x, batch);
      },
      (dy, saved) => {
        const input = saved[0]!;
        const gradients = engine.recompute(
          () => this.#runLayers(layers, first, input, batch),
          [input, ...variables],
          dy,
          (a, b) => this.#ops.add(a, b),
        );
        return gradients.map((gradient) => () => gradient);
      },
    );
  }

  /** `first`: which of the model's layers the first of these is. */
  #runLayers(layers: readonly DryLayer[], first: number, x: DryTensor, batch: DryBatch): DryTensor {
    const { engine } = this.#ops;
    return layers.reduce((input, layer, index) => {
      const output = engine.withinBlock(first + index, () =>
        engine.tidy(() => this.#block(layer, input, batch, null, index)),
      );
      if (index > 0) engine.dispose(input);
      return output;
    }, x);
  }

  normalize(x: DryTensor, norm: Norm): DryTensor {
    const ops = this.#ops;
    const centred = ops.sub(x, ops.meanKept(x, 1));
    const variance = ops.meanKept(ops.square(centred), 1);
    const scaled = ops.mul(centred, ops.rsqrt(ops.add(variance, 1)));
    return ops.add(ops.mul(scaled, norm.gain), norm.bias);
  }

  /** Logits [B, V] after each sequence's last token. */
  lastLogits(x: DryTensor, { sequences, length }: DryBatch): DryTensor {
    const ops = this.#ops;
    const { hidden } = this.#model;
    return ops.engine.tidy(() => {
      const last =
        length === 1
          ? x
          : ops.reshape(
              ops.fresh(ops.reshape(x, [sequences, length, hidden]), [sequences, 1, hidden]),
              [sequences, hidden],
            );
      return this.#logits(last);
    });
  }

  /** Mean cross-entropy of every position [N, d], without a gradient. */
  score(x: DryTensor, targets: DryTensor): DryTensor {
    return this.#ops.engine.tidy(() => this.#crossEntropy(this.#logits(x), targets));
  }

  /** Logits [R, V] after each of R positions [R, d]. */
  #logits(x: DryTensor): DryTensor {
    const ops = this.#ops;
    const { hidden, vocab } = this.#model;
    const { tokenTable, outerNorm } = this.#parameters;
    const normal = this.normalize(x, outerNorm);
    if (isPackedMatrix(tokenTable)) return this.#times(normal, tokenTable);
    const rows = normal.shape[0]!;
    const columns = rows === 1 ? ops.reshape(normal, [hidden, 1]) : ops.transpose(normal, [1, 0]);
    const logits = ops.matMul(tokenTable, columns);
    return rows === 1 ? ops.reshape(logits, [1, vocab]) : ops.transpose(logits, [1, 0]);
  }

  /** The loss of training, as the share of a step scaled. */
  loss(normal: DryTensor, targets: DryTensor, share: boolean): DryTensor {
    const mean = this.#crossEntropy(
      this.#ops.matMul(normal, trainable(this.#parameters.tokenTable), true),
      targets,
    );
    return share ? this.#ops.mul(mean, 1) : mean;
  }

  /** Mean over [N, V] logits: keeps the probabilities where a gradient is wanted, and one N·V buffer more while it computes. */
  #crossEntropy(logits: DryTensor, targets: DryTensor): DryTensor {
    const ops = this.#ops;
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

  #embed({ sequences, length, ids, positions }: DryBatch): DryTensor {
    const ops = this.#ops;
    const { hidden } = this.#model;
    const tokens = this.rowsAt(this.#parameters.tokenTable, ids);
    const places = this.rowsAt(this.#parameters.positionTable, positions);
    if (positions.shape[0] !== length) return ops.add(tokens, places);
    const sum = ops.add(ops.reshape(tokens, [sequences, length, hidden]), places);
    return ops.reshape(sum, [sequences * length, hidden]);
  }

  rowsAt(table: Matrix, ids: DryTensor): DryTensor {
    const ops = this.#ops;
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

  #block(
    layer: DryLayer,
    x: DryTensor,
    batch: DryBatch,
    cache: Cache | null,
    index: number,
  ): DryTensor {
    const ops = this.#ops;
    const attended = ops.add(
      x,
      this.attention(layer, this.normalize(x, layer.norm1), batch, cache, index),
    );
    const inner = this.gelu(this.apply(layer.up, this.normalize(attended, layer.norm2)));
    return ops.add(attended, this.apply(layer.down, inner));
  }

  attention(
    layer: DryLayer,
    x: DryTensor,
    batch: DryBatch,
    cache: Cache | null,
    index: number,
  ): DryTensor {
    const ops = this.#ops;
    const queries = this.#toHeads(ops.mul(this.apply(layer.query, x), 1), batch);
    let keys = this.#toHeads(this.apply(layer.key, x), batch);
    let values = this.#toHeads(this.apply(layer.value, x), batch);
    if (cache) ({ keys, values } = cache(index, keys, values));
    let scores = ops.matMul(queries, keys, true);
    if (batch.mask) scores = ops.add(scores, batch.mask);
    return this.apply(
      layer.projection,
      this.#fromHeads(ops.matMul(ops.softmax(scores), values), batch),
    );
  }

  #toHeads(x: DryTensor, { sequences, length }: DryBatch): DryTensor {
    const ops = this.#ops;
    const { heads, headDim } = this.#model;
    if (length === 1 || heads === 1) return ops.reshape(x, [sequences, heads, length, headDim]);
    return ops.transpose(ops.reshape(x, [sequences, length, heads, headDim]), [0, 2, 1, 3]);
  }

  #fromHeads(x: DryTensor, { sequences, length }: DryBatch): DryTensor {
    const ops = this.#ops;
    const { heads, hidden } = this.#model;
    const rows = length === 1 || heads === 1 ? x : ops.transpose(x, [0, 2, 1, 3]);
    return ops.reshape(rows, [sequences * length, hidden]);
  }

  apply(linear: Affine, x: DryTensor): DryTensor {
    return this.#ops.add(this.#times(x, linear.weight), linear.bias);
  }

  /** A packed matrix is unpacked row by row within the product, which allocates nothing but its result. */
  #times(x: DryTensor, matrix: Matrix): DryTensor {
    return isPackedMatrix(matrix)
      ? this.#ops.fresh(x, [x.shape[0]!, matrix.layout.rows])
      : this.#ops.matMul(x, matrix);
  }

  gelu(x: DryTensor): DryTensor {
    const ops = this.#ops;
    const inner = ops.mul(x, ops.add(ops.mul(ops.square(x), 1), 1));
    return ops.mul(ops.mul(x, 1), ops.add(ops.tanh(inner), 1));
  }
}
