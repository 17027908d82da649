/**
 * One rank's part of a model and a run. Everything the budget needs to know of parallelism is here, so that the
 * refined tier has one set of formulas, for a whole model and for a piece of it.
 */
import type { ModelSpec, RunSpec } from '../../model/spec';

export interface Shard {
  /** Position of the rank's stage in the pipeline, from 0. */
  readonly stage: number;
  /** Layers of the stage, and the model's layer that is the first of them. */
  readonly layers: number;
  readonly first: number;
  /** How many of them, from the first, do not train. */
  readonly frozen: number;
  /** Layers of an encoder-decoder's decoder, all of them on every rank; 0 for other models. */
  readonly decoderLayers: number;
  /** The stage holds the embeddings, the head. */
  readonly embedding: boolean;
  readonly head: boolean;
  /** Ranks that share each matrix, and ranks the keys and values are split over: never more than there are heads. */
  readonly tensor: number;
  readonly kvSplit: number;
  /** Ranks that share, along the sequence, what lies between tensor-parallel regions. */
  readonly sequence: number;
  /** Ranks that share each sequence. */
  readonly context: number;
  /** Ranks over which experts are spread. */
  readonly expert: number;
  /** Data-parallel ranks, and over how many of them parameters, gradients and states are sharded. */
  readonly data: number;
  readonly parameterShare: number;
  readonly gradientShare: number;
  readonly stateShare: number;
  /** Micro-batches whose activations the stage holds at once. */
  readonly inFlight: number;
  /** Gradients outlive a backward pass, since others are added to them. */
  readonly accumulates: boolean;
}

/** The whole model on one device. */
export function wholeShard(model: ModelSpec, run: RunSpec): Shard {
  return {
    stage: 0,
    layers: model.layers,
    first: 0,
    frozen: run.frozenLayers ?? 0,
    decoderLayers: model.decoderLayers ?? 0,
    embedding: true,
    head: true,
    tensor: 1,
    kvSplit: 1,
    sequence: 1,
    context: 1,
    expert: 1,
    data: 1,
    parameterShare: 1,
    gradientShare: 1,
    stateShare: 1,
    inFlight: 1,
    accumulates: run.gradAccum > 1,
  };
}

export function isSharded(run: RunSpec): boolean {
  return [run.dp, run.tp, run.pp, run.cp, run.expertParallel].some((ranks) => (ranks ?? 1) > 1);
}

/** Ranks of the whole run; experts are spread over ranks that exist already. */
export function rankCount(run: RunSpec): number {
  return (run.dp ?? 1) * (run.tp ?? 1) * (run.pp ?? 1) * (run.cp ?? 1);
}

/**
 * The stages that can be the fullest: the first, which holds the embeddings and the most micro-batches in flight, and
 * the last, which holds the head and its logits. Under 1F1B stage s of p keeps min(m, p − s) micro-batches (Narayanan
 * et al. 2021). Layers that do not divide evenly go to the earlier stages.
 */
export function listShards(model: ModelSpec, run: RunSpec): readonly Shard[] {
  const last = (run.pp ?? 1) - 1;
  return last === 0
    ? [shardAt(model, run, 0)]
    : [shardAt(model, run, 0), shardAt(model, run, last)];
}

/**
 * Micro-batches of which stage s of p holds all its layers' activations. With v chunks a stage runs 2(p − s − 1) + (v − 1)p
 * chunks ahead of the one at work (Megatron-LM, core/pipeline_parallel/schedules.py), each a v-th of its layers: for the first
 * p·(1 + (p − 1)/(p·v)), as Korthikanti et al. 2022 have it.
 */
function inFlight(run: RunSpec, stage: number, microBatches: number): number {
  const { pp = 1, pipelineChunks: chunks = 1 } = run;
  if (chunks === 1) return Math.min(microBatches, pp - stage);
  return Math.min(microBatches, (2 * (pp - stage - 1) + (chunks - 1) * pp + 1) / chunks);
}

/** The run as one rank sees it: its part of each sequence. */
export function runOnRank(run: RunSpec, { context }: Shard): RunSpec {
  return context === 1 ? run : { ...run, seq: Math.ceil(run.seq / context) };
}

/** A rank of every stage, in order. */
export function listStages(model: ModelSpec, run: RunSpec): readonly Shard[] {
  return Array.from({ length: run.pp ?? 1 }, (_, stage) => shardAt(model, run, stage));
}

function shardAt(model: ModelSpec, run: RunSpec, stage: number): Shard {
  const { dp = 1, tp = 1, pp = 1, cp = 1, zero = 0 } = run;
  const microBatches = run.microBatches ?? pp;
  // States are sharded over the ranks of a sequence too, which hold the same weights.
  const sharing = run.shardGroup ?? dp * cp;
  const [least, left] = [Math.floor(model.layers / pp), model.layers % pp];
  return {
    stage,
    layers: least + (stage < left ? 1 : 0),
    first: stage * least + Math.min(stage, left),
    frozen: run.frozenLayers ?? 0,
    decoderLayers: model.decoderLayers ?? 0,
    embedding: stage === 0,
    head: stage === pp - 1,
    tensor: tp,
    kvSplit: Math.min(tp, model.kvHeads),
    sequence: run.sequenceParallel ? tp : 1,
    context: cp,
    expert: run.expertParallel ?? 1,
    data: dp * cp,
    parameterShare: zero >= 3 ? sharing : 1,
    gradientShare: zero >= 2 ? sharing : 1,
    stateShare: zero >= 1 ? sharing : 1,
    inFlight: run.mode === 'train' ? inFlight(run, stage, microBatches) : 1,
    accumulates: run.gradAccum > 1 || microBatches > 1,
  };
}
