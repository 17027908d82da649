/**
 * How many GPUs a run needs, and how it is laid out over them: sharded data parallelism (ZeRO), context, tensor and pipeline
 * parallelism, and the first with the second or third. Only layouts that the model's heads and layers and the run's sequence
 * divide into are tried.
 */

import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import { rankCount } from '../budget/sharding/shard';
import type { ModelSpec, RunSpec } from '../model/spec';
import { sharesSequences } from './candidates';

/** A run over several GPUs of one size, and what the fullest rank holds. */
export interface GpuLayout {
  readonly gpus: number;
  readonly options: readonly string[];
  readonly peakBytes: Bytes;
  readonly run: RunSpec;
}

interface Layout {
  readonly options: readonly string[];
  readonly run: RunSpec;
}

/** Ways to lay a run out over `gpus` devices, with the options that do it, those first that people reach for first. */
function listLayouts(model: ModelSpec, run: RunSpec, gpus: number): readonly Layout[] {
  const plain = onOneDevice(run);
  const layouts =
    run.mode === 'train'
      ? [
          ...shardedLayouts(plain, gpus),
          ...contextLayouts(model, plain, gpus),
          ...splitLayouts(model, plain, gpus),
          ...shardedAndSplitLayouts(model, plain, gpus),
        ]
      : splitLayouts(model, plain, gpus);
  return layouts.map((layout) => ({ ...layout, run: withUsedBucket(layout.run) }));
}

/** Stages that reduce in no buckets of their own are given none. */
function withUsedBucket(run: RunSpec): RunSpec {
  const { reduceBucket, zero = 0, ...others } = run;
  return reduceBucket === undefined || zero >= 2 ? run : { ...others, zero };
}

/** The run without the layout it came with. */
function onOneDevice(run: RunSpec): RunSpec {
  const {
    shardGroup: _group,
    pipelineChunks: _chunks,
    expertParallel: _experts,
    sequenceParallel: _sequence,
    ...plain
  } = run;
  return { ...plain, zero: 0, dp: 1, tp: 1, pp: 1, cp: 1 };
}

function shardedLayouts(plain: RunSpec, gpus: number): Layout[] {
  return ([1, 2, 3] as const).map((zero) => ({
    options: [`--zero ${zero}`, `--dp ${gpus}`],
    run: { ...plain, zero, dp: gpus },
  }));
}

/** Each sequence over as many devices as it is long enough for; all of them share the weights. */
function contextLayouts(model: ModelSpec, plain: RunSpec, gpus: number): Layout[] {
  const cp = mostContextRanks(model, plain, gpus);
  return cp === 1 ? [] : [shareWeights(plain, gpus / cp, cp)];
}

/** The most of `ranks` that can share a sequence, such that the rest share the weights with them. */
function mostContextRanks(model: ModelSpec, plain: RunSpec, ranks: number): number {
  let cp = ranks;
  while (cp > 1 && (ranks % cp !== 0 || !sharesSequences(model, plain, cp))) cp--;
  return cp;
}

function shareWeights(plain: RunSpec, dp: number, cp: number): Layout {
  return {
    options: ['--zero 3', ...(dp > 1 ? [`--dp ${dp}`] : []), ...(cp > 1 ? [`--cp ${cp}`] : [])],
    run: { ...plain, zero: 3, dp, cp },
  };
}

/** Tensor ranks, at most eight, since they talk all the time, and stages of a pipeline. */
function splitLayouts(model: ModelSpec, plain: RunSpec, gpus: number): Layout[] {
  const found: Layout[] = [];
  for (let tp = Math.min(gpus, MAX_TENSOR_RANKS); tp >= 1; tp--) {
    const pp = gpus / tp;
    if (!Number.isInteger(pp) || pp > model.layers || (pp > 1 && plain.frozenLayers)) continue;
    if (!splitsHeads(model, tp)) continue;
    const options = [...(tp > 1 ? [`--tp ${tp}`] : []), ...(pp > 1 ? [`--pp ${pp}`] : [])];
    const trains = plain.mode === 'train';
    const laid: RunSpec = {
      ...plain,
      tp,
      pp,
      ...(trains && pp > 1 ? { microBatches: plain.microBatches ?? 4 * pp } : {}),
    };
    if (tp > 1 && trains)
      found.push({
        options: [...options, '--sequence-parallel'],
        run: { ...laid, sequenceParallel: true },
      });
    found.push({ options, run: laid });
  }
  return found;
}

function shardedAndSplitLayouts(model: ModelSpec, plain: RunSpec, gpus: number): Layout[] {
  const found: Layout[] = [];
  for (let tp = 2; tp <= MAX_TENSOR_RANKS && gpus / tp >= 2; tp++) {
    const ranks = gpus / tp;
    if (!splitsHeads(model, tp) || !Number.isInteger(ranks)) continue;
    for (const cp of new Set([1, mostContextRanks(model, plain, ranks)])) {
      const { options, run } = shareWeights(plain, ranks / cp, cp);
      found.push({
        options: [...options, `--tp ${tp}`, '--sequence-parallel'],
        run: { ...run, tp, sequenceParallel: true },
      });
    }
  }
  return found;
}

const MAX_TENSOR_RANKS = 8;

/** Key heads are split or copied, whole. */
function splitsHeads({ heads, kvHeads }: ModelSpec, tp: number): boolean {
  return heads % tp === 0 && (tp <= kvHeads || tp % kvHeads === 0);
}

/** Every count up to 128, then whole machines of eight up to 4,096. */
const GPU_COUNTS = [
  ...Array.from({ length: 127 }, (_, i) => i + 2),
  ...Array.from({ length: 496 }, (_, i) => 136 + 8 * i),
];

/**
 * The fewest GPUs of `memory` bytes over which the run fits, each rank with the batch given; null where no layout tried
 * does. Of equal counts the first that leaves a twentieth of the memory free, else the one with the smallest peak.
 */
export function fewestGpus(model: ModelSpec, run: RunSpec, memory: Bytes): GpuLayout | null {
  if (run.framework !== 'pytorch') return null;
  const alone = peakBytes(model, run);
  if (alone <= memory) return { gpus: rankCount(run), options: [], peakBytes: alone, run };
  for (const gpus of GPU_COUNTS) {
    const best = bestLayout(model, run, gpus, memory);
    if (best) return best;
  }
  return null;
}

/** Share of a card that a run may fill before another layout of as many cards is worth a look. */
const COMFORTABLE = 0.95;

function bestLayout(model: ModelSpec, run: RunSpec, gpus: number, memory: Bytes): GpuLayout | null {
  let best: GpuLayout | null = null;
  for (const { options, run: laid } of listLayouts(model, run, gpus)) {
    const peak = peakBytes(model, laid);
    const layout = { gpus, options, peakBytes: peak, run: laid };
    if (peak <= COMFORTABLE * memory) return layout;
    if (peak <= memory && (best === null || peak < best.peakBytes)) best = layout;
  }
  return best;
}
