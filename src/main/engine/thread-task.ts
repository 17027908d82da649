/**
 * Work on a thread of its own: what takes long must not hold up who else is served here. Where a thread cannot be had (the
 * sources run as they are, or the runtime finds no modules in one), it is done here instead.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Whether the file of a thread was built. */
export const isBuilt = (entry: string): boolean => existsSync(entry);

/** Whether a thread ended because its own code could not be loaded, and not because of what it did. */
export function couldNotLoad(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return /^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|ERR_DLOPEN_FAILED|ERR_WORKER_\w+|ENOTDIR|ENOENT)$/.test(
    code ?? '',
  );
}

/** The first message of the thread that `entry` starts; what `here` gives where there is none. */
export function runAside<Reply>(
  entry: string,
  task: unknown,
  here: () => Promise<Reply>,
): Promise<Reply> {
  if (!isBuilt(entry)) return here();
  const worker = new Worker(entry, { workerData: task, execArgv: [] });
  return new Promise<Reply>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => {
      if (couldNotLoad(error)) resolve(here());
      else reject(error);
    });
    worker.once('exit', (code) => reject(new Error(`a thread ended with ${code}`)));
  });
}
