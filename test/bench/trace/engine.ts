/**
 * What the engine's answers about a session cost: its brief document, asked first, again and by a new process. Times are
 * by the clock.
 */
import { spawnSync } from 'node:child_process';
import { Sessions } from '../../../src/main/engine/sessions';
import { openLibrary } from '../../../src/main/store/library';

export interface BriefFigures {
  readonly bytes: number;
  readonly firstMs: number;
  readonly againMs: number;
}

/** To be called in a process that has opened no session yet. */
export function measureBrief(folder: string, id: string): BriefFigures {
  const sessions = new Sessions(openLibrary(folder));
  const ask = () => {
    const start = performance.now();
    const text = JSON.stringify(sessions.brief({ id }));
    return { ms: performance.now() - start, bytes: Buffer.byteLength(text) };
  };
  const first = ask();
  const again = ask();
  sessions.letGo();
  return { bytes: first.bytes, firstMs: first.ms, againMs: again.ms };
}

/** The same in a process of its own. */
export function measureBriefApart(script: string, folder: string, id: string): BriefFigures {
  const args = [...process.execArgv, script, '--brief', folder, id];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the process that asks for ${id} failed: ${stderr}`);
  return JSON.parse(stdout) as BriefFigures;
}
