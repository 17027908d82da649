/**
 * What to change so that a run fits: every combination of a few known changes is tried, and the cheapest that fit are
 * told. `cost` is a rank, not a measurement: 0 changes neither results nor speed, and the more a change slows the run
 * or alters what is computed, the higher it is. What it costs in time is told beside it, by the roofline.
 */

import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import { rankCount } from '../budget/sharding/shard';
import { runSeconds } from '../compute/run-time';
import type { Gpu } from '../hardware/gpus';
import type { ModelSpec, RunSpec } from '../model/spec';

export interface Change {
  /** What to do, as the options that do it. */
  readonly options: readonly string[];
  /** What it costs besides memory. */
  readonly costs: readonly string[];
  readonly cost: number;
  readonly peakBytes: Bytes;
  readonly savedBytes: Bytes;
  /** Least time of the changed run, and against that of the run given; null where the device is not known well enough. */
  readonly seconds: number | null;
  readonly timeRatio: number | null;
  readonly run: RunSpec;
}

interface Candidate {
  readonly option: string;
  readonly costs: string;
  readonly cost: number;
  apply(run: RunSpec): RunSpec;
}

function candidatesFor(model: ModelSpec, run: RunSpec): Candidate[] {
  const list: Candidate[] = [];
  const offer = (
    when: boolean,
    option: string,
    cost: number,
    costs: string,
    change: Partial<RunSpec>,
  ) => {
    if (when) list.push({ option, cost, costs, apply: (given) => ({ ...given, ...change }) });
  };
  const training = run.mode === 'train';
  const half = run.precision !== 'fp32';
  offer(run.attention === 'eager', '--attention sdpa', 0, 'scores are never stored', {
    attention: 'sdpa',
  });
  if (training) {
    offer(
      run.optimizerKernel !== 'fused' && ['adam', 'adamw'].includes(run.optimizer),
      '--optimizer-kernel fused',
      0,
      'one kernel in place of lists',
      { optimizerKernel: 'fused' },
    );
    offer(
      run.loss !== 'fused' && model.architecture === 'decoder',
      '--loss fused',
      1,
      'logits are never whole',
      { loss: 'fused' },
    );
    if (run.batch > 1) {
      for (let parts = 2; parts <= run.batch; parts *= 2) {
        if (run.batch % parts !== 0) break;
        offer(
          true,
          `--batch ${run.batch / parts} --grad-accum ${run.gradAccum * parts}`,
          1 + Math.log2(parts),
          'the step stays the same',
          { batch: run.batch / parts, gradAccum: run.gradAccum * parts },
        );
      }
    }
    offer(
      run.checkpointing === 'none' && run.attention === 'eager',
      '--checkpointing selective',
      3,
      'attention is done again',
      { checkpointing: 'selective' },
    );
    offer(run.checkpointing !== 'full', '--checkpointing full', 6, 'every layer is done again', {
      checkpointing: 'full',
    });
    offer(!half, '--precision mixed-bf16', 4, 'half-precision arithmetic', {
      precision: 'mixed-bf16',
    });
    offer(!half, '--precision bf16', 12, 'weights and states in bf16: updates lose digits', {
      precision: 'bf16',
    });
    offer(
      ['adam', 'adamw'].includes(run.optimizer) &&
        run.offload !== 'optimizer' &&
        run.offload !== 'all',
      '--optimizer adam8bit',
      8,
      'moments of one byte',
      { optimizer: 'adam8bit' },
    );
    offer(
      (run.offload ?? 'none') === 'none',
      '--offload optimizer',
      16,
      'every update crosses the bus',
      { offload: 'optimizer' },
    );
    offer(!run.loraRank && !run.frozenLayers, '--lora-rank 16', 24, 'only adapters are trained', {
      loraRank: 16,
    });
    if (run.precision !== 'int4' && run.precision !== 'int8') {
      if (run.loraRank)
        offer(true, '--precision int4', 14, 'frozen weights of four bits', { precision: 'int4' });
      else
        offer(
          !run.frozenLayers,
          '--precision int4 --lora-rank 16',
          30,
          'only adapters are trained, over weights of four bits',
          { precision: 'int4', loraRank: 16 },
        );
    }
  } else {
    offer(!half, '--precision bf16', 2, 'half-precision arithmetic', {
      precision: 'bf16',
      ...(run.kvPrecision === 'fp32' ? { kvPrecision: 'bf16' as const } : {}),
    });
    offer(
      run.precision !== 'int8' && run.precision !== 'int4',
      '--precision int8',
      6,
      'quantized weights',
      {
        precision: 'int8',
        ...(run.kvPrecision === 'fp32' ? { kvPrecision: 'fp16' as const } : {}),
      },
    );
    offer(run.precision !== 'int4', '--precision int4', 10, 'weights of four bits', {
      precision: 'int4',
      ...(run.kvPrecision === 'fp32' ? { kvPrecision: 'fp16' as const } : {}),
    });
    offer(
      run.kvCache && run.kvPrecision !== 'int8' && run.kvPrecision !== 'int4',
      '--kv-precision int8',
      5,
      'a quantized cache',
      { kvPrecision: 'int8' },
    );
    for (let batch = Math.floor(run.batch / 2); batch >= 1; batch = Math.floor(batch / 2)) {
      offer(true, `--batch ${batch}`, 3 + Math.log2(run.batch / batch), 'fewer sequences at once', {
        batch,
      });
    }
  }
  return list;
}

/** Options of one kind exclude each other: the first word tells the kind. */
function kind(option: string): string {
  return option.split(' ')[0]!;
}

/**
 * The cheapest sets of changes after which the run is within `memory`, cheapest first, none of them containing another;
 * empty where it fits already or nothing helps. The framework is PyTorch's: the bundled workload has no such settings.
 */
export function changesThatFit(
  model: ModelSpec,
  run: RunSpec,
  memory: Bytes,
  gpu: Gpu | null = null,
  most = 5,
): Change[] {
  if (run.framework !== 'pytorch') return [];
  const now = peakBytes(model, run);
  if (now <= memory) return [];
  const before = gpu && runSeconds(model, run, gpu);
  /** Sequences of a step or a generation: smaller batches are told by what a sequence takes. */
  const work = ({ batch, gradAccum }: RunSpec) => batch * gradAccum;
  const candidates = candidatesFor(model, run);
  const kinds = [...new Set(candidates.map(({ option }) => kind(option)))];
  let sets: (readonly Candidate[])[] = [[]];
  for (const one of kinds) {
    const own = candidates.filter(({ option }) => kind(option) === one);
    sets = sets.flatMap((set) => [set, ...own.map((candidate) => [...set, candidate])]);
    // Enough for every combination of few changes; beyond four at once nobody follows.
    sets = sets.filter((set) => set.length <= 4);
  }
  const cost = (set: readonly Candidate[]) => set.reduce((sum, one) => sum + one.cost, 0);
  sets.sort((a, b) => cost(a) - cost(b) || a.length - b.length);
  const found: { set: readonly Candidate[]; change: Change }[] = [];
  for (const set of sets) {
    if (found.length === most) break;
    if (
      set.length === 0 ||
      found.some(({ set: smaller }) => smaller.every((one) => set.includes(one)))
    )
      continue;
    const changed = set.reduce((given, one) => one.apply(given), run);
    const peak = peakBytes(model, changed);
    if (peak > memory) continue;
    const seconds = gpu && runSeconds(model, changed, gpu);
    found.push({
      set,
      change: {
        options: set.map((one) => one.option),
        costs: set.map((one) => one.costs),
        cost: cost(set),
        peakBytes: peak,
        savedBytes: now - peak,
        seconds,
        timeRatio:
          seconds !== null && before !== null
            ? (seconds * work(run)) / (before * work(changed))
            : null,
        run: changed,
      },
    });
  }
  return found.map(({ change }) => change);
}

export interface Layout {
  readonly gpus: number;
  readonly options: readonly string[];
  readonly peakBytes: Bytes;
  readonly run: RunSpec;
}

/** Ways to lay a run out over `gpus` devices: sharded data parallelism for training, tensor and pipeline for both. */
function layouts(
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
const COUNTS = [
  ...Array.from({ length: 127 }, (_, i) => i + 2),
  ...Array.from({ length: 496 }, (_, i) => 136 + 8 * i),
];

/**
 * The fewest GPUs of `memory` bytes over which the run fits, each rank with the batch given; null where no layout tried
 * does. Of equal counts the layout with the smallest peak.
 */
export function fewestGpus(model: ModelSpec, run: RunSpec, memory: Bytes): Layout | null {
  if (run.framework !== 'pytorch') return null;
  const alone = peakBytes(model, run);
  if (alone <= memory) return { gpus: rankCount(run), options: [], peakBytes: alone, run };
  for (const gpus of COUNTS) {
    const best = bestLayout(model, run, gpus, memory);
    if (best) return best;
  }
  return null;
}

function bestLayout(model: ModelSpec, run: RunSpec, gpus: number, memory: Bytes): Layout | null {
  let best: Layout | null = null;
  for (const { options, run: laid } of layouts(model, run, gpus)) {
    const peak = peakBytes(model, laid);
    if (peak <= memory && (best === null || peak < best.peakBytes))
      best = { gpus, options, peakBytes: peak, run: laid };
  }
  return best;
}
