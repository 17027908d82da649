/**
 * How many GPUs a run needs, and how it is laid out over them: sharded data parallelism (ZeRO), tensor and pipeline
 * parallelism, and the first two together. Only layouts that the model's heads and layers divide into are tried.
 */

import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import { rankCount } from '../budget/sharding/shard';
import type { ModelSpec, RunSpec } from '../model/spec';

/** A run over several GPUs of one size, and what the fullest rank holds. */
export interface GpuLayout {
  readonly gpus: number;
  readonly options: readonly string[];
  readonly peakBytes: Bytes;
  readonly run: RunSpec;
}

/** Ways to lay a run out over `gpus` devices, with the options that do it; sharded data parallelism is for training alone. */
function listLayouts(
  model: ModelSpec,
  run: RunSpec,
  gpus: number,
): { options: string[]; run: RunSpec }[] {
  const plain: RunSpec = { ...run, zero: 0, dp: 1, tp: 1, pp: 1 };
  const found: { options: string[]; run: RunSpec }[] = [];
  if (run.mode === 'train') {
    for (const zero of [1, 2, 3] as const)
      found.push({
        options: [`--zero ${zero}`, `--dp ${gpus}`],
        run: { ...plain, zero, dp: gpus },
      });
  }
  for (let tp = 1; tp <= Math.min(gpus, 8); tp++) {
    const pp = gpus / tp;
    if (!Number.isInteger(pp) || pp > model.layers || (pp > 1 && run.frozenLayers)) continue;
    const kvWhole = tp <= model.kvHeads || tp % model.kvHeads === 0;
    if (model.heads % tp !== 0 || !kvWhole) continue;
    const options = [...(tp > 1 ? [`--tp ${tp}`] : []), ...(pp > 1 ? [`--pp ${pp}`] : [])];
    const laid: RunSpec = {
      ...plain,
      tp,
      pp,
      ...(run.mode === 'train' && pp > 1 ? { microBatches: run.microBatches ?? 4 * pp } : {}),
    };
    found.push({ options, run: laid });
    if (tp > 1 && run.mode === 'train')
      found.push({
        options: [...options, '--sequence-parallel'],
        run: { ...laid, sequenceParallel: true },
      });
  }
  for (let tp = 2; tp <= 8 && run.mode === 'train' && gpus / tp >= 2; tp++) {
    if (model.heads % tp !== 0 || (tp > model.kvHeads && tp % model.kvHeads !== 0)) continue;
    const dp = gpus / tp;
    if (!Number.isInteger(dp)) continue;
    found.push({
      options: ['--zero 3', `--dp ${dp}`, `--tp ${tp}`, '--sequence-parallel'],
      run: { ...plain, zero: 3, dp, tp, sequenceParallel: true },
    });
  }
  return found;
}

/** Every count up to 128, then whole machines of eight up to 4,096. */
const GPU_COUNTS = [
  ...Array.from({ length: 127 }, (_, i) => i + 2),
  ...Array.from({ length: 496 }, (_, i) => 136 + 8 * i),
];

/**
 * The fewest GPUs of `memory` bytes over which the run fits, each rank with the batch given; null where no layout tried
 * does. Of equal counts the layout with the smallest peak.
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

function bestLayout(model: ModelSpec, run: RunSpec, gpus: number, memory: Bytes): GpuLayout | null {
  let best: GpuLayout | null = null;
  for (const { options, run: laid } of listLayouts(model, run, gpus)) {
    const peak = peakBytes(model, laid);
    if (peak <= memory && (best === null || peak < best.peakBytes))
      best = { gpus, options, peakBytes: peak, run: laid };
  }
  return best;
}
