/**
 * The textbook tier: memory as the chapter counts it, and no more. It knows no logits, no device context, no
 * allocator and no workspace; what those add is what the refined tier and the measurement show beside it.
 *
 * Symbols: P parameters, L layers, d width, h heads, d_k head width, d_ff feed-forward width, B batch, n tokens of a
 * sequence. Everything is in bytes; a fraction (0.2 A, A/k, half-byte int4) is rounded to the nearest whole byte.
 *
 * A rank of a sharded run holds its share of the same list: of P what tensor and pipeline parallelism give it, of the
 * bytes a parameter what ZeRO leaves it, of A the layers of its stage for every micro-batch in flight.
 */

import type { Bytes } from '../base/units';
import { type Checkpointing, segmentLength } from '../model/checkpointing';
import { kvElementsPerToken } from '../model/kv';
import { bytesPerElement, isMixed } from '../model/precision';
import type { ModelSpec, RunSpec } from '../model/spec';
import { type Shard, wholeShard } from './sharding/shard';
import { buildTier, occurrence } from './tier';
import type { ComponentBytes, TierBudget, TimelinePhase } from './types';
import { countRankParameters } from './weights';

type ActivationRun = Pick<RunSpec, 'batch' | 'seq' | 'checkpointing' | 'precision'>;
type ActivationShard = Pick<Shard, 'layers' | 'tensor' | 'sequence' | 'inFlight'>;

/**
 * Activations of training kept for the backward pass, all layers, in bytes.
 *
 *     A = 4·L·B·(7nd + n·d_ff + h·n²)
 *
 * 4 bytes an element. A layer keeps seven tensors of [B, n, d] (two normalized inputs, q, k, v, the attention's output,
 * its projection), one of [B, n, d_ff] and the attention weights [B, h, n, n]. Selective checkpointing recomputes the
 * attention weights and drops h·n²; full checkpointing keeps 0.2 A; one checkpoint every k layers keeps A/k. fp16 and
 * bf16 activations, mixed precision among them, take half: A/2.
 *
 * t ranks of tensor parallelism share what lies inside attention and feed-forward network; the normalized inputs and
 * the projection's output, three of the seven, each rank holds whole unless they are split along the sequence
 * (Korthikanti et al. 2022). A stage holds its layers for every micro-batch in flight. A layer of the decoder of an
 * encoder-decoder has a second attention: six tensors of [B, n, d] and weights of its own.
 */
export function textbookActivations(
  model: ModelSpec,
  run: ActivationRun,
  shard: ActivationShard = { layers: model.layers, tensor: 1, sequence: 1, inFlight: 1 },
): Bytes {
  const { hidden: d, heads: h, ffn, decoderLayers = 0 } = model;
  const { batch: B, seq: n, checkpointing } = run;
  const { layers: L, tensor: t, sequence: s } = shard;
  const scores = checkpointing === 'selective' ? 0 : h * n * n;
  const plain = (3 * n * d) / s + (4 * n * d + n * ffn + scores) / t;
  const cross = (2 * n * d) / s + (4 * n * d + scores) / t;
  const full = 4 * B * ((L + decoderLayers) * plain + decoderLayers * cross) * shard.inFlight;
  const half = run.precision === 'fp32' ? 1 : 2;
  return Math.round(full / dropped(checkpointing) / half);
}

/** How many times less than A checkpointing keeps: 0.2 A is A/5. */
function dropped(checkpointing: Checkpointing): number {
  return checkpointing === 'full' ? 5 : (segmentLength(checkpointing) ?? 1);
}

/**
 * Keys and values of `length` tokens: 2·L·B·n·(h_kv·d_k)·bytes. For multi-head attention h_kv·d_k = d; latent attention
 * keeps r_kv + r elements in place of the 2·h_kv·d_k. A rank keeps its key-value heads, never less than one of them;
 * the latent vector belongs to all heads, and each rank keeps it whole.
 */
export function textbookKvCache(
  model: ModelSpec,
  run: Pick<RunSpec, 'batch' | 'kvPrecision'>,
  length: number,
  shard: Pick<Shard, 'layers' | 'kvSplit'> = { layers: model.layers, kvSplit: 1 },
): Bytes {
  const share = model.latentAttention ? 1 : shard.kvSplit;
  return Math.round(
    (shard.layers *
      run.batch *
      length *
      kvElementsPerToken(model) *
      bytesPerElement(run.kvPrecision)) /
      share,
  );
}

interface TrainingState {
  readonly weights: ComponentBytes;
  readonly gradients: ComponentBytes;
  readonly optimizer: ComponentBytes;
}

/**
 * What training holds per parameter.
 *
 *     fp32    weights 4P, gradients 4P, Adam m 4P and v 4P             16P
 *     mixed   half weights 2P and master weights 4P, gradients 4P, m 4P, v 4P   18P
 *
 * The chapter gives 18P as one figure; it is split as mixed-precision Adam keeps it (Rajbhandari et al., ZeRO, with
 * gradients gathered in fp32 as Korthikanti et al. do). Pure fp16 or bf16 training keeps everything at 2P each.
 * Quantized weights are trained nowhere in the chapter: their gradients and states count at fp16.
 *
 * Where the first layers and the embeddings are frozen, all but the weights is that of the parameters that train, and A
 * that of the layers that do: A·(L − N)/L for N frozen ones.
 *
 * Of these ZeRO-1 shards master weights and moments over the data-parallel ranks, ZeRO-2 gradients too, ZeRO-3 weights
 * too; offloading takes master weights and moments, or everything, off the device.
 */
function trainingState(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  offload: RunSpec['offload'],
): TrainingState {
  const { held, trained } = countRankParameters(model, run, shard);
  const mixed = isMixed(run.precision);
  const weight = bytesPerElement(run.precision);
  const state = mixed ? 4 : Math.max(2, weight);
  const elsewhere = offload === 'all';
  const states =
    offload === 'optimizer' || elsewhere
      ? 0
      : trained / Math.max(shard.stateShare, shard.parameterShare);
  return {
    weights: {
      params: elsewhere ? 0 : Math.round((weight * held) / shard.parameterShare),
      ...(mixed ? { master_params: Math.round(4 * states) } : {}),
    },
    gradients: { gradients: elsewhere ? 0 : Math.round((state * trained) / shard.gradientShare) },
    optimizer: optimizerStates(run, state, states),
  };
}

/**
 * Adam two states, momentum one, plain SGD none. Beyond the chapter: Lion and Muon have one state like momentum, 8-bit
 * Adam two of a byte, and Adafactor's row and column means are left out as negligible.
 */
function optimizerStates(run: RunSpec, state: number, trained: number): ComponentBytes {
  switch (run.optimizer) {
    case 'sgd':
    case 'adafactor':
      return {};
    case 'momentum':
    case 'lion':
    case 'muon':
      return { momentum: Math.round(state * trained) };
    case 'adam8bit':
      return { adam_m: Math.round(trained), adam_v: Math.round(trained) };
    default:
      return { adam_m: Math.round(state * trained), adam_v: Math.round(state * trained) };
  }
}

/**
 * Training by phase. Activations build up in forward and are given back by backward, which leaves the gradients; the
 * optimizer's states come into being in its first step and stay. Gradients are given back at the end of a step, unless
 * micro-batches accumulate: then every pass but the first begins with them, and each phase is counted at its highest.
 *
 * The chapter's 16P + A is the backward pass of any step after the first, and it holds however many steps are run: the
 * textbook does not count them, so that row stands even for a run of one step.
 */
function training(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  offload: RunSpec['offload'],
): TimelinePhase[] {
  const { weights, gradients, optimizer } = trainingState(model, run, shard, offload);
  const activations = {
    activations: textbookActivations(model, run, { ...shard, layers: shard.layers - shard.frozen }),
  };
  const carried = shard.accumulates ? gradients : {};
  const step = (first: number, last: number, resident: ComponentBytes): TimelinePhase[] => [
    occurrence(
      'forward',
      first,
      last,
      { ...resident, ...carried, ...activations },
      { ...resident, ...carried, ...activations },
    ),
    occurrence(
      'backward',
      first,
      last,
      { ...resident, ...activations, ...gradients },
      { ...resident, ...gradients },
    ),
    occurrence(
      'optimizer',
      first,
      last,
      { ...weights, ...optimizer, ...gradients },
      { ...weights, ...optimizer },
    ),
  ];
  return [
    occurrence('load', null, null, weights, weights),
    ...step(1, 1, weights),
    ...step(2, Math.max(2, run.steps), { ...weights, ...optimizer }),
  ];
}

/**
 * Inference: weights at the working precision (2P at fp16, 4P at fp32) plus the KV cache at the length reached.
 * Prefill holds the prompt's keys and values, decode ends with those of prompt and generated tokens. The chapter gives
 * inference no activations.
 *
 * An encoder-decoder takes the prompt into its encoder: cross-attention keeps keys and values of all of it from then
 * on, one pair for each layer of the decoder, whose own cache grows by the tokens it produces.
 */
function inference(model: ModelSpec, run: RunSpec, shard: Shard): TimelinePhase[] {
  const weights = {
    params: Math.round(
      bytesPerElement(run.precision) * countRankParameters(model, run, shard).held,
    ),
  };
  const { decoderLayers } = model;
  const stack = decoderLayers ? { ...shard, layers: decoderLayers } : shard;
  const cached = (...lengths: number[]): ComponentBytes =>
    run.kvCache
      ? {
          ...weights,
          kv_cache: lengths.reduce(
            (sum, length) => sum + textbookKvCache(model, run, length, stack),
            0,
          ),
        }
      : weights;
  const load = occurrence('load', null, null, weights, weights);
  if (run.mode === 'infer') {
    const forward = decoderLayers ? cached(run.seq, run.seq) : cached(run.seq);
    return [load, occurrence('forward', 1, run.steps, forward, forward)];
  }
  const prompt = decoderLayers ? cached(run.promptTokens, 1) : cached(run.promptTokens);
  const whole = decoderLayers
    ? cached(run.promptTokens, run.tokens)
    : cached(run.promptTokens + run.tokens);
  return [
    load,
    occurrence('prefill', null, null, prompt, prompt),
    occurrence('decode', null, null, whole, whole),
  ];
}

/** The whole model on one device, or one rank's share of it. What the whole holds, no setting of sharding changes. */
export function textbookBudget(model: ModelSpec, run: RunSpec, shard?: Shard): TierBudget {
  const part = shard ?? wholeShard(model, run);
  // The textbook knows no engines: the sequences are generated all at once.
  if (run.mode === 'serve')
    return textbookBudget(
      model,
      { ...run, mode: 'generate', promptTokens: Math.max(1, run.seq - 1), tokens: 1 },
      shard,
    );
  return buildTier(
    run.mode === 'train'
      ? training(model, run, part, shard === undefined ? 'none' : run.offload)
      : inference(model, run, part),
  );
}
