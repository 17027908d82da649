/** What the driver and its libraries hold beside the framework: process memory on the GPU above the framework's bytes. */
import { formatBytes } from '../../format';
import { valueAt } from '../../trace/series';
import { FRAMEWORK_LINE, gpusOf, processLine, seriesById } from '../lines';
import type { Detector } from './protocol';

export const context: Detector = {
  kind: 'context',
  find({ series }) {
    const reserved = seriesById(series, 'framework.reserved');
    const framework = reserved ?? seriesById(series, FRAMEWORK_LINE);
    if (!framework || framework.times.length === 0) return [];
    return gpusOf(series).flatMap((gpu) => {
      const process = seriesById(series, processLine(gpu));
      if (!process) return [];
      // The context is there all the time; what comes and goes above it is not the context. Hence the least excess.
      let least: { t: number; excess: number; process: number; framework: number } | null = null;
      let read = 0;
      for (let i = 0; i < process.times.length; i++) {
        const t = process.times[i]!;
        const own = valueAt(framework, t);
        if (own === null || t > framework.times.at(-1)! || process.values[i]! <= 0) continue;
        read++;
        const excess = process.values[i]! - own;
        if (least === null || excess < least.excess) least = { t, excess, process: process.values[i]!, framework: own };
      }
      if (least === null || least.excess <= 0 || read < 2) return [];
      return [{
        kind: 'context' as const,
        title: `Device context and libraries hold ${formatBytes(least.excess)} on ${gpu}`,
        bytes: least.excess,
        phase: null,
        span: [process.times[0]!, process.times.at(-1)!] as const,
        confidence: reserved ? 'high' as const : 'medium' as const,
        evidence: [
          `The driver counts ${formatBytes(least.process)} for the workload's processes where the framework counts ${formatBytes(least.framework)} ${reserved ? 'reserved' : 'allocated'}; this is the least difference over ${read} readings.`,
          ...(reserved ? [] : ["The framework does not tell what it reserves, so its allocator's reserve is part of this figure."]),
        ],
      }];
    });
  },
};
