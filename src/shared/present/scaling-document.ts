/** How a training budget is best spent, and what it costs on cards: what `plumbline scaling` prints and the planner shows. */
import { type ScalingReport, scalingReport } from '../compute/scaling';
import { type TrainingCost, trainingCost } from '../compute/training';
import { halfPrecisionOn } from '../hardware/gpu';
import { gpuByName } from '../hardware/gpu-names';
import { rejectOption } from '../model/reject-field';

export interface ScalingQuestion {
  /** FLOPs; left out, those of `params` on `tokens`. */
  readonly compute?: number | undefined;
  readonly params?: number | undefined;
  readonly tokens?: number | undefined;
  readonly inferenceTokens?: number | undefined;
  readonly gpu?: string | undefined;
  readonly gpus?: number | undefined;
  /** Share of the peak, 0 to 1. */
  readonly utilization?: number | undefined;
  /** Of one GPU an hour. */
  readonly price?: number | undefined;
}

export interface ScalingDocument extends ScalingReport {
  /** The budget on devices, where some were named. */
  readonly training:
    | ({
        readonly gpu: string;
        readonly gpus: number;
        readonly precision: string;
        readonly utilization: number;
      } & Pick<TrainingCost, 'seconds' | 'days' | 'gpuHours' | 'cost' | 'energyKWh'>)
    | null;
}

/** `bad_input` where neither a budget nor a model with its tokens is whole. */
export function scalingDocument(question: ScalingQuestion): ScalingDocument {
  const report = scalingReport(question);
  return { ...report, training: onDevices(Number(report.compute), question) };
}

const USUAL_UTILIZATION = 0.4;

function onDevices(
  flops: number,
  { gpu: name, gpus = 1, utilization = USUAL_UTILIZATION, price }: ScalingQuestion,
): ScalingDocument['training'] {
  if (name === undefined) return null;
  const gpu = gpuByName(name);
  const precision = halfPrecisionOn(gpu);
  const { seconds, days, gpuHours, cost, energyKWh } = trainingCost({
    flops,
    gpus,
    gpu,
    precision,
    utilization,
    pricePerGpuHour: price ?? null,
  });
  return { gpu: gpu.name, gpus, precision, utilization, seconds, days, gpuHours, cost, energyKWh };
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  b: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
};

/** A number as people write large ones: 1e24, 175B, 1.4T, 300_000. Throws `bad_input` for what is none above zero. */
export function readAmount(option: string, text: string): number {
  const [, digits, suffix = ''] = /^(\d[\d_]*(?:\.\d+)?(?:e\+?\d+)?)([kmbtpe]?)$/i.exec(text) ?? [];
  const value =
    digits === undefined
      ? Number.NaN
      : Number(digits.replaceAll('_', '')) * (SUFFIXES[suffix.toLowerCase()] ?? Number.NaN);
  if (Number.isFinite(value) && value > 0) return value;
  return rejectOption(option, text, 'Give a number above zero, such as 1e24, 175B or 1.4T.');
}

/** A share of the peak: above 0 and up to 1. */
export function readShare(option: string, text: string): number {
  const value = readAmount(option, text);
  return value <= 1
    ? value
    : rejectOption(option, text, 'Give a share of the peak, above 0 and up to 1.');
}
