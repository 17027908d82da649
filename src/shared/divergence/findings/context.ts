/**
 * What the driver and its libraries hold beside the framework: process memory on the GPU above the framework's bytes.
 * Where the budget already holds a context, only what lies beyond the limits of it is a divergence.
 */
import { formatBytes } from '../../base/format';
import { type Bytes, MiB } from '../../base/units';
import { processMemory } from '../../trace/series-ids';
import { fits } from '../fit/fit';
import type { JudgedRun } from '../fit/judged-run';
import { describeLevels } from '../fit/setting-words';
import { MARGIN } from '../fit/winner';
import { type ContextLevel, contextLevel } from '../overlay/context-level';
import { flagLimit } from '../overlay/flags';
import { findWidestGap } from '../overlay/gap';
import { devicesBeside, findDevice } from '../overlay/lines';
import type { DiagnosisInput, Finding } from '../overlay/types';

/** No driver's context takes less. */
const MIN_CONTEXT = 150 * MiB;

/**
 * `setting`: the declared setting that the trace contradicts, where one is. What such a run holds in every phase is its
 * own, and no context.
 */
export function findContext(
  input: DiagnosisInput,
  judged: JudgedRun | null,
  setting: Finding | null,
): Finding[] {
  const { lines, budget, overlay } = input;
  const levels = devicesBeside(lines, overlay.series).flatMap(
    (gpu) => contextLevel(lines, gpu, overlay) ?? [],
  );
  if (judged !== null && setting === null && !levels.some(({ reserved }) => reserved)) {
    const offset = findConstantOffset(input, judged);
    if (offset !== null) return [offset];
  }
  const predicted = budget?.tiers.refined.components.context ?? 0;
  return levels.flatMap((level) => describeLevel(level, predicted, overlay) ?? []);
}

/** The same bytes above or below the prediction in every phase, where no other setting fits as well. */
function findConstantOffset(
  input: DiagnosisInput,
  { search, declared, mismatch }: JudgedRun,
): Finding | null {
  const { lines, overlay, durationUs } = input;
  if (findDevice(lines, overlay.series) === undefined || findWidestGap(input, overlay) === null)
    return null;
  const limit = flagLimit(overlay.predictedPeak.refined ?? 0, overlay);
  if (declared === null || !fits(declared, false) || Math.abs(declared.offset) <= limit)
    return null;
  // A single moment shows no constant: it takes a second one that is off by the same bytes.
  const moments = new Set(search.observations.map(({ phase, step }) => `${phase} ${step}`));
  if (!overlay.stairs && moments.size < 2) return null;
  if (mismatch?.fitting.some(({ score }) => score <= declared.score + MARGIN)) return null;
  const { offset } = declared;
  const assumed = search.declared.tiers.refined.components.context ?? 0;
  if (assumed + offset < MIN_CONTEXT) return null;
  const [side, size] = offset > 0 ? ['above', 'larger'] : ['below', 'smaller'];
  return {
    kind: 'context',
    title: `${overlay.phases.length > 0 ? 'Every phase' : 'All of the line'} lies ${formatBytes(Math.abs(offset))} ${side} its prediction, as a ${size} device context does`,
    bytes: Math.round(offset),
    phase: null,
    span: [0, durationUs],
    confidence: 'medium',
    evidence: [
      `With a context of ${formatBytes(assumed + offset)} instead of ${formatBytes(assumed)} the budget misses ${overlay.stairs ? describeLevels(overlay.stairs) : `${declared.observations} figures of the phases`} by ${declared.rmsError.toFixed(2)} times their expected error.`,
      'The context itself was not measured: that takes the memory of the process and the bytes that the framework reserves.',
    ],
    formula: 'context = what is the same in every phase',
    remedy:
      'Record with the marker helper, so that the framework tells what it reserves, or name the GPU with --gpu.',
  };
}

/** A context that was read, where it is not the predicted one; null where it is. */
function describeLevel(
  level: ContextLevel,
  predicted: Bytes,
  overlay: DiagnosisInput['overlay'],
): Finding | null {
  const { gpu, bytes, reserved } = level;
  const beyond = bytes - predicted;
  // Without what the framework reserves the figure holds its reserve too: beside a predicted context that tells nothing.
  if (predicted > 0 && (!reserved || Math.abs(beyond) <= flagLimit(predicted, overlay)))
    return null;
  const counted = reserved ? 'reserved' : 'allocated';
  const difference = level.source === processMemory(gpu) ? 'least' : 'median';
  return {
    kind: 'context',
    title: `Device context and libraries hold ${formatBytes(bytes)} on ${gpu}${predicted === 0 ? '' : ` where ${formatBytes(predicted)} were assumed`}`,
    bytes: beyond,
    phase: null,
    span: level.span,
    confidence: reserved ? 'high' : 'medium',
    evidence: [
      `${level.source} shows ${formatBytes(level.onDevice)} where the framework counts ${formatBytes(level.framework)} ${counted}; over ${level.readings} readings that is the ${difference} difference.`,
      ...(reserved
        ? []
        : [
            "The framework does not tell what it reserves, so its allocator's reserve is part of this figure.",
          ]),
    ],
    formula: 'context = memory of the workload on the device − bytes the framework reserves',
    remedy:
      'It does not grow with the batch. Fewer processes on the device, or kernels loaded when first used (CUDA_MODULE_LOADING=LAZY), make it smaller.',
  };
}
