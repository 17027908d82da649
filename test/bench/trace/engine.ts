/**
 * What the engine's answers about a session cost: its picture and then its brief document, asked by a new process and
 * once more. Times are by the clock, from the library's opening on.
 */
import { spawnSync } from 'node:child_process';
import { Sessions } from '../../../src/main/engine/sessions';
import { openLibrary } from '../../../src/main/store/library';

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
