/**
 * What the engine's answers about a session cost: its picture and then its brief document, asked by a new process and
 * once more. Times are by the clock, from the library's opening on.
 */
import { spawnSync } from 'node:child_process';
import { Sessions } from '../../../src/main/engine/sessions';
import { openLibrary } from '../../../src/main/store/library';
import { GpuGenerator, METRICS } from './generator';
import { openSessionSink, seriesId } from './sessions';

export interface BriefFigures {
  readonly bytes: number;
  readonly pictureMs: number;
  readonly briefMs: number;
  readonly againMs: number;
}

/** To be called in a process that has opened no session yet. */
export function measureBrief(folder: string, id: string): BriefFigures {
  const timed = <T>(ask: () => T) => {
    const start = performance.now();
    const answer = ask();
    return { ms: performance.now() - start, answer };
  };
  const opened = timed(() => new Sessions(openLibrary(folder)));
  const sessions = opened.answer;
  const picture = timed(() =>
    sessions.trace({ id, series: ['gpu0.memory.used'], t0: 0, t1: 2 ** 40, columns: 2000 }),
  );
  const ask = () => JSON.stringify(sessions.brief({ id }));
  const first = timed(ask);
  const again = timed(ask);
  sessions.letGo();
  return {
    bytes: Buffer.byteLength(first.answer),
    pictureMs: opened.ms + picture.ms,
    briefMs: first.ms,
    againMs: again.ms,
  };
}

/** The same in a process of its own. */
export function measureBriefApart(script: string, folder: string, id: string): BriefFigures {
  const args = [...process.execArgv, script, '--brief', folder, id];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the process that asks for ${id} failed: ${stderr}`);
  return JSON.parse(stdout) as BriefFigures;
}

/** What a look at a recording of 8 GPUs at 100 Hz costs for each second that is new, after so many seconds. */
export function measureFollowing(folder: string, seconds: number): readonly number[] {
  const sink = openSessionSink(folder, 'followed', 8);
  const generators = Array.from({ length: 8 }, (_, gpu) => new GpuGenerator(gpu));
  const sessions = new Sessions(openLibrary(folder));
  const series = METRICS.map((_, metric) => seriesId(0, metric));
  const recordSecond = (s: number) => {
    for (const [gpu, generator] of generators.entries()) sink.take(gpu, s, generator.second(s));
    sink.commit();
  };
  const look = (s: number) => {
    const start = performance.now();
    sessions.brief({ id: 'followed' });
    sessions.trace({ id: 'followed', series, t0: 0, t1: s * 1e6, columns: 2000 });
    return performance.now() - start;
  };
  for (let s = 0; s < seconds; s++) recordSecond(s);
  look(seconds);
  const looks = Array.from({ length: 20 }, (_, i) => {
    recordSecond(seconds + i);
    return look(seconds + i);
  });
  sessions.letGo();
  sink.close((seconds + 20) * 1e6);
  return looks;
}
