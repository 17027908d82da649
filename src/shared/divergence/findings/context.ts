/**
 * What the driver and its libraries hold beside the framework: process memory on the GPU above the framework's bytes.
 * Where the budget already holds a context, only what lies beyond the limits of it is a divergence.
 */
import { formatBytes } from '../../format';
import { contextLevel } from '../ledger';
import { gpusOf } from '../lines';
import { flagLimit } from '../measure';
import { DEFAULT_FLAG_LIMITS } from '../types';
import type { Detector } from './protocol';

export const context: Detector = {
  kind: 'context',
  find({ series, budget, limits = DEFAULT_FLAG_LIMITS }) {
    const predicted = budget?.tiers.refined.components.context ?? 0;
    return gpusOf(series).flatMap((gpu) => {
      const level = contextLevel(series, gpu);
      if (level === null) return [];
      const beyond = level.bytes - predicted;
      if (predicted > 0 && Math.abs(beyond) <= flagLimit(predicted, limits)) return [];
      return [{
        kind: 'context' as const,
        title: predicted === 0
          ? `Device context and libraries hold ${formatBytes(level.bytes)} on ${gpu}`
          : `Device context and libraries hold ${formatBytes(level.bytes)} on ${gpu} where ${formatBytes(predicted)} were assumed`,
        bytes: beyond,
        phase: null,
        span: level.span,
        confidence: level.reserved ? 'high' as const : 'medium' as const,
        evidence: [
          `The driver counts ${formatBytes(level.process)} for the workload's processes where the framework counts ${formatBytes(level.framework)} ${level.reserved ? 'reserved' : 'allocated'}; this is the least difference over ${level.readings} readings.`,
          ...(level.reserved ? [] : ["The framework does not tell what it reserves, so its allocator's reserve is part of this figure."]),
        ],
        formula: 'context = process memory on the device − bytes the framework reserves',
        remedy: 'It does not grow with the batch. Fewer processes on the device, or kernels loaded when first used (CUDA_MODULE_LOADING=LAZY), make it smaller.',
      }];
    });
  },
};
