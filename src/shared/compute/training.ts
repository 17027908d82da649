/** Time, money and energy of a training run: arithmetic over what the devices deliver. */

import { requirePositive, requireWhole } from '../base/big-count';
import type { Gpu } from '../hardware/gpus';
import type { Precision } from '../model/spec';
import { peakThroughput } from './roofline';

interface TrainingPlan {
  /** FLOPs of the whole run: 6PD, or the count. */
  readonly flops: number;
  readonly gpus: number;
  readonly gpu: Gpu;
  readonly precision: Precision;
  /** Share of the peak that is reached, 0..1 (model FLOPs utilization). */
  readonly utilization: number;
  /** Money an hour of one GPU; null where unknown. */
  readonly pricePerGpuHour?: number | null;
  /** Power of the whole site over that of the devices (PUE); 1 where left out. */
  readonly overhead?: number;
}

export interface TrainingCost {
  /** FLOPs a second of all devices: at their peak, and as used. */
  readonly peakRate: number;
  readonly rate: number;
  readonly seconds: number;
  readonly days: number;
  readonly gpuHours: number;
  readonly cost: number | null;
  /** At the devices' rated power: an upper bound. */
  readonly energyKWh: number;
}

/** 6·P·D FLOPs: forward and backward over D tokens (Kaplan et al. 2020, section 2.1). */
export function sixPD(parameters: number, tokens: number): number {
  return 6 * parameters * tokens;
}

/** The run at a share of the devices' peak; `bad_input` where a figure is not above zero. */
export function trainingCost(plan: TrainingPlan): TrainingCost {
  requirePositive('flops', plan.flops);
  requireWhole('gpus', plan.gpus);
  requirePositive('utilization', plan.utilization);
  const peakRate = plan.gpus * peakThroughput(plan.gpu, plan.precision);
  const rate = peakRate * plan.utilization;
  const seconds = plan.flops / rate;
  const gpuHours = (plan.gpus * seconds) / 3600;
  const price = plan.pricePerGpuHour ?? null;
  return {
    peakRate,
    rate,
    seconds,
    days: seconds / 86_400,
    gpuHours,
    cost: price === null ? null : gpuHours * price,
    energyKWh: (gpuHours * plan.gpu.tdpWatts * (plan.overhead ?? 1)) / 1000,
  };
}
