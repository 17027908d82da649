/**
 * The least time a run takes on a device, by the roofline: a training step with its recomputation and its optimizer, a
 * generation, a forward pass. Lower bounds in seconds, for one rank, without launch gaps and communication; what
 * changing a setting costs in time is told by their ratio, which is far surer than either of them.
 */
import { Failure } from '../failure';
import { wholeShard } from '../budget/sharding/shard';
import { parametersOf } from '../budget/weights';
import { bytesPerElement, isMixed } from '../model/precision';
import type { ModelSpec, Optimizer, RunSpec } from '../model/spec';
import type { Gpu } from './gpus';
import { backwardWork, trainedPart } from './backward';
import { generationLatency } from './latency';
import { type OperationTime, passSeconds, type PassShape, roofline } from './roofline';

/** Bytes of states an update reads, and writes again, a parameter. */
const STATES: Readonly<Record<Optimizer, number>> = { adamw: 8, adam: 8, adam8bit: 2, momentum: 4, lion: 4, muon: 4, adafactor: 0, sgd: 0 };

/** PCIe 4.0 with 16 lanes, one way. */
const BUS = 32e9;

/** An optimizer step, the whole generation, or a forward pass; null where the device lacks the arithmetic. */
export function runSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number | null {
  try {
    if (run.mode === 'train') return stepSeconds(model, run, gpu);
    const ranks = (run.tp ?? 1) * (run.pp ?? 1);
    if (run.mode === 'generate' && !model.decoderLayers) return generationLatency(model, run, gpu).totalSeconds / ranks;
    return passSeconds(model, passOf(run), gpu) / ranks;
  } catch (error) {
    if (error instanceof Failure && error.code === 'unavailable') return null;
    throw error;
  }
}

function passOf({ batch, seq, precision, kvPrecision, attention, causal }: RunSpec): PassShape {
  return { batch, queries: seq, context: seq, precision, kvPrecision, attention, causal };
}

function stepSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number {
  const { tp = 1, pp = 1, dp = 1 } = run;
  const operations = roofline(model, passOf(run), gpu);
  const total = (some: readonly OperationTime[]) => some.reduce((sum, { times, seconds }) => sum + times * seconds, 0);
  // No layer below those that train is done again.
  const trained = run.frozenLayers ? roofline(trainedPart(model, run), passOf(run), gpu) : operations;
  const again = run.checkpointing === 'none' ? 0 : total(run.checkpointing === 'selective' ? trained.filter(({ name }) => name === 'attention') : trained);
  const microBatch = total(operations) + backwardWork(model, run, (part) => total(roofline(part, passOf(run), gpu))) + again;
  // A pipeline of p stages idles for p − 1 of its m + p − 1 slots.
  const slots = pp === 1 ? run.gradAccum : run.gradAccum * ((run.microBatches ?? pp) + pp - 1);
  return (slots * microBatch) / (tp * pp) + optimizerSeconds(model, run, gpu) / (tp * pp * ((run.zero ?? 0) >= 1 ? dp : 1));
}

/** Gradients and parameters are read, states read and written, parameters written; offloaded states add the bus. */
function optimizerSeconds(model: ModelSpec, run: RunSpec, gpu: Gpu): number {
  const { trained } = parametersOf(model, run, wholeShard(model, run));
  const working = bytesPerElement(run.precision);
  const mixed = isMixed(run.precision);
  const parameter = mixed || run.precision === 'fp32' ? 4 : working;
  const traffic = 2 * STATES[run.optimizer] + 3 * parameter + (mixed ? working : 0);
  const offloaded = run.offload === 'optimizer' || run.offload === 'all';
  return offloaded ? (2 * trained * working) / BUS : (trained * traffic) / gpu.bandwidth;
}
