/** One piece of work on a thread of its own: what takes long and is asked once must not hold up who else is served here. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** The first message of the thread that `entry` starts; what `here` gives where there is no such built file. */
export function runAside<Reply>(
  entry: string | null,
  task: unknown,
  here: () => Promise<Reply>,
): Promise<Reply> {
  if (entry === null || !existsSync(entry)) return here();
  const worker = new Worker(entry, { workerData: task, execArgv: [] });
  return new Promise<Reply>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
