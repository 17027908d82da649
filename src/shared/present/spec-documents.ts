/**
 * What theory says of a model and a run, as whole documents: `plumbline budget`, `plan` and `flops` print them, and the
 * planner shows them, so that both give the same figures.
 */
import type { Bytes } from '../base/units';
import { computeBudget } from '../budget/budget';
import { peakBytes } from '../budget/peak';
import type { Budget, GpuFit } from '../budget/types';
import { compareStudent, type StudentComparison } from '../compute/distillation';
import { countFlops, type FlopCount } from '../compute/flops';
import { type PaddingReport, paddingReport } from '../compute/padding';
import { type QuantizationRow, quantizationTable } from '../compute/quantization';
import { compareWithRnn, type RnnComparison } from '../compute/rnn';
import {
  type OperationTime,
  passSeconds,
  peakThroughput,
  ridgePoint,
  roofline,
} from '../compute/roofline';
import { runSeconds } from '../compute/run-time';
import { type GenerationReport, generationReport } from '../compute/serving';
import { gpuByName } from '../hardware/gpu-names';
import { GPUS, type Gpu } from '../hardware/gpus';
import { type LearnedBudget, learnBudget } from '../learned/apply';
import type { LearnedConstants } from '../learned/types';
import { parameterCount } from '../model/parameters';
import type { ModelSpec, RunSpec } from '../model/spec';
import { fitsOn, type GpuHold, type GpuMemory, holdsOn } from '../planning/fits';
import { buildPlan, type Plan } from '../planning/plan';
import type { ResolvedSpec } from '../planning/resolve-run';
import type { CarriedResidual } from '../session/as-plan';
import { assumedSentences, listAssumed } from './assumed';

export interface BudgetDocument extends Budget {
  readonly assumed: readonly string[];
  /** What sessions on the card that is named have taught; left out where none is, or they have not. */
  readonly learned?: LearnedBudget;
}

/** The budget, what it assumes said first; without the GPUs it fits on. `constants`: what the library has learned. */
export function budgetDocument(
  { model, run, given, card }: ResolvedSpec,
  constants: readonly LearnedConstants[] = [],
): BudgetDocument {
  const budget = computeBudget(model, run);
  const learned = learnBudget(budget, card?.name, constants);
  return {
    ...budget,
    assumed: [...assumedSentences(listAssumed(model, run, given)), ...(budget.assumed ?? [])],
    ...(learned && { learned }),
  };
}

/** Every GPU of the catalogue against the run, and before them the card that was named by its memory. */
export function listFits({ model, run, card }: ResolvedSpec): readonly GpuFit[] {
  return fitsOn(model, run, comparedGpus(run, card));
}

/** The same without the largest batches, which take dozens of budgets each. */
export function listHolds({ model, run, card }: ResolvedSpec): readonly GpuHold[] {
  return holdsOn(model, run, comparedGpus(run, card));
}

const comparedGpus = (run: RunSpec, card: GpuMemory | null): readonly GpuMemory[] =>
  card !== null && run.gpu === undefined ? [card, ...GPUS] : GPUS;

/** What a recorded session adds to a plan: what it was seen to hold beyond theory, and the answer with that. */
export interface CarriedPlan extends CarriedResidual {
  /** Peak by theory and what is carried. */
  readonly expectedBytes: Bytes;
  /** The GPU of the plan with it; null where none is named. */
  readonly gpu: { readonly fits: boolean; readonly headroomBytes: Bytes } | null;
}

export interface PlanDocument extends Plan {
  /** Defaults that bytes depend on, in words. */
  readonly assumed: readonly string[];
  /** Of a ragged batch. */
  readonly padding: PaddingReport | null;
  /** Of a run that does not train. */
  readonly quantized: readonly QuantizationRow[] | null;
  /** Of a plan that begins with a recorded session that has something to carry. */
  readonly carried?: CarriedPlan;
  /** What sessions on the card that is named have taught; left out where none is, or they have not. */
  readonly learned?: LearnedBudget;
}

/** `residual`: of the session that the plan begins with; `constants`: what the library has learned. */
export function planDocument(
  { model, run, given, card }: ResolvedSpec,
  residual: CarriedResidual | null = null,
  constants: readonly LearnedConstants[] = [],
): PlanDocument {
  const plan = buildPlan(model, run, GPUS, card);
  const learned =
    constants.length === 0 ? null : learnBudget(computeBudget(model, run), card?.name, constants);
  return {
    ...plan,
    ...(learned && { learned }),
    ...(residual && { carried: carryInto(plan.gpu, residual, peakBytes(model, run)) }),
    assumed: listAssumed(model, run, given),
    padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
    quantized:
      run.mode === 'train' || run.mode === 'serve' || model.decoderLayers
        ? null
        : quantizationTable(model, run.batch, run.seq, run.mode === 'generate' && run.kvCache),
  };
}

/** `gpu`: the card that is named against the peak by theory. */
export function carryInto(
  gpu: GpuHold | null,
  residual: CarriedResidual,
  peak: Bytes,
): CarriedPlan {
  const headroomBytes = gpu === null ? null : gpu.headroomBytes - residual.bytes;
  return {
    ...residual,
    expectedBytes: peak + residual.bytes,
    gpu: headroomBytes === null ? null : { fits: headroomBytes >= 0, headroomBytes },
  };
}

export interface FlopsDocument extends FlopCount {
  readonly model: { readonly name: string; readonly parameters: number; readonly layers: number };
  readonly batch: number;
  readonly seq: number;
  readonly causal: boolean;
  readonly rnn: RnnComparison;
  readonly device: {
    readonly gpu: Gpu;
    readonly precision: string;
    readonly ridge: number;
    readonly operations: readonly OperationTime[];
    readonly seconds: number;
  } | null;
  readonly generation: GenerationReport | null;
  readonly training: {
    readonly stepSeconds: number;
    readonly tokensPerSecond: number;
    readonly utilization: number;
  } | null;
  readonly padding: PaddingReport | null;
  readonly against: (StudentComparison & { readonly model: string }) | null;
}

/** `other`: a model to compare with, as a teacher with its student. `unavailable` where the GPU named lacks the arithmetic. */
export function flopsDocument(
  { model, run }: Pick<ResolvedSpec, 'model' | 'run'>,
  other: ModelSpec | null = null,
): FlopsDocument {
  const gpu = run.gpu === undefined ? null : gpuByName(run.gpu);
  return {
    ...countFlops(model, run.batch, run.seq, run),
    model: {
      name: model.name,
      parameters: parameterCount(model),
      layers: model.layers + (model.decoderLayers ?? 0),
    },
    batch: run.batch,
    seq: run.seq,
    causal: run.causal,
    rnn: compareWithRnn(model, run.seq),
    device: gpu && onDevice(model, run, gpu),
    generation: generationReport(model, run, gpu),
    training: gpu && run.mode === 'train' ? trainingOn(model, run, gpu) : null,
    padding: run.lengths === undefined ? null : paddingReport(model, run.lengths),
    against: other && {
      model: other.name,
      ...compareStudent(model, other, Math.min(run.seq, other.maxPositions)),
    },
  };
}

function onDevice(model: ModelSpec, run: RunSpec, gpu: Gpu): FlopsDocument['device'] {
  const { batch, seq, precision, kvPrecision, attention, causal } = run;
  const shape = { batch, queries: seq, context: seq, precision, kvPrecision, attention, causal };
  return {
    gpu,
    precision,
    ridge: ridgePoint(gpu, precision),
    operations: roofline(model, shape, gpu),
    seconds: passSeconds(model, shape, gpu),
  };
}

/** One optimizer step: its least time, and the share of the peak its model FLOPs then reach. */
function trainingOn(model: ModelSpec, run: RunSpec, gpu: Gpu): FlopsDocument['training'] {
  const seconds = runSeconds(model, run, gpu);
  if (seconds === null) return null;
  const { train } = countFlops(model, run.batch * run.gradAccum, run.seq, run);
  const ranks = (run.tp ?? 1) * (run.pp ?? 1);
  return {
    stepSeconds: seconds,
    tokensPerSecond: (run.batch * run.gradAccum * run.seq * (run.dp ?? 1)) / seconds,
    utilization: Number(train) / (seconds * ranks * peakThroughput(gpu, run.precision)),
  };
}
