/**
 * Many pages on one recording of eight GPUs: each asks, as a live view does, for the brief document and the picture of
 * the last minute whenever it is told of something new. None may be dropped, and the recording must not stumble.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineClient } from '../../src/shared/contract/api';
import { temporaryHome } from '../support/cli';
import { repository } from '../support/repository';
import { connectPage, serveEngine } from '../support/served-engine';
import { pause, quantile, say } from './report';

const GPUS = 8;
const INTERVAL_MS = 10;
const SECONDS = 600;
const MEMORY = 'gpu0.memory.used';
/** A view that is a minute wide, of so many pixels. */
const VIEW = { spanUs: 60e6, columns: 1500 };

/** The second argument is not a seed here but for how many seconds; ten minutes where it is left at 1. */
export async function soakPages(count: number, seconds: number): Promise<string[]> {
  const home = temporaryHome();
  const scenario = join(home.dir, 'eight.json');
  writeFileSync(scenario, JSON.stringify(eightGpus()));
  const app = await serveEngine(home.dir, {
    PLUMBLINE_NVIDIA_SMI: join(repository, 'test', 'doubles', 'nvidia-smi'),
    PLUMBLINE_SMI_SCENARIO: scenario,
  });
  const lasts = seconds === 1 ? SECONDS : seconds;
  const faults: string[] = [];
  const waits: number[] = [];
  let dropped = 0;
  const { id } = await app.engine.record({
    command: [process.execPath, '-e', `setTimeout(() => {}, ${lasts}e3)`],
    intervalMs: INTERVAL_MS,
  });
  let over = false;
  const pages = await Promise.all(
    Array.from({ length: count }, async () => {
      const { engine, socket } = await connectPage(app.port, app.token);
      socket.on('close', () => {
        if (!over) dropped++;
      });
      let busy = false;
      engine.on((event) => {
        if (event.type !== 'session' || event.id !== id || busy || over) return;
        busy = true;
        void look(engine, event.durationUs).finally(() => {
          busy = false;
        });
      });
      return socket;
    }),
  );
  const look = async (engine: typeof app.engine, t1: number): Promise<void> => {
    const began = performance.now();
    try {
      const { series } = await engine.brief({ id });
      const memory = series.filter(({ unit }) => unit === 'bytes').map((each) => each.id);
      await engine.trace({
        id,
        series: memory,
        t0: Math.max(0, t1 - VIEW.spanUs),
        t1,
        columns: VIEW.columns,
      });
      waits.push(performance.now() - began);
    } catch (error) {
      if (!over) faults.push(`a page was refused: ${(error as Error).message}`);
    }
  };
  await pause(lasts * 1000);
  over = true;
  const doc = await app.engine.show({ id });
  const gpu0 = doc.series.find((each) => each.id === MEMORY);
  if (dropped > 0) faults.push(`${dropped} pages were dropped`);
  if (app.ended()) faults.push('the server ended');
  const longest = await longestPause(app.engine, id, doc.durationUs);
  say(
    `pages: ${count} for ${lasts} s`,
    `${dropped} dropped`,
    `${waits.length} looks`,
    `answered in ${quantile(waits, 0.5).toFixed(0)} ms, p95 ${quantile(waits, 0.95).toFixed(0)} ms`,
    `${gpu0?.count ?? 0} readings of GPU 0, longest pause ${(longest / 1000).toFixed(0)} ms`,
  );
  for (const socket of pages) socket.terminate();
  app.server.child.kill('SIGTERM');
  await app.server.done;
  home.dispose();
  return faults;
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
