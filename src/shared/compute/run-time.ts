/**
 * The least time a run takes on a device, by the roofline: a training step with its recomputation and its optimizer, a
 * generation, a forward pass. Lower bounds in seconds, for one rank, without launch gaps and communication. The
 * ratio of two of them says what changing a setting costs in time, and is far surer than either.
 */

import { Failure } from '../base/failure';
import { wholeShard } from '../budget/sharding/shard';
import { countRankParameters } from '../budget/weights';
import type { Gpu } from '../hardware/gpus';
import { bytesPerElement, isMixed } from '../model/precision';
import type { ModelSpec, Optimizer, RunSpec } from '../model/spec';
import { backwardWork, trainedPart } from './backward';
import { generationLatency } from './latency';
import { type OperationTime, type PassShape, passSeconds, roofline } from './roofline';

/** States like the weights that an update reads, and writes again; those of adam8bit have a byte each, those of adafactor next to nothing. */
const STATES: Readonly<Record<Optimizer, number>> = {
  adamw: 2,
  adam: 2,
  adam8bit: 2,
  momentum: 1,
  lion: 1,
  muon: 1,
  adafactor: 0,
  sgd: 0,
};

/** Bytes a second over PCIe 4.0 with 16 lanes, one way. */
const BUS_BANDWIDTH = 32e9;

/** An optimizer step, the whole generation, or a forward pass; null where the device lacks the arithmetic. */
export function runSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number | null {
  try {
    if (run.mode === 'train') return stepSeconds(model, run, gpu);
    const ranks = (run.tp ?? 1) * (run.pp ?? 1);
    if (run.mode === 'generate' && !model.decoderLayers)
      return generationLatency(model, run, gpu).totalSeconds / ranks;
    return passSeconds(model, timePass(run), gpu) / ranks;
  } catch (error) {
    if (error instanceof Failure && error.code === 'unavailable') return null;
    throw error;
  }
}

function timePass({ batch, seq, precision, kvPrecision, attention, causal }: RunSpec): PassShape {
  return { batch, queries: seq, context: seq, precision, kvPrecision, attention, causal };
}

function stepSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number {
  const { tp = 1, pp = 1, cp = 1 } = run;
  const operations = roofline(model, timePass(run), gpu);
  const total = (some: readonly OperationTime[]) =>
    some.reduce((sum, { times, seconds }) => sum + times * seconds, 0);
  // Recomputation stops at the lowest layer that trains: nothing below it is needed again.
  const trained = run.frozenLayers
    ? roofline(trainedPart(model, run), timePass(run), gpu)
    : operations;
  const again =
    run.checkpointing === 'none'
      ? 0
      : total(
          run.checkpointing === 'selective'
            ? trained.filter(({ name }) => name === 'attention')
            : trained,
        );
  const microBatch =
    total(operations) +
    backwardWork(model, run, (part) => total(roofline(part, timePass(run), gpu))) +
    again;
  // A pipeline of p stages idles for p − 1 of its m + p − 1 slots.
  const slots = pp === 1 ? run.gradAccum : run.gradAccum * ((run.microBatches ?? pp) + pp - 1);
  const computing = microBatch / (tp * pp * cp);
  return slots * Math.max(computing, busSeconds(model, run)) + optimizerSeconds(model, run, gpu);
}

/** Least seconds in which offloaded weights come to a rank's device for a pass: for forward, for backward, and once more for recomputation. */
function busSeconds(model: ModelSpec, run: RunSpec): number {
  if (run.offload !== 'all') return 0;
  const { tp = 1, pp = 1, checkpointing } = run;
  const { held } = countRankParameters(model, run, wholeShard(model, run));
  const times = checkpointing === 'none' ? 2 : 3;
  return (times * held * bytesPerElement(run.precision)) / (tp * pp) / BUS_BANDWIDTH;
}

/** Parameters that one rank updates. */
function updated(model: ModelSpec, run: RunSpec): number {
  const { tp = 1, pp = 1, dp = 1, zero = 0 } = run;
  return (
    countRankParameters(model, run, wholeShard(model, run)).trained /
    (tp * pp * (zero >= 1 ? dp : 1))
  );
}

/** Bytes that an update moves on a rank's device: gradients and parameters are read, states read and written, parameters written. */
export function updateBytes(model: ModelSpec, run: RunSpec): number {
  const working = bytesPerElement(run.precision);
  const mixed = isMixed(run.precision);
  const parameter = mixed || run.precision === 'fp32' ? 4 : working;
  const states = STATES[run.optimizer] * (run.optimizer === 'adam8bit' ? 1 : parameter);
  return updated(model, run) * (2 * states + 3 * parameter + (mixed ? working : 0));
}

/** Least seconds of an update; where states are offloaded, gradients and parameters cross the bus instead. */
export function optimizerSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number {
  const offloaded = run.offload === 'optimizer' || run.offload === 'all';
  return offloaded
    ? (2 * updated(model, run) * bytesPerElement(run.precision)) / BUS_BANDWIDTH
    : updateBytes(model, run) / gpu.bandwidth;
}
