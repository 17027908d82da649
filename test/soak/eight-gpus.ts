/** A recording of eight simulated GPUs, read every 10 ms, for whoever looks at it from many places at once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineClient } from '../../src/shared/contract/api';
import { temporaryHome } from '../support/cli';
import { repository } from '../support/repository';
import { type ServedEngine, serveEngine } from '../support/served-engine';

const GPUS = 8;
const INTERVAL_MS = 10;
const MEMORY = 'gpu0.memory.used';

export interface EightGpus {
  readonly app: ServedEngine;
  readonly id: string;
  /** What was read of the first GPU so far, and the longest time between two readings. */
  measure(): Promise<{ readonly readings: number; readonly longestUs: number }>;
  /** Ends server and recording, and takes the library away. */
  dispose(): Promise<void>;
}

/** The recording goes on for so many seconds, or until it is disposed of. */
export async function recordEightGpus(seconds: number): Promise<EightGpus> {
  const home = temporaryHome();
  const scenario = join(home.dir, 'eight.json');
  writeFileSync(scenario, JSON.stringify(eightGpus()));
  const app = await serveEngine(home.dir, {
    PLUMBLINE_NVIDIA_SMI: join(repository, 'test', 'doubles', 'nvidia-smi'),
    PLUMBLINE_SMI_SCENARIO: scenario,
  });
  const { id } = await app.engine.record({
    command: [process.execPath, '-e', `setTimeout(() => {}, ${seconds}e3)`],
    intervalMs: INTERVAL_MS,
  });
  return {
    app,
    id,
    async measure() {
      const { series, durationUs } = await app.engine.brief({ id });
      const readings = series.find((each) => each.id === MEMORY)?.count ?? 0;
      return { readings, longestUs: await longestPause(app.engine, id, durationUs) };
    },
    async dispose() {
      app.server.child.kill('SIGTERM');
      await app.server.done;
      home.dispose();
    },
  };
}

/** Between two readings of the first GPU, in microseconds; asked for in pieces that hold every sample. */
async function longestPause(engine: EngineClient, id: string, durationUs: number): Promise<number> {
  const pieceUs = 20e6;
  let [longest, last] = [0, Number.NaN];
  for (let t0 = 0; t0 < durationUs; t0 += pieceUs) {
    const columns = pieceUs / 1000 / INTERVAL_MS;
    const [view] = await engine.trace({ id, series: [MEMORY], t0, t1: t0 + pieceUs, columns });
    for (const t of view?.envelope.times ?? []) {
      if (t - last > longest) longest = t - last;
      last = t;
    }
  }
  return longest;
}

const eightGpus = () => ({
  driver: '580.65.06',
  cuda: '13.0',
  gpus: Array.from({ length: GPUS }, (_, index) => ({
    uuid: `GPU-0000000${index}-1111-2222-3333-444444444444`,
    name: 'Simulated RTX 4090',
    busId: `00000000:8${index}:00.0`,
    minor: index,
    memoryTotal: 24564,
    keyframes: [0, 1, 2, 3, 4].map((k) => ({
      atMs: k * 150_000,
      'memory.used': 1000 + 900 * ((k * 3 + index) % 7),
      'utilization.gpu': 10 * ((k + index) % 10),
      'power.draw': 100 + 30 * k,
      'temperature.gpu': 40 + 5 * k,
      'clocks.sm': 2400,
    })),
  })),
  processes: [],
});
