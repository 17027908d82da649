/** The host as a source: it is always there, whatever GPUs there are. */
import type { OpenOptions, TelemetrySource } from '../source';
import { findWorker } from '../thread/launch';
import { examineHost } from './doctor';
import { HostSampler } from './host';
import { RankSampler } from './ranks';

export const hostSource = {
  id: 'host',
  open: async ({ scope, intervalMs, env, samplingThread }: OpenOptions) => {
    const workerPath = process.platform === 'linux' ? (samplingThread ?? findWorker(env)) : null;
    const detail =
      workerPath === null
        ? 'memory and CPU of the process tree, once a second'
        : 'memory, CPU and disk traffic of the process tree from /proc';
    return {
      ok: true as const,
      samplers: [
        new HostSampler({ scope, intervalMs, workerPath }),
        new RankSampler({ scope, intervalMs }),
      ],
      gpus: [],
      reports: [{ id: 'host', ok: true, detail }],
      baselines: {},
    };
  },
  examine: examineHost,
} satisfies TelemetrySource;
