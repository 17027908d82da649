/**
 * Forward passes without autograd: nothing is saved, so one layer's tensors are all that lives beside the weights, the
 * keys and values, and the logits.
 *
 * Generation takes the prompt in at once, with logits for its last token alone (transformers since 4.45, before it for
 * all of them); each token after it goes into the cache. The cache of transformers (DynamicCache) appends by
 * concatenation, so that while one layer's keys grow the old and the new tensor exist together. Models that pass the
 * cache as tuples concatenate as well, but the caller holds the old tuple until the new one is whole: two caches. A
 * static cache has its full length from the start. The last token produced is never fed, so a growing cache ends one
 * short of the sequence.
 *
 * An encoder-decoder takes the prompt into its encoder. From then on its output stays, and for each layer of the decoder
 * the keys and values of cross-attention, made once; the decoder's own cache grows from its start token.
 */

import type { Bytes } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { findImplementation } from '../../model/families';
import { latentKvWidth } from '../../model/kv';
import { hasLmHead } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import type { ModelSpec, RunSpec } from '../../model/spec';
import {
  groupLayers,
  hasOwnShapes,
  kindOfLayer,
  type LayerGroup,
  modelOfKind,
} from '../../model/weights';
import type { Shard } from '../sharding/shard';
import { countWeights, split } from '../weights';
import { TensorSum } from './allocator';
import { attentionMasks } from './attention';
import { buildHead } from './head';
import { type Holding, hold } from './holding';
import { layerInputElements, makeLayerInputs } from './layer-inputs';
import { cachedHeads, layerShape } from './layer-shape';
import { countLinearLayers, linearForward, linearState } from './linear-attention';
import { countResident, type Resident } from './resident';
import type { Moment, PhaseMoments } from './timeline';
import { type ElementBytes, elementBytes } from './types';
import { attentionForward, ffnForward, rotationForward } from './untaped';

export function inferenceMoments(model: ModelSpec, run: RunSpec, shard: Shard): PhaseMoments[] {
  const forward = new ForwardPasses(model, run, shard);
  if (run.mode === 'infer') return [forward.load(), inferencePhase(forward, run)];
  const generate = shard.decoderLayers > 0 ? encodeThenDecode : prefillThenDecode;
  return [forward.load(), ...generate(forward, run)];
}

/** The whole sequence at once, with logits for every token. An encoder-decoder reads as many tokens in either stack. */
function inferencePhase(forward: ForwardPasses, { batch, seq, steps }: RunSpec): PhaseMoments {
  const held = [...forward.encoded(seq), ...forward.cache(seq)];
  return {
    phase: 'forward',
    step: 1,
    lastStep: steps,
    moments: forward.pass({ tokens: seq, length: seq, logitRows: batch * seq, held }),
    end: [...forward.base, forward.ids(seq)],
  };
}

function prefillThenDecode(forward: ForwardPasses, run: RunSpec): PhaseMoments[] {
  const { batch, promptTokens: prompt, tokens } = run;
  const taken = forward.cache(prompt);
  const prefill = generationPhase(
    'prefill',
    forward.pass({ tokens: prompt, length: prompt, logitRows: batch, held: taken }),
    [...forward.base, ...taken, forward.ids(prompt + 1)],
  );
  if (tokens < 2) return [prefill];
  const last = prompt + tokens - 1;
  const cache = forward.cache(last);
  const decode = generationPhase('decode', forward.nextToken(last, cache, []), [
    ...forward.base,
    ...cache,
    forward.ids(last + 1),
  ]);
  return [prefill, decode];
}

function encodeThenDecode(forward: ForwardPasses, run: RunSpec): PhaseMoments[] {
  const { batch, promptTokens: prompt, tokens } = run;
  const source = forward.encoded(prompt);
  const started = [...source, ...forward.cache(1)];
  const prefill = generationPhase(
    'prefill',
    [
      ...forward.pass({ tokens: prompt, length: prompt, logitRows: 0, held: [] }),
      ...forward.pass({ tokens: 1, length: 1, logitRows: batch, held: started }),
    ],
    [...forward.base, ...started, forward.ids(prompt + 1)],
  );
  if (tokens < 2) return [prefill];
  const cache = forward.cache(tokens);
  const decode = generationPhase('decode', forward.nextToken(tokens, cache, source), [
    ...forward.base,
    ...source,
    ...cache,
    forward.ids(prompt + tokens + 1),
  ]);
  return [prefill, decode];
}

function generationPhase(
  phase: Phase,
  moments: readonly Moment[],
  end: readonly Holding[],
): PhaseMoments {
  return { phase, step: null, lastStep: null, moments, end };
}

/** A pass over `tokens` new tokens of each sequence, `length` with those before them. */
interface Pass {
  readonly tokens: number;
  readonly length: number;
  /** Rows of logits it computes. */
  readonly logitRows: number;
  /** What is there throughout besides weights and inputs. */
  readonly held: readonly Holding[];
}

/** What forward passes of one run hold. Lengths are in tokens of one sequence. */
class ForwardPasses {
  readonly #model: ModelSpec;
  readonly #run: RunSpec;
  readonly #shard: Shard;
  readonly #types: ElementBytes;
  readonly #resident: Resident;
  readonly #loaded: readonly Holding[];
  /** There at every moment after loading. */
  readonly base: readonly Holding[];

  constructor(model: ModelSpec, run: RunSpec, shard: Shard) {
    this.#model = model;
    this.#run = run;
    this.#shard = shard;
    this.#types = elementBytes(run, model);
    const weights = countWeights(model, run, shard);
    this.#resident = countResident(model, run, shard, this.#types, weights);
    const {
      weights: resident,
      buffers,
      casts,
      workspace,
      fetchedEnds,
      fetchedLayer,
    } = this.#resident;
    this.#loaded = [...resident, hold('buffers', buffers)];
    this.base = [
      ...this.#loaded,
      hold('params', casts),
      hold('workspace', workspace),
      hold('communication', fetchedEnds),
      // The one at work, and the next on its way.
      hold('communication', fetchedLayer, Math.min(2, shard.layers)),
    ];
  }

  load(): PhaseMoments {
    const quantizing = [...this.#loaded, hold('workspace', this.#resident.loading)];
    return {
      phase: 'load',
      step: null,
      lastStep: null,
      moments: [{ name: 'quantizing', holdings: quantizing }],
      end: this.#loaded,
    };
  }

  /** Token ids and attention mask of int64, B·length each. */
  ids(length: number): Holding {
    return hold('inputs', new TensorSum().add(8 * this.#run.batch * length, 2));
  }

  /** Keys and values at `length` tokens; none where the run keeps none. */
  cache(length: number): readonly Holding[] {
    const { kvCache, mode, tokens, seq } = this.#run;
    if (!kvCache) return [];
    const wholeLength = this.#shard.decoderLayers > 0 ? tokens : seq;
    const laidOut = this.#growth === 'static' && mode === 'generate' ? wholeLength : length;
    return [this.#cachedLayers(laidOut)];
  }

  /** What an encoder leaves a decoder: its output, and keys and values of cross-attention where they are kept. */
  encoded(length: number): readonly Holding[] {
    if (this.#shard.decoderLayers === 0) return [];
    const output = hold('activations', this.#stream(length));
    return this.#run.kvCache ? [output, this.#cachedLayers(length)] : [output];
  }

  /** The pass that makes the next token when there are `length` before it; without a cache, over all of them again. */
  nextToken(length: number, cache: readonly Holding[], source: readonly Holding[]): Moment[] {
    const { batch, kvCache } = this.#run;
    if (!kvCache)
      return this.pass({ tokens: length, length, logitRows: batch * length, held: source });
    const held = [...source, ...cache, ...this.#doubled(length - 1)];
    return this.pass({ tokens: 1, length, logitRows: batch, held });
  }

  pass({ tokens, length, logitRows, held }: Pass): Moment[] {
    const [model, run, types] = [this.#model, this.#run, this.#types];
    const standing = [
      ...this.base,
      ...held,
      this.ids(length),
      // Weights of 4 bits multiply a single vector as they are.
      hold('workspace', this.#resident.expanded, run.batch * tokens > 1 ? 1 : 0),
    ];
    const mask = hold('buffers', attentionMasks(model, run, types, tokens, length));
    const N = run.batch * tokens;
    const given = new TensorSum().add(types.compute * layerInputElements(model, N));
    const withinLayer = (name: string, work: TensorSum): Moment => ({
      name,
      holdings: [...standing, mask, hold('activations', given), hold('activations', work)],
    });
    return [
      // No layer has run yet, and none has put anything into the cache of a prompt.
      ...(model.layerInputs
        ? [
            {
              name: 'inputs of the layers',
              holdings: [
                ...this.base,
                this.ids(length),
                hold('activations', makeLayerInputs(model, N, types)),
              ],
            },
          ]
        : []),
      ...(countLinearLayers(model, this.#shard) > 0
        ? [withinLayer('linear attention', linearForward(model, run, this.#shard, types, tokens))]
        : []),
      ...this.#models.flatMap((one) => {
        const shape = layerShape(one, this.#shard, run.batch, tokens);
        return [
          ...(findImplementation(one).rotatesInFp32
            ? [withinLayer('rotation', rotationForward(run, types, shape))]
            : []),
          withinLayer('attention', attentionForward(one, run, types, shape, length)),
          withinLayer('feed-forward network', ffnForward(one, run, types, shape, length)),
        ];
      }),
      {
        name: 'logits',
        holdings: [
          ...standing,
          hold('activations', this.#stream(tokens)),
          hold('logits', this.#logits(logitRows)),
        ],
      },
    ];
  }

  get #growth(): NonNullable<RunSpec['cacheGrowth']> {
    return this.#run.cacheGrowth ?? 'append';
  }

  /** The model as its layers are, where their heads or networks differ: one for each kind. */
  get #models(): readonly ModelSpec[] {
    if (!hasOwnShapes(this.#model)) return [this.#model];
    return this.#kinds.map((kind) => modelOfKind(this.#model, kind));
  }

  get #kinds(): readonly LayerGroup[] {
    const { first, layers } = this.#shard;
    return groupLayers(this.#model, first, first + layers);
  }

  /** Keys and values of all layers that keep them. */
  #cachedLayers(length: number): Holding {
    if (!hasOwnShapes(this.#model)) return this.#cachedAlike(length);
    const cached = new TensorSum();
    for (const { layers, ...kind } of this.#kinds)
      if (!kind.reading)
        cached.add(this.#cachedBytes(length, modelOfKind(this.#model, kind)), 2 * layers);
    return hold('kv_cache', cached);
  }

  #cachedAlike(length: number): Holding {
    const { layers, decoderLayers } = this.#shard;
    const tensors = this.#model.latentAttention ? 1 : 2;
    const linear = countLinearLayers(this.#model, this.#shard);
    const caching = decoderLayers > 0 ? decoderLayers : layers - linear;
    return hold(
      'kv_cache',
      new TensorSum()
        .add(this.#cachedBytes(length, this.#model), tensors * caching)
        .addAll(linearState(this.#model, this.#run, this.#shard, this.#types), linear),
    );
  }

  /** Keys of one layer at `length` tokens, or as many as its window reaches: B·length·h_kv·k, or the latent vectors. */
  #cachedBytes(length: number, model: ModelSpec): Bytes {
    const { slidingWindow = length, latentAttention, headDim } = model;
    const reached = Math.min(length, slidingWindow);
    const width = latentAttention
      ? latentKvWidth(model)
      : cachedHeads(model, this.#shard) * headDim;
    const { batch, kvPrecision } = this.#run;
    return Math.ceil(batch * reached * width * bytesPerElement(kvPrecision));
  }

  /** The model as the last of its layers with a cache is. */
  get #lastCaching(): ModelSpec {
    if (!hasOwnShapes(this.#model)) return this.#model;
    const { sharedKeys, layers } = this.#model;
    return modelOfKind(
      this.#model,
      kindOfLayer(this.#model, layers - (sharedKeys?.layers ?? 0) - 1),
    );
  }

  /** What is there twice while the last layer takes a token in. */
  #doubled(length: number): readonly Holding[] {
    switch (this.#growth) {
      case 'static':
        return [];
      case 'append':
        return [
          hold('kv_cache', new TensorSum().add(this.#cachedBytes(length, this.#lastCaching))),
        ];
      case 'rebuild':
        return [this.#cachedLayers(length)];
    }
  }

  /** N·d at the width of what flows between layers. */
  #stream(tokens: number): TensorSum {
    return new TensorSum().add(this.#types.compute * this.#run.batch * tokens * this.#model.hidden);
  }

  /** `rows` of logits; generation takes those of each sequence's last token once more, in fp32. */
  #logits(rows: number): TensorSum {
    const logits = new TensorSum();
    if (!this.#shard.head || !hasLmHead(this.#model)) return logits;
    const vocab = split(this.#model.vocab, this.#shard.tensor);
    if (this.#run.evaluation)
      return buildHead(this.#model, this.#run, this.#shard, this.#types).forward;
    logits.add(this.#types.compute * rows * vocab);
    // Scaled back behind the tanh of a cap.
    if (this.#model.logitCap) logits.add(this.#types.compute * rows * vocab);
    if (this.#run.mode === 'generate') logits.add(4 * this.#run.batch * vocab);
    return logits;
  }
}
