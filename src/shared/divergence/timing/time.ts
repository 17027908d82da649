/**
 * Time beside memory: how long a phase took, how long it takes at least by the roofline, and what share of the device
 * that makes use of. Utilization of the model's FLOPs counts the work the model asks for and nothing that is done again;
 * utilization of bandwidth counts the bytes that must move. The device's own utilization counter is an average over a
 * window, and is told only of phases that last longer than it.
 *
 * Phases that were found in the trace have no time of their own: their edges are as coarse as the samples.
 */

import { unlessFailure } from '../../base/failure';
import type { Micros, Percent } from '../../base/units';
import { PHASES, type Phase } from '../../base/vocabulary';
import type { Budget } from '../../budget/types';
import { backwardWork, trainedPart } from '../../compute/backward';
import { forwardFlops } from '../../compute/flops';
import { generationFlops } from '../../compute/generation';
import {
  operationCosts,
  type PassShape,
  passSeconds,
  peakThroughput,
} from '../../compute/roofline';
import { optimizerSeconds, updateBytes } from '../../compute/run-time';
import { gpusNamed } from '../../hardware/gpu-names';
import type { Gpu } from '../../hardware/gpus';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { sumIn } from '../../trace/series';
import { deviceIn, deviceUtilization } from '../../trace/series-ids';
import type { SeriesData } from '../../trace/types';
import { seriesById } from '../overlay/lines';
import type { Overlay } from '../overlay/types';
import { type TimedSpans, timePhases } from './timed-spans';

export interface PhaseTime {
  /** `step`: from the beginning of one forward pass to that of the next step's. */
  readonly phase: Phase | 'step';
  readonly count: number;
  readonly totalUs: Micros;
  /** Of one occurrence. */
  readonly medianUs: Micros;
  /** What the roofline says one occurrence takes at least; null where the device or the work is not known. */
  readonly leastUs: Micros | null;
  readonly tokensPerSecond: number | null;
  /** FLOPs of one occurrence over its time. */
  readonly flopsPerSecond: number | null;
  /** That over the device's dense peak at the run's precision, 0..1. */
  readonly flopsUtilization: number | null;
  /** Bytes that must move in one occurrence over what the device could have moved, 0..1. */
  readonly bandwidthUtilization: number | null;
  /** Mean of the device's utilization counter. */
  readonly busy: Percent | null;
}

export interface TimeAnalysis {
  /** Name in the catalogue of the device that the shares are of; null where it is not known. */
  readonly gpu: string | null;
  /** Window over which the utilization counter averages. */
  readonly windowUs: Micros | null;
  readonly phases: readonly PhaseTime[];
}

/** What one occurrence of a phase has to do. */
interface Work {
  readonly tokens: number | null;
  readonly flops: number | null;
  /** Bytes that must move. */
  readonly bytes: number | null;
  readonly seconds: number | null;
}

/** Null where no phase was announced. `gpuName` is the driver's name of the device the workload ran on. */
export function analyseTime(
  overlay: Overlay,
  budget: Budget | null,
  series: readonly SeriesData[],
  gpuName: string | null,
): TimeAnalysis | null {
  const rank = overlay.phases[0]?.rank;
  const timed = timePhases(overlay.phases, rank);
  if (timed.size === 0) return null;
  const [gpu = null] = gpuName === null ? [] : gpusNamed(gpuName);
  const device = overlay.series === null ? undefined : deviceIn(overlay.series);
  const utilization =
    device === undefined ? undefined : seriesById(series, deviceUtilization(device));
  const phases = PHASES.flatMap((phase): PhaseTime[] => {
    const own = timed.get(phase);
    const work = budget && describeWork(phase, budget, gpu);
    return own === undefined
      ? []
      : [describeTime(phase, own, work, budget?.run ?? null, gpu, utilization)];
  });
  const steps = timed.get('step');
  if (steps !== undefined && budget !== null)
    phases.push(describeTime('step', steps, stepWork(budget, gpu), budget.run, gpu, utilization));
  return { gpu: gpu?.name ?? null, windowUs: utilization?.info.windowUs ?? null, phases };
}

function describeTime(
  phase: PhaseTime['phase'],
  { count, totalUs, medianUs, busyIn }: TimedSpans,
  work: Work | null,
  run: RunSpec | null,
  gpu: Gpu | null,
  utilization: SeriesData | undefined,
): PhaseTime {
  const perSecond = (amount: number | null | undefined) =>
    amount == null || medianUs <= 0 ? null : (amount * 1e6) / medianUs;
  const flopsPerSecond = perSecond(work?.flops);
  const peak = gpu && run ? unlessFailure(() => peakThroughput(gpu, run.precision)) : null;
  const moved = perSecond(work?.bytes);
  return {
    phase,
    count,
    totalUs,
    medianUs,
    leastUs: work?.seconds == null ? null : Math.round(work.seconds * 1e6),
    tokensPerSecond: perSecond(work?.tokens),
    flopsPerSecond,
    flopsUtilization: flopsPerSecond === null || peak === null ? null : flopsPerSecond / peak,
    bandwidthUtilization: moved === null || gpu === null ? null : moved / gpu.bandwidth,
    busy: meanBusy(busyIn, medianUs, utilization),
  };
}

/** Of what lasts longer than the counter's window, whose average is of both where it begins before. */
function meanBusy(
  busyIn: TimedSpans['busyIn'],
  medianUs: Micros,
  utilization: SeriesData | undefined,
): Percent | null {
  const window = utilization?.info.windowUs ?? null;
  if (!utilization || window === null || medianUs < window) return null;
  const { sum, count } = busyIn((t0, t1) => sumIn(utilization, t0 + window, t1));
  return count === 0 ? null : sum / count / 1000;
}

/** Activations computed again take the time of one more forward pass in backward, and ask for no more. */
function describeWork(phase: Phase, { spec: model, run }: Budget, gpu: Gpu | null): Work | null {
  const { batch, seq, promptTokens } = run;
  switch (phase) {
    case 'forward':
      return { tokens: batch * seq, ...passWork(model, run, seq, gpu) };
    case 'prefill':
      return { tokens: batch * promptTokens, ...passWork(model, run, promptTokens, gpu) };
    case 'backward': {
      // What is not known of a pass is not known of its parts.
      const whole = passWork(model, run, seq, gpu);
      const backward = (of: keyof typeof whole) =>
        whole[of] === null
          ? null
          : backwardWork(model, run, (part) => passWork(part, run, seq, gpu)[of] ?? 0);
      const again =
        run.checkpointing === 'none' || run.checkpointing === 'selective'
          ? 0
          : (passWork(trainedPart(model, run), run, seq, gpu).seconds ?? 0);
      const seconds = backward('seconds');
      return {
        tokens: batch * seq,
        flops: backward('flops'),
        bytes: backward('bytes'),
        seconds: seconds === null ? null : seconds + again,
      };
    }
    case 'optimizer':
      return {
        tokens: null,
        flops: null,
        bytes: updateBytes(model, run),
        seconds: gpu && optimizerSeconds(model, run, gpu),
      };
    case 'decode':
      return decodeWork(model, run, gpu);
    default:
      return null;
  }
}

/** All tokens but the first, which prefill brings. */
function decodeWork(model: ModelSpec, run: RunSpec, gpu: Gpu | null): Work | null {
  const { batch, promptTokens, tokens } = run;
  if (tokens < 2) return null;
  const flops = unlessFailure(
    () =>
      Number(
        generationFlops(model, {
          batch,
          promptTokens,
          tokens,
          kvCache: run.kvCache,
          causal: run.causal,
        }).decode,
      ) / rankTimes(run),
  );
  let bytes: number | null = 0;
  let seconds: number | null = gpu === null ? null : 0;
  for (let step = 1; step < tokens; step++) {
    const length = promptTokens + step;
    const one = passCost(model, run, run.kvCache ? 1 : length, length, gpu);
    bytes = bytes === null || one.bytes === null ? null : bytes + one.bytes;
    seconds = seconds === null || one.seconds === null ? null : seconds + one.seconds;
  }
  return { tokens: batch * (tokens - 1), flops, bytes, seconds };
}

function stepWork(budget: Budget, gpu: Gpu | null): Work | null {
  const { run } = budget;
  const parts = (['forward', 'backward', 'optimizer'] as const).map((phase) => ({
    work: describeWork(phase, budget, gpu),
    times: phase === 'optimizer' ? 1 : run.gradAccum,
  }));
  const sum = (of: (work: Work) => number | null) =>
    parts.reduce<number | null>((total, { work, times }) => {
      const value = work === null ? null : of(work);
      return total === null || value === null ? null : total + value * times;
    }, 0);
  return {
    tokens: run.batch * run.seq * run.gradAccum,
    flops: sum(({ flops, tokens }) => (tokens === null ? 0 : flops)),
    bytes: sum(({ bytes }) => bytes),
    seconds: sum(({ seconds }) => seconds),
  };
}

function passWork(
  model: ModelSpec,
  run: RunSpec,
  length: number,
  gpu: Gpu | null,
): Omit<Work, 'tokens'> {
  return {
    flops: unlessFailure(
      () => Number(forwardFlops(model, run.batch, length, { causal: run.causal })) / rankTimes(run),
    ),
    ...passCost(model, run, length, length, gpu),
  };
}

function passCost(
  model: ModelSpec,
  { batch, precision, kvPrecision, attention, causal, ...run }: RunSpec,
  queries: number,
  context: number,
  gpu: Gpu | null,
): Pick<Work, 'bytes' | 'seconds'> {
  const shape: PassShape = { batch, queries, context, precision, kvPrecision, attention, causal };
  const ranks = rankTimes(run);
  return {
    bytes: unlessFailure(
      () =>
        operationCosts(model, shape).reduce((sum, one) => sum + one.times * one.bytes, 0) / ranks,
    ),
    seconds: gpu && unlessFailure(() => passSeconds(model, shape, gpu) / ranks),
  };
}

/** Ranks that share the work of one pass. */
function rankTimes({ tp = 1, pp = 1 }: Pick<RunSpec, 'tp' | 'pp'>): number {
  return tp * pp;
}
