/**
 * How far apart the commits of a recording come while its own process opens another session: what is given to the
 * recorder must be on disk within about a second, whoever looks at what. 64 series at 100 Hz are recorded as samplers
 * deliver them, ten times a second; a second connection sees each commit as it is made.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createEngine } from '../../../src/main/engine/engine';
import { GpuGenerator, METRICS } from './generator';
import { openSessionSink, seriesId } from './sessions';

const GPUS = 8;
const BATCHES_A_SECOND = 10;
const LOOK_EVERY_MS = 10;

export interface CommitFigures {
  /** Between two commits, by the clock. */
  readonly longestMs: number;
  readonly commits: number;
  readonly seconds: number;
}

/** While nothing is opened for `quietSeconds`, or else for as long as opening the sessions `ids` takes. */
export async function measureCommits(
  folder: string,
  ids: readonly string[],
  quietSeconds: number,
): Promise<CommitFigures> {
  const id = `recorded-${ids.length}`;
  const { writer, close } = openSessionSink(folder, id, GPUS);
  const watched = new Database(join(folder, `${id}.plumbline`), { readonly: true });
  const engine = createEngine({ host: 'server', library: folder });
  const began = performance.now();
  const feed = feedSamples(began, (gpu, metric, times, values) =>
    writer.appendRun(seriesId(gpu, metric), times, values),
  );
  const seen = watchCommits(watched);
  if (ids.length === 0) await setTimeout(quietSeconds * 1000);
  for (const each of ids) {
    await engine.list();
    await engine.brief({ id: each });
    const { series } = await engine.brief({ id: each });
    const lines = series.map((one) => one.id).slice(0, 24);
    await engine.trace({ id: each, series: lines, t0: 0, t1: 2 ** 45, columns: 2000 });
    await engine.statistics({ id: each, series: lines.slice(0, 4), t0: 0, t1: 2 ** 45 });
    await engine.show({ id: each });
  }
  clearInterval(feed);
  const figures = seen();
  const seconds = (performance.now() - began) / 1000;
  await engine.close();
  watched.close();
  close(seconds * 1e6);
  return { ...figures, seconds };
}

/** What each GPU reads in a tenth of a second, when that is over; what came late is caught up with. */
function feedSamples(
  began: number,
  take: (gpu: number, metric: number, times: Float64Array, values: Float64Array) => void,
): NodeJS.Timeout {
  const generators = Array.from({ length: GPUS }, (_, gpu) => new GpuGenerator(gpu));
  const seconds = generators.map((generator) => generator.second(0));
  let batch = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * BATCHES_A_SECOND);
    for (; batch < due; batch++) {
      const part = batch % BATCHES_A_SECOND;
      const s = Math.floor(batch / BATCHES_A_SECOND);
      for (const [gpu, generator] of generators.entries()) {
        if (part === 0) seconds[gpu] = generator.second(s);
        const second = seconds[gpu];
        if (second == null) continue;
        const n = second.times.length / BATCHES_A_SECOND;
        const [from, to] = [Math.floor(part * n), Math.floor((part + 1) * n)];
        for (const metric of METRICS.keys())
          take(gpu, metric, second.times.slice(from, to), second.columns[metric]!.slice(from, to));
      }
    }
  }, 1000 / BATCHES_A_SECOND);
}

function watchCommits(db: Database.Database): () => Omit<CommitFigures, 'seconds'> {
  const version = db.prepare('PRAGMA data_version').pluck();
  const found = { last: version.get(), at: performance.now(), longestMs: 0, commits: 0 };
  const look = setInterval(() => {
    const now = version.get();
    if (now === found.last) return;
    const at = performance.now();
    found.longestMs = Math.max(found.longestMs, at - found.at);
    found.commits++;
    found.last = now;
    found.at = at;
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(look);
    const { commits, at, longestMs } = found;
    return { commits, longestMs: Math.max(longestMs, performance.now() - at) };
  };
}
