/**
 * What the driver and its libraries hold beside the framework: process memory on the GPU above the framework's bytes.
 * Where the budget already holds a context, only what lies beyond the limits of it is a divergence.
 */
import { formatBytes } from '../../base/format';
import { processMemory } from '../../trace/series-ids';
import { fits } from '../fit/fit';
import { findGrowth, judgeDeclared, MARGIN, searchFor } from '../fit/verdict';
import { contextLevel } from '../overlay/context-level';
import { devicesBeside, findDevice } from '../overlay/lines';
import { flagLimit } from '../overlay/measured-line';
import { DEFAULT_FLAG_LIMITS, type Finding, type FindingsInput } from '../overlay/types';
import type { Detector } from './protocol';

/** The same bytes above the prediction in every phase, and no other setting that fits as well. */
function constantOffset(input: FindingsInput, known: readonly Finding[]): Finding[] {
  const { budget, overlay, durationUs } = input;
  if (known.some(({ setting }) => setting !== undefined)) return [];
  if (
    findDevice(input.lines, overlay.series) === undefined ||
    !overlay.phases.some(({ flagged }) => flagged)
  )
    return [];
  const search = searchFor(input, findGrowth(known))?.search;
  const own = search?.own() ?? null;
  const limit = flagLimit(overlay.predictedPeak.refined ?? 0, input.limits ?? DEFAULT_FLAG_LIMITS);
  if (own === null || !fits(own, false) || Math.abs(own.offset) <= limit) return [];
  // One moment has no other to be alike.
  if (
    !overlay.stairs &&
    new Set(search!.observations.map(({ phase, step }) => `${phase} ${step}`)).size < 2
  )
    return [];
  if (judgeDeclared(input, known)?.fitting.some(({ score }) => score <= own.score + MARGIN))
    return [];
  const { offset } = own;
  const assumed = budget!.tiers.refined.components.context ?? 0;
  return [
    {
      kind: 'context',
      title: `Every phase lies ${formatBytes(Math.abs(offset))} ${offset > 0 ? 'above' : 'below'} its prediction, as a ${offset > 0 ? 'larger' : 'smaller'} device context does`,
      bytes: Math.round(offset),
      phase: null,
      span: [0, durationUs],
      confidence: 'medium',
      evidence: [
        `With a context of ${formatBytes(assumed + offset)} instead of ${formatBytes(assumed)} the budget misses ${own.observations} figures of the phases by ${own.misfit.toFixed(2)} times their expected error.`,
        'The context itself was not measured: that takes the memory of the process and the bytes that the framework reserves.',
      ],
      formula: 'context = what is the same in every phase',
      remedy:
        'Record with the marker helper, so that the framework tells what it reserves, or name the GPU with --gpu.',
    },
  ];
}

export const context: Detector = {
  kind: 'context',
  find(input, known) {
    const { lines, budget, limits = DEFAULT_FLAG_LIMITS } = input;
    if (known.some(({ kind }) => kind === 'preallocated_pool')) return [];
    const predicted = budget?.tiers.refined.components.context ?? 0;
    const levels = devicesBeside(lines, input.overlay.series).flatMap(
      (gpu) => contextLevel(lines, gpu, input.overlay) ?? [],
    );
    if (!levels.some(({ reserved }) => reserved) && budget !== null) {
      const found = constantOffset(input, known);
      if (found.length > 0) return found;
    }
    return levels.flatMap((level) => {
      const { gpu } = level;
      // What a framework does not tell of its reserve is part of the figure: beside a budget that is no context.
      if (predicted > 0 && !level.reserved) return [];
      const beyond = level.bytes - predicted;
      if (predicted > 0 && Math.abs(beyond) <= flagLimit(predicted, limits)) return [];
      return [
        {
          kind: 'context' as const,
          title:
            predicted === 0
              ? `Device context and libraries hold ${formatBytes(level.bytes)} on ${gpu}`
              : `Device context and libraries hold ${formatBytes(level.bytes)} on ${gpu} where ${formatBytes(predicted)} were assumed`,
          bytes: beyond,
          phase: null,
          span: level.span,
          confidence: level.reserved ? ('high' as const) : ('medium' as const),
          evidence: [
            `${level.source} shows ${formatBytes(level.onDevice)} where the framework counts ${formatBytes(level.framework)} ${level.reserved ? 'reserved' : 'allocated'}; over ${level.readings} readings that is the ${level.source === processMemory(gpu) ? 'least' : 'median'} difference.`,
            ...(level.reserved
              ? []
              : [
                  "The framework does not tell what it reserves, so its allocator's reserve is part of this figure.",
                ]),
          ],
          formula: 'context = memory of the workload on the device − bytes the framework reserves',
          remedy:
            'It does not grow with the batch. Fewer processes on the device, or kernels loaded when first used (CUDA_MODULE_LOADING=LAZY), make it smaller.',
        },
      ];
    });
  },
};
