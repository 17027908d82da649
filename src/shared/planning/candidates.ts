/**
 * The changes that planning tries, as a table: which settings each sets, what it costs besides memory, and in which runs
 * it is one at all. `cost` is a rank, not a measurement: 0 changes neither results nor speed, and the more a change slows
 * the run or alters what is computed, the higher it is.
 */
import { halfPrecisionOn } from '../hardware/gpu';
import { gpuByName } from '../hardware/gpu-names';
import { GGUF_TYPES } from '../model/gguf';
import { bytesPerElement, isQuantized } from '../model/precision';
import type { ModelSpec, RunSpec } from '../model/spec';

/** Kinds of which more costs more and does the same: where one is enough, a greater one is no other answer. */
export const GRADED: ReadonlySet<string> = new Set(['batch', 'sharding']);

/** What a change is about. Two of one kind exclude each other. */
type ChangeKind =
  | 'attention'
  | 'optimizer-kernel'
  | 'loss'
  | 'batch'
  | 'checkpointing'
  | 'precision'
  | 'optimizer'
  | 'updates'
  | 'sharding'
  | 'saved'
  | 'offload'
  | 'context'
  | 'sequences'
  | 'share'
  | 'adapters'
  | 'kv-precision';

export interface Candidate {
  readonly kind: ChangeKind;
  /** What to do, as the options that do it. */
  readonly option: string;
  readonly cost: number;
  /** What it costs besides memory, in a few words. */
  readonly costs: string;
  readonly settings: Partial<RunSpec>;
  /** What it costs in time depends on a bus and an overlap that the roofline knows nothing of. */
  readonly untimed?: true;
}
interface Row extends Candidate {
  readonly applies: boolean;
}

/** All that can be changed of a run, in a fixed order; `largest` is the largest batch that fits as it is, 0 where none does. */
export function listCandidates(model: ModelSpec, run: RunSpec, largest = 0): readonly Candidate[] {
  const rows = [
    unstoredScores(run),
    ...(run.mode === 'train' ? trainingRows(model, run) : inferenceRows(run, largest)),
  ];
  return rows.filter(({ applies }) => applies);
}

function unstoredScores({ attention }: RunSpec): Row {
  return {
    applies: attention === 'eager',
    kind: 'attention',
    option: '--attention sdpa',
    cost: 0,
    costs: 'scores are never stored',
    settings: { attention: 'sdpa' },
  };
}

function trainingRows(model: ModelSpec, run: RunSpec): readonly Row[] {
  const isAdam = run.optimizer === 'adam' || run.optimizer === 'adamw';
  const isSingle = run.precision === 'fp32';
  const half = halfPrecision(run.gpu);
  return [
    {
      applies: run.optimizerKernel !== 'fused' && isAdam,
      kind: 'optimizer-kernel',
      option: '--optimizer-kernel fused',
      cost: 0,
      costs: 'one kernel, without temporaries of every weight',
      settings: { optimizerKernel: 'fused' },
    },
    {
      applies: run.loss !== 'fused' && model.architecture === 'decoder',
      kind: 'loss',
      option: '--loss fused',
      cost: 1,
      costs: 'the loss is taken in chunks, never all logits at once',
      settings: { loss: 'fused' },
    },
    ...accumulationRows(run),
    {
      applies: run.checkpointing === 'none' && run.attention === 'eager',
      kind: 'checkpointing',
      option: '--checkpointing selective',
      cost: 3,
      costs: 'attention is computed again in backward',
      settings: { checkpointing: 'selective' },
    },
    {
      applies: run.checkpointing !== 'full',
      kind: 'checkpointing',
      option: '--checkpointing full',
      cost: 6,
      costs: 'every layer is computed again in backward',
      settings: { checkpointing: 'full' },
    },
    {
      applies: isSingle,
      kind: 'precision',
      option: `--precision mixed-${half}`,
      cost: 4,
      costs: 'half-precision arithmetic',
      settings: { precision: `mixed-${half}` },
    },
    {
      // Updates in fp16 are lost below 6e-8, and gradients past 65504: nobody trains so.
      applies: isSingle && half === 'bf16',
      kind: 'precision',
      option: '--precision bf16',
      cost: 12,
      costs: 'weights and states in bf16: updates lose digits',
      settings: { precision: 'bf16' },
    },
    {
      applies: isAdam && run.offload !== 'optimizer' && run.offload !== 'all',
      kind: 'optimizer',
      option: '--optimizer adam8bit',
      cost: 8,
      costs: 'moments of one byte',
      settings: { optimizer: 'adam8bit' },
    },
    {
      applies: (run.offload ?? 'none') === 'none',
      kind: 'offload',
      option: '--offload optimizer',
      cost: 16,
      costs: 'every update crosses the bus',
      settings: { offload: 'optimizer' },
    },
    {
      applies: !run.loraRank && !run.frozenLayers,
      kind: 'adapters',
      option: '--lora-rank 16',
      cost: 24,
      costs: 'only adapters are trained',
      settings: { loraRank: 16 },
    },
    fourBitWeights(run),
    ...shardingRows(run),
    sharedSequences(model, run),
    {
      applies: !run.optimizerInBackward && !run.loraRank,
      kind: 'updates',
      option: '--optimizer-in-backward',
      cost: 5,
      costs: 'each weight is updated by itself: no clipping over all',
      settings: { optimizerInBackward: true },
    },
    {
      applies: !run.offloadActivations,
      kind: 'saved',
      option: '--offload-activations',
      cost: 10,
      costs: 'activations cross the bus',
      settings: { offloadActivations: true },
      untimed: true,
    },
    {
      applies: isAdam && !run.pagedOptimizer,
      kind: 'offload',
      option: '--paged-optimizer',
      cost: 15,
      costs: 'states page to the host where memory runs short',
      settings: { pagedOptimizer: true },
      untimed: true,
    },
    {
      applies: run.offload !== 'all',
      kind: 'offload',
      option: '--offload all',
      cost: 22,
      costs: 'weights, gradients and updates cross the bus',
      settings: { offload: 'all' },
      untimed: true,
    },
  ];
}

/** Replicas that keep whole states can share them: the same cards, another stage of ZeRO. */
function shardingRows({ dp = 1, cp = 1, zero = 0 }: RunSpec): Row[] {
  const costs = [
    '',
    'states are shared',
    'states and gradients are shared',
    'weights are gathered layer by layer',
  ];
  return ([1, 2, 3] as const).map((stage) => ({
    applies: dp * cp > 1 && zero < stage,
    kind: 'sharding',
    option: `--zero ${stage}`,
    cost: stage === 3 ? 4 : stage / 2,
    costs: costs[stage] ?? '',
    settings: { zero: stage },
  }));
}

/** Replicas that each have sequences of their own can share every one instead: the same cards, fewer sequences at once. */
function sharedSequences(model: ModelSpec, run: RunSpec): Row {
  const { dp = 1, cp = 1, shardGroup } = run;
  const ranks = dp * cp;
  return {
    applies: dp > 1 && shardGroup === undefined && sharesSequences(model, run, ranks),
    kind: 'context',
    option: `--dp 1 --cp ${ranks}`,
    cost: 7,
    costs: 'ranks share each sequence instead of having their own',
    settings: { dp: 1, cp: ranks },
  };
}

/** Tokens of a sequence below which passing keys and values around takes longer than attending to them. */
const MIN_TOKENS_A_RANK = 1024;

/** Whether `ranks` can share the run's sequences, and each has enough of one to do. */
export function sharesSequences(
  { architecture }: ModelSpec,
  { attention, seq }: RunSpec,
  ranks: number,
): boolean {
  return (
    architecture === 'decoder' &&
    attention !== 'eager' &&
    seq % (2 * ranks) === 0 &&
    seq / ranks >= MIN_TOKENS_A_RANK
  );
}

/** The same step in smaller batches: halves, quarters and so on, as long as they divide it. */
function accumulationRows({ batch, gradAccum }: RunSpec): Row[] {
  const rows: Row[] = [];
  for (let parts = 2; parts <= batch && batch % parts === 0; parts *= 2)
    rows.push({
      applies: true,
      kind: 'batch',
      option: `--batch ${batch / parts} --grad-accum ${gradAccum * parts}`,
      cost: 1 + Math.log2(parts),
      costs: 'the step stays the same',
      settings: { batch: batch / parts, gradAccum: gradAccum * parts },
    });
  return rows;
}

/** Weights of four bits are frozen: a run without adapters gets them at the same time. */
function fourBitWeights({ precision, loraRank, frozenLayers }: RunSpec): Row {
  const isNarrow = isQuantized(precision);
  if (loraRank)
    return {
      applies: !isNarrow,
      kind: 'precision',
      option: '--precision nf4',
      cost: 14,
      costs: 'frozen weights of four bits',
      settings: { precision: 'nf4' },
    };
  return {
    applies: !isNarrow && !frozenLayers,
    kind: 'precision',
    option: '--precision nf4 --lora-rank 16',
    cost: 30,
    costs: 'only adapters are trained, over weights of four bits (QLoRA)',
    settings: { precision: 'nf4', loraRank: 16 },
  };
}

function inferenceRows(run: RunSpec, largest: number): readonly Row[] {
  const { precision, kvPrecision } = run;
  const half = halfPrecision(run.gpu);
  return [
    {
      applies: precision === 'fp32',
      kind: 'precision',
      option: `--precision ${half}`,
      cost: 2,
      costs: 'half-precision arithmetic',
      settings: { precision: half, ...narrowCache(run, half) },
    },
    ...(run.engine === 'llama.cpp' ? ggufRows(run) : quantizedRows(run)),
    {
      applies: run.kvCache && !isQuantized(kvPrecision),
      kind: 'kv-precision',
      option: '--kv-precision int8',
      cost: 5,
      costs: 'a quantized cache',
      settings: { kvPrecision: 'int8' },
    },
    ...engineRows(run),
    ...smallerBatchRows(run, largest),
  ];
}

/** An engine sets less aside for fewer sequences, whose logits it sorts, and may take more of the card. */
function engineRows({ mode, engine = 'vllm', batch, maxSequences, gpuShare }: RunSpec): Row[] {
  const isPython = mode === 'serve' && engine !== 'llama.cpp';
  return [
    {
      applies: isPython && batch <= FEW_SEQUENCES && (maxSequences ?? 256) > FEW_SEQUENCES,
      kind: 'sequences',
      option: `--max-sequences ${FEW_SEQUENCES}`,
      cost: 2,
      costs: `no more than ${FEW_SEQUENCES} sequences at once`,
      settings: { maxSequences: FEW_SEQUENCES },
    },
    {
      applies: isPython && (gpuShare ?? 0.9) < LARGE_SHARE,
      kind: 'share',
      option: `--gpu-share ${LARGE_SHARE}`,
      cost: 1,
      costs: 'little of the card is left for anything else',
      settings: { gpuShare: LARGE_SHARE },
    },
  ];
}

const FEW_SEQUENCES = 16;
const LARGE_SHARE = 0.95;

/** A cache in fp32 becomes as narrow as the activations do. */
function narrowCache({ kvPrecision }: RunSpec, half: 'bf16' | 'fp16'): Partial<RunSpec> {
  return kvPrecision === 'fp32' ? { kvPrecision: half } : {};
}

function quantizedRows(run: RunSpec): readonly Row[] {
  const { precision, mode, gpu } = run;
  return [
    {
      applies: mode === 'serve' && !isQuantized(precision) && multipliesFp8(gpu),
      kind: 'precision',
      option: '--precision fp8',
      cost: 5.5,
      costs: 'weights of one byte, which this card multiplies',
      settings: { precision: 'fp8', ...narrowCache(run, 'fp16') },
    },
    {
      applies: !isQuantized(precision),
      kind: 'precision',
      option: '--precision int8',
      cost: 6,
      costs: 'quantized weights',
      settings: { precision: 'int8', ...narrowCache(run, 'fp16') },
    },
    {
      applies: bytesPerElement(precision) > 0.5,
      kind: 'precision',
      option: '--precision int4',
      cost: 10,
      costs: 'weights of four bits',
      settings: { precision: 'int4', ...narrowCache(run, 'fp16') },
    },
  ];
}

const halfPrecision = (gpu: string | undefined) =>
  gpu === undefined ? 'bf16' : halfPrecisionOn(gpuByName(gpu));

function multipliesFp8(gpu: string | undefined): boolean {
  return gpu !== undefined && gpuByName(gpu).peak.fp8 !== null;
}

/** Files of fewer bits a weight, the widest first. */
function ggufRows({ gguf = 'F16' }: RunSpec): Row[] {
  const narrower = GGUF_TYPES.slice(GGUF_TYPES.indexOf(gguf) + 1).filter((type) =>
    WIDELY_PUBLISHED.has(type),
  );
  return narrower.map((type, index) => ({
    applies: true,
    kind: 'precision',
    option: `--gguf ${type}`,
    cost: 5.5 + index,
    costs: 'a file of fewer bits a weight',
    settings: { gguf: type },
  }));
}

const WIDELY_PUBLISHED: ReadonlySet<string> = new Set(['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M']);

/** Halves of the batch, and the largest that fits by itself where it is known and smaller than what is asked for. */
function smallerBatchRows(run: RunSpec, largest: number): Row[] {
  const sizes = new Set<number>();
  for (let batch = Math.floor(run.batch / 2); batch >= 1; batch = Math.floor(batch / 2))
    sizes.add(batch);
  if (largest >= 1 && largest < run.batch) sizes.add(largest);
  return [...sizes].map((batch) => ({
    applies: true,
    kind: 'batch',
    option: `--batch ${batch}`,
    cost: 3 + Math.log2(run.batch / batch),
    costs: 'fewer sequences at once',
    settings: { batch },
  }));
}
