/**
 * What autograd saves of one layer: a table of tensors, in the order in which forward makes them. Backward goes through
 * the sublayers in reverse and frees each as it is done with it.
 *
 * Shapes: B sequences, n tokens, N = B·n, d width, h heads of width k, f feed-forward width. A rank of tensor
 * parallelism holds its share of what lies inside attention and feed-forward network, and the whole of what lies
 * between them unless that is split along the sequence.
 *
 * Rules of autograd on which the table rests (torch/csrc/autograd, derivatives.yaml):
 *  - A linear layer saves its input if its weight is trained, and its weight.
 *  - LayerNorm saves input, mean and reciprocal deviation; softmax, tanh and relu save their result, silu and gelu
 *    their input; a product saves each factor whose partner needs a gradient; a sum saves nothing.
 *  - A fused attention kernel saves q, k, v, its output and the log-sum-exp in fp32, and never the scores.
 *  - Autocast casts the input of each linear layer anew, and each cast is saved.
 *  - dropout saves a mask of bytes.
 */
import { findImplementation } from '../../model/families';
import type { Implementation } from '../../model/families/family';
import type { Experts, ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { type LayerShape, layerShape, type Sublayer } from './layer-shape';
import { type ElementBytes, softmaxInFp32 } from './types';

export interface SavedTensor {
  readonly name: string;
  readonly sublayer: Sublayer;
  readonly shape: readonly number[];
  /** Bytes of one element. */
  readonly element: number;
  readonly count: number;
  /** Attention weights and their masks: what selective checkpointing computes again. */
  readonly scores: boolean;
}

export function countElements(tensor: SavedTensor): number {
  let product = 1;
  for (const length of tensor.shape) product *= length;
  return product;
}

/** Of one layer; with `cross` of one that attends to the output of an encoder over as many tokens besides its own. */
export function savedTensors(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  cross = false,
): readonly SavedTensor[] {
  const tape = new LayerTape(model, run, shard, types);
  tape.saveSelfAttention();
  if (cross) tape.saveCrossAttention();
  tape.saveFeedForward();
  return tape.tensors;
}

class LayerTape {
  readonly tensors: SavedTensor[] = [];
  readonly #model: ModelSpec;
  readonly #run: RunSpec;
  readonly #types: ElementBytes;
  readonly #shape: LayerShape;
  readonly #code: Implementation;
  /** [N, d] as it lies between tensor-parallel regions. */
  readonly #stream: readonly [rows: number, width: number];
  readonly #rank: number;
  /** Every linear layer has a weight, its own or an adapter's, whose gradient needs the input. */
  readonly #everyLinear: boolean;
  readonly #eager: boolean;

  constructor(model: ModelSpec, run: RunSpec, shard: Shard, types: ElementBytes) {
    this.#model = model;
    this.#run = run;
    this.#types = types;
    this.#shape = layerShape(model, shard, run.batch, run.seq);
    this.#code = findImplementation(model);
    this.#stream = [split(run.batch * run.seq, shard.sequence), model.hidden];
    this.#rank = run.loraRank ?? 0;
    this.#everyLinear = this.#rank === 0 || run.loraTargets === 'all-linear';
    this.#eager = run.attention === 'eager';
  }

  saveSelfAttention(): void {
    const { autocast } = this.#types;
    const { fusedProjection } = this.#code;
    this.#norm('norm1');
    const casts = autocast && !fusedProjection ? 3 : 1;
    // Adapters of queries and values leave the keys without one: two casts are read again at most.
    const read = autocast && !this.#everyLinear ? Math.min(casts, 2) : casts;
    this.#save('qkv', 'input of the projections', this.#stream, this.#types.compute, read);
    const adapted = this.#everyLinear ? 3 : 2;
    this.#narrow('qkv', fusedProjection ? 1 : adapted);
    this.#attention('attention');
    this.#narrow('output', this.#everyLinear ? 1 : 0);
    this.#attentionOutput('output');
  }

  /** Keys and values are projected from the encoder's output, which all layers share; autocast casts it for each. */
  saveCrossAttention(): void {
    const { compute: c, autocast } = this.#types;
    this.#norm('crossNorm');
    this.#save('crossQkv', 'input of the query projection', this.#stream, c);
    if (autocast) this.#save('crossQkv', 'casts of the encoder’s output', this.#stream, c, 2);
    this.#attention('crossAttention');
    this.#attentionOutput('crossOutput');
  }

  saveFeedForward(): void {
    const { activation, experts, layerNorms = 2 } = this.#model;
    const { compute: c, autocast } = this.#types;
    const { routed, ffn } = this.#shape;
    const tokens = this.#run.batch * this.#run.seq;
    // One of attention's output, and one before the network unless it runs beside attention, on the same norm.
    if (layerNorms === 4) this.#norm('norm2');
    if (layerNorms !== 1) this.#norm('norm2');
    if (experts) this.#router(experts);
    const inputs = activation === 'swiglu' ? 2 : 1;
    // Beside attention it reads the tensor that the projections have saved.
    if (this.#everyLinear && (layerNorms !== 1 || autocast))
      this.#save(
        'up',
        'input of the feed-forward network',
        this.#stream,
        c,
        (autocast ? inputs : 1) * routed,
      );
    this.#narrow('up', this.#everyLinear ? inputs * routed : 0);
    this.#narrow('down', this.#everyLinear ? routed : 0);
    const inner = [tokens, ffn];
    this.#activation(inner);
    if (this.#everyLinear) this.#save('down', 'input of the down projection', inner, c);
    if (layerNorms === 4) this.#norm('norm2');
    if (experts)
      this.#save(
        'down',
        'output of the experts, plain and weighted',
        [tokens * routed, this.#model.hidden],
        c,
        2,
      );
    this.#residualDropout('down');
  }

  #save(
    sublayer: Sublayer,
    name: string,
    shape: readonly number[],
    element: number,
    count = 1,
    scores = false,
  ): void {
    this.tensors.push({ sublayer, name, shape, element, count, scores });
  }

  #norm(sublayer: 'norm1' | 'norm2' | 'crossNorm'): void {
    const { residual } = this.#types;
    const [rows] = this.#stream;
    if (this.#model.norm === 'layernorm') {
      this.#save(sublayer, 'input', this.#stream, residual);
      this.#save(sublayer, 'mean and reciprocal deviation', [rows], 4, 2);
      return;
    }
    // Written out in fp32: the input (a copy of a half-precision one), 1/rms, and the normalized value for the scale.
    this.#save(sublayer, 'input in fp32', this.#stream, 4);
    if (this.#code.normKeepsInput && residual < 4)
      this.#save(sublayer, 'input', this.#stream, residual);
    this.#save(sublayer, 'reciprocal root mean square', [rows], 4);
    if (this.#rank === 0) this.#save(sublayer, 'normalized', this.#stream, residual);
  }

  /** The rank-wide products between the two matrices of `count` adapters. */
  #narrow(sublayer: Sublayer, count: number): void {
    const { batch: B, seq: n } = this.#run;
    if (this.#rank > 0 && count > 0)
      this.#save(
        sublayer,
        'what adapters narrow to',
        [B, n, this.#rank],
        this.#types.compute,
        count,
      );
  }

  #attention(sublayer: 'attention' | 'crossAttention'): void {
    const { batch: B, seq: n } = this.#run;
    const { compute: c } = this.#types;
    const { queryWidth, kvWidth, heads } = this.#shape;
    this.#compressed();
    this.#save(sublayer, 'queries', [B, n, queryWidth], c);
    // Eager attention repeats grouped keys and values for every query head.
    this.#save(sublayer, 'keys', [B, n, this.#eager ? queryWidth : kvWidth], c);
    this.#save(sublayer, 'values', [B, n, this.#savedValueWidth()], c);
    if (this.#eager) this.#scores(sublayer);
    else this.#save(sublayer, 'log-sum-exp', [B, heads, n], 4);
  }

  /** Of latent attention: the compressed vectors, their norms' copies in fp32 and what the second projections read. */
  #compressed(): void {
    const { latentAttention: latent } = this.#model;
    if (!latent) return;
    const { batch: B, seq: n } = this.#run;
    const element = 4 + 2 * this.#types.compute;
    if (latent.queryRank !== null)
      this.#save('qkv', 'compressed query', [B, n, latent.queryRank], element);
    this.#save('qkv', 'compressed key and value', [B, n, latent.kvRank], element);
  }

  #savedValueWidth(): number {
    const { latentAttention: latent } = this.#model;
    const { valueWidth, kvWidth } = this.#shape;
    if (this.#eager) return valueWidth;
    // A fused kernel keeps a view of latent attention's values, and with it the plain keys projected beside them.
    return latent ? (valueWidth / latent.valueDim) * (latent.plainDim + latent.valueDim) : kvWidth;
  }

  /** Of eager attention, [B, h, n, n]. */
  #scores(sublayer: Sublayer): void {
    const { batch: B, seq: n, dropout = 0 } = this.#run;
    const { compute: c } = this.#types;
    const square = [B, this.#shape.heads, n, n];
    if (softmaxInFp32(this.#model, this.#run))
      this.#save(sublayer, 'attention weights in fp32', square, 4, 1, true);
    this.#save(sublayer, 'attention weights', square, c, 1, true);
    if (dropout > 0) {
      this.#save(sublayer, 'attention weights after dropout', square, c, 1, true);
      this.#save(sublayer, 'dropout mask', square, 1, 1, true);
    }
  }

  /** A fused kernel keeps its output, which is the projection's input, in any case. */
  #attentionOutput(sublayer: 'output' | 'crossOutput'): void {
    const { batch: B, seq: n } = this.#run;
    if (this.#everyLinear || !this.#eager)
      this.#save(
        sublayer,
        'input of the output projection',
        [B, n, this.#shape.valueWidth],
        this.#types.compute,
      );
    this.#residualDropout(sublayer);
  }

  #residualDropout(sublayer: Sublayer): void {
    const { dropout = 0 } = this.#run;
    if (dropout > 0 && this.#code.residualDropout)
      this.#save(sublayer, 'dropout mask', this.#stream, 1);
  }

  /** The router reads the normalized input, and so do shared experts; a token is copied for each expert it goes to. */
  #router({ total, active }: Experts): void {
    const { compute: c } = this.#types;
    const tokens = this.#run.batch * this.#run.seq;
    if (this.#everyLinear) this.#save('up', 'input of the router', this.#stream, c);
    this.#save('up', 'probabilities of the experts', [tokens, total], 4);
    this.#save('up', 'chosen experts, and which rows go where', [tokens, active], 8, 3);
    this.#save(
      'up',
      'weights of the chosen, before and after they add up to one',
      [tokens, active],
      4 + c,
    );
    this.#save('up', 'their sum', [tokens], 4);
  }

  #activation(inner: readonly number[]): void {
    const { compute: c, autocast } = this.#types;
    const { activation, activationComposed } = this.#model;
    if (activation === 'swiglu') {
      this.#save('activation', 'gate', inner, c);
      this.#save('activation', 'silu of the gate', inner, c);
      this.#save('activation', 'up', inner, c);
    } else if (activation === 'relu') {
      // relu saves its result, which is the next layer's input: one tensor, counted there.
      if (!this.#everyLinear || autocast) this.#save('activation', 'relu', inner, c);
    } else if (activationComposed) {
      // 0.5·u·(1 + tanh(√(2/π)·(u + 0.044715·u³))), one kernel an operation; autocast takes the power in fp32.
      const wide = autocast ? 4 : c;
      this.#save('activation', 'inner value', inner, wide);
      this.#save('activation', 'tanh, and one plus it', inner, wide, 2);
      this.#save('activation', 'half the inner value', inner, c);
    } else {
      this.#save('activation', 'inner value', inner, c);
    }
  }
}
