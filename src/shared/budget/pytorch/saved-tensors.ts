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
 *  - dropout saves a mask of bytes, and not its input.
 *  - A view is saved as the whole tensor it looks into: values that are a part of one fused projection keep queries and keys
 *    beside them, though those have been rotated into tensors of their own.
 *  - PEFT computes an adapter of a half-precision model in fp32: each adapter casts its layer's input by itself, and the
 *    cast is what its first matrix saves (peft/tuners/tuners_utils.py, `_cast_input_dtype`).
 *  - Experts run as one grouped multiplication over copies of the tokens, sorted by expert
 *    (transformers/integrations/moe.py); their output is saved once, for the gradient of the routing weights.
 */
import { findImplementation } from '../../model/families';
import type { Implementation } from '../../model/families/family';
import type { Role } from '../../model/roles';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { type LayerKind, PLAIN } from '../../model/weights';
import { takesRole } from '../../model/weights/adapters';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { savedByActivation } from './activation';
import { type AttentionKernel, findAttention } from './attention';
import { savedByRouter, savedByWideExperts } from './experts';
import { type LayerShape, layerShape, outputWidth, type Sublayer } from './layer-shape';
import { savedByLinearAttention } from './linear-attention';
import { savedByNorm } from './norm';
import { areKeysValues, savedByQueryKeyNorms } from './query-key-norms';
import { savedByRelativeScores } from './relative-scores';
import type { SavedTensor } from './saved-tensor';
import type { ElementBytes } from './types';

/**
 * Of one layer of a model all of whose layers are of its kind (`modelOfKind`). A `cross` one attends to the output of an encoder
 * over as many tokens besides its own.
 */
export function savedTensors(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  kind: Partial<LayerKind> = {},
): readonly SavedTensor[] {
  const { cross = false, linear = false } = kind;
  const tape = new LayerTape(model, run, shard, types, { ...PLAIN, ...kind });
  if (linear) tape.saveLinearAttention(savedByLinearAttention(model, run, shard, types));
  else tape.saveSelfAttention(cross);
  if (cross) tape.saveCrossAttention();
  tape.saveFeedForward();
  if (model.layerInputs) tape.saveLayerInput(model.layerInputs.width);
  return tape.tensors;
}

const QKV: readonly Role[] = ['qkv'];
const QUERY: readonly Role[] = ['query'];
const Q_K: readonly Role[] = ['query', 'key'];
const Q_K_V: readonly Role[] = ['query', 'key', 'value'];

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
  readonly #kernel: AttentionKernel;

  readonly #kind: LayerKind;

  constructor(model: ModelSpec, run: RunSpec, shard: Shard, types: ElementBytes, kind: LayerKind) {
    this.#kind = kind;
    this.#model = model;
    this.#run = run;
    this.#types = types;
    this.#shape = layerShape(model, shard, run.batch, run.seq);
    this.#code = findImplementation(model);
    this.#stream = [split(run.batch * run.seq, shard.sequence), model.hidden];
    this.#rank = run.loraRank ?? 0;
    this.#kernel = findAttention(model, run, types);
  }

  /** A fused kernel takes a decoder's relative positions as one mask, which each layer lays over the causal one by itself. */
  saveSelfAttention(decoder: boolean): void {
    this.#norm('norm1');
    this.#inputs('qkv', 'input of the projections', this.#stream, this.#projections());
    this.tensors.push(
      ...savedByQueryKeyNorms(this.#model, this.#run, this.#shape, this.#types, this.#kind),
    );
    this.#attention('attention');
    const { relativeBuckets } = this.#model;
    if (decoder && relativeBuckets !== undefined && !this.#kernel.keepsScores) {
      const square = [this.#shape.heads, this.#run.seq, this.#run.seq];
      this.#save(
        'attention',
        'relative positions under the causal mask',
        square,
        this.#types.compute,
      );
      this.#save('attention', 'causal mask', square.slice(1), 1);
    }
    if (this.#kernel.keepsScores)
      this.tensors.push(...savedByRelativeScores(this.#model, this.#run, this.#shape, this.#types));
    this.#attentionOutput('output');
  }

  /** A gate over the stream, its function and what it lets through of the layer's own vector; and a norm behind it. */
  saveLayerInput(width: number): void {
    const { compute: c } = this.#types;
    const narrow = [this.#stream[0], width];
    this.#save('down', 'input of the gate of the layer’s own vector', this.#stream, c);
    this.#save('down', 'that gate, its function, and what it lets through', narrow, c, 3);
    this.#norm('norm2');
  }

  /** Latent attention reads its input twice: for queries, and for what keys and values are made of. */
  #projections(): readonly Role[] {
    if (this.#model.latentAttention) return Q_K;
    if (this.#kind.reading) return QUERY;
    if (areKeysValues(this.#model, this.#kind)) return Q_K;
    return this.#code.fusedProjection ? QKV : Q_K_V;
  }

  saveLinearAttention(tensors: readonly SavedTensor[]): void {
    this.#norm('norm1');
    this.tensors.push(...tensors);
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
    if (experts) {
      if (this.#rank === 0) this.#save('up', 'input of the router', this.#stream, c);
      if (this.#rank === 0 && this.#code.routerInFp32 && c < 4 && !autocast)
        this.#save('up', 'input of the router in fp32', this.#stream, 4);
      this.tensors.push(...savedByRouter(experts, this.#model.hidden, this.#run, this.#types));
    }
    if (experts?.beside) this.#expertsBeside();
    if (experts && autocast && this.#rank === 0) {
      this.tensors.push(...savedByWideExperts(this.#model, this.#run, this.#shape, this.#types));
      if (layerNorms === 4) this.#norm('norm2');
      return;
    }
    const gated: readonly Role[] = this.#code.fusedGate ? ['gateUp'] : ['gate', 'up'];
    const into: readonly Role[] = activation === 'swiglu' ? gated : ['up'];
    // Beside attention it reads the tensor that the projections have saved.
    if (layerNorms !== 1 || autocast || this.#rank > 0)
      this.#inputs('up', 'input of the feed-forward network', this.#stream, into, routed);
    const inner = [tokens, ffn];
    this.tensors.push(...savedByActivation(this.#model, this.#run, this.#types, inner));
    this.#inputs('down', 'input of the down projection', inner, ['down']);
    if (layerNorms === 4) this.#norm('norm2');
    if (experts)
      this.#save('down', 'output of the experts', [tokens * routed, this.#model.hidden], c);
    this.#residualDropout('down');
  }

  /**
   * Experts that read the stream beside the dense network: norms of either's output and of theirs, of the stream once more for
   * them and, scaled by a vector, for the router; and the input of the dense network, which is another than theirs.
   */
  #expertsBeside(): void {
    const { compute: c, residual, autocast } = this.#types;
    this.#norm('norm2');
    this.#norm('norm2');
    this.#normalized('norm2', this.#stream, this.#stream[0], residual, true);
    if (residual < 4) this.#save('norm2', 'input of the router in fp32', this.#stream, 4);
    this.#save('norm2', 'root mean square of the router’s input', [this.#stream[0]], 4, 2);
    this.#save('norm2', 'input of the router, before it is scaled', this.#stream, residual);
    if (!autocast) this.#save('up', 'input of the dense network', this.#stream, c);
  }

  /**
   * What linear layers that read the same tensor save of it: the tensor once where their weights train, a cast for each
   * under autocast, and with adapters what the adapted ones alone need.
   */
  #inputs(
    sublayer: Sublayer,
    name: string,
    shape: readonly number[],
    readers: readonly Role[],
    times = 1,
  ): void {
    const { compute: c, autocast, adapter } = this.#types;
    if (this.#rank === 0) {
      this.#save(sublayer, name, shape, c, (autocast ? readers.length : 1) * times);
      return;
    }
    const adapted = readers.filter((role) => this.#adapts(role)).length * times;
    if (adapted === 0) return;
    const { loraDropout = 0 } = this.#run;
    // Half precision: a cast to the adapter's type for each; dropped, a tensor of its own for each too.
    const apart = autocast || adapter !== c || loraDropout > 0;
    const element = autocast ? c : adapter;
    this.#save(sublayer, name, shape, element, apart ? adapted : 1);
    if (loraDropout > 0) this.#save(sublayer, 'dropout mask of the adapters', shape, 1, adapted);
    this.#narrow(sublayer, element, adapted);
    for (const role of readers) if (this.#adapts(role)) this.#magnitude(sublayer, role, times);
  }

  /** DoRA scales the outputs of the matrix and of its adapter, each of which that saves (peft/tuners/lora/dora.py). */
  #magnitude(sublayer: Sublayer, role: Role, times = 1): void {
    if (!this.#run.dora) return;
    const { batch: B, seq: n } = this.#run;
    const { compute: c, autocast, adapter } = this.#types;
    const shape = [B, n, outputWidth(role, this.#shape, this.#model.hidden)];
    this.#save(sublayer, 'outputs that DoRA scales', shape, c, times);
    this.#save(
      sublayer,
      'outputs of the adapter that DoRA scales',
      shape,
      autocast ? c : adapter,
      times,
    );
  }

  #adapts(role: Role): boolean {
    return takesRole(this.#model, role, this.#run.loraTargets ?? 'query-value');
  }

  /** The rank-wide products between the two matrices of `count` adapters. */
  #narrow(sublayer: Sublayer, element: number, count: number): void {
    const { batch: B, seq: n } = this.#run;
    this.#save(sublayer, 'what adapters narrow to', [B, n, this.#rank], element, count);
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
    // Beside attention the second norm reads what the first has saved.
    const shared = sublayer === 'norm2' && this.#model.parallel === true;
    this.#normalized(sublayer, this.#stream, this.#stream[0], this.#types.residual, shared);
  }

  /** A norm of `rows` rows over a tensor of `element` bytes, which with `shared` has been saved already. */
  #normalized(
    sublayer: Sublayer,
    shape: readonly number[],
    rows: number,
    element: number,
    shared = false,
  ): void {
    for (const tensor of savedByNorm(this.#model, this.#run, element, shared))
      this.#save(
        sublayer,
        tensor.name,
        tensor.of === 'rows' ? [rows] : shape,
        tensor.element,
        tensor.count,
      );
  }

  #attention(sublayer: 'attention' | 'crossAttention'): void {
    const { batch: B, seq: n } = this.#run;
    const { queryWidth, kvWidth, heads } = this.#shape;
    const { keepsScores, queries, values } = this.#kernel;
    this.#compressed();
    this.#save(sublayer, 'queries', [B, n, queryWidth], queries);
    // A layer that reads an earlier one's keys and values as they are keeps nothing new.
    const isNew = this.#expandsKeys || !this.#kind.reading ? 1 : 0;
    this.#save(sublayer, 'keys', [B, n, this.#expandsKeys ? queryWidth : kvWidth], queries, isNew);
    this.#save(sublayer, 'values', [B, n, this.#savedValueWidth()], values, isNew);
    if (this.#kernel.masked) this.#save(sublayer, 'mask', [B, n, n], this.#types.compute);
    if (keepsScores) this.#scores(sublayer);
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
    // A norm that casts nothing keeps the tensor it looks into, and the rotated part of the key beside.
    if (this.#types.compute === 4)
      this.#save('qkv', 'what is rotated of the key', [B, n, latent.ropeDim], 4);
  }

  get #expandsKeys(): boolean {
    const { expandsKeys } = this.#kernel;
    return expandsKeys || (this.#code.expandsGroups === true && this.#model.kvHeads > 1);
  }

  #savedValueWidth(): number {
    const { latentAttention: latent } = this.#model;
    const { valueWidth, kvWidth } = this.#shape;
    if (this.#expandsKeys) return valueWidth;
    // A fused kernel keeps views: of latent attention's values with the plain keys projected beside them, and of values
    // that are part of one projection with queries and keys that rotation has made tensors of their own since.
    if (this.#code.fusedProjection && this.#model.positions === 'rotary')
      return this.#shape.queryWidth + 2 * kvWidth;
    return latent ? (valueWidth / latent.valueDim) * (latent.plainDim + latent.valueDim) : kvWidth;
  }

  /** Of attention that keeps its scores, [B, h, n, n]. */
  #scores(sublayer: Sublayer): void {
    const { batch: B, seq: n, dropout = 0 } = this.#run;
    const square = [B, this.#shape.heads, n, n];
    const { weights, capped } = this.#kernel;
    const [softmax, multiplied] = weights;
    const c = multiplied ?? softmax;
    // The mask that they are added to first is as wide as the stream.
    if (this.#code.clampsScores)
      this.#save(sublayer, 'scores before the clamp', square, this.#types.residual, 1, true);
    if (capped) this.#save(sublayer, 'tanh of the scores', square, this.#kernel.scores, 1, true);
    // Softmax keeps its result, the multiplication with the values what it is given: the same tensor if nothing is between.
    if (multiplied !== undefined)
      this.#save(sublayer, 'attention weights in fp32', square, softmax, 1, true);
    if (multiplied === undefined || dropout === 0)
      this.#save(sublayer, 'attention weights', square, c, 1, true);
    if (dropout > 0) {
      this.#save(sublayer, 'attention weights after dropout', square, c, 1, true);
      this.#save(sublayer, 'dropout mask', square, 1, 1, true);
    }
  }

  /** A fused kernel keeps its output, which is the projection's input, in any case. */
  #attentionOutput(sublayer: 'output' | 'crossOutput'): void {
    const { batch: B, seq: n } = this.#run;
    const { compute: c, autocast, adapter } = this.#types;
    const output = [B, n, this.#shape.valueWidth];
    const name = 'input of the output projection';
    if (this.#kernel.copiesOutput) this.#save(sublayer, 'output of the kernel', output, c);
    if (this.#model.attentionGate)
      this.#save(sublayer, 'output of attention, and its gate', output, c, 2);
    if (this.#kernel.keepsScores) {
      this.#inputs(sublayer, name, output, ['output']);
    } else {
      this.#save(sublayer, name, output, c);
      const isCast = !autocast && (adapter !== c || (this.#run.loraDropout ?? 0) > 0);
      if (this.#rank > 0 && isCast) this.#inputs(sublayer, `${name}, cast`, output, ['output']);
      else if (this.#rank > 0 && this.#adapts('output')) {
        this.#narrow(sublayer, c, 1);
        this.#magnitude(sublayer, 'output');
      }
    }
    this.#residualDropout(sublayer);
  }

  #residualDropout(sublayer: Sublayer): void {
    const { dropout = 0 } = this.#run;
    if (dropout > 0 && this.#code.residualDropout)
      this.#save(sublayer, 'dropout mask', this.#stream, 1);
  }
}
