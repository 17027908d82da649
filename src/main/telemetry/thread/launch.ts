/** Starts sampling threads. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Transferable, Worker } from 'node:worker_threads';
import type { Millis } from '../../../shared/base/units';
import type { ThreadTask } from '../sampling-thread';

/** The built worker lies beside the built entries, one folder above their chunks. */
export function findWorker(env: NodeJS.ProcessEnv): string | null {
  const here = import.meta.dirname;
  const places = [join(here, 'sampling-thread.js'), join(here, '..', 'sampling-thread.js')];
  if (env.PLUMBLINE_RESOURCES)
    places.push(join(env.PLUMBLINE_RESOURCES, 'main', 'sampling-thread.js'));
  return places.find((place) => existsSync(place)) ?? null;
}

export function launchWorker(
  path: string,
  task: ThreadTask,
  transferList: Transferable[] = [],
): Worker {
  return new Worker(path, { workerData: task, transferList, name: task.kind, execArgv: [] });
}

/** Resolves when the thread has ended, or when it could not be ended in time because it waits in the driver. */
export async function threadEnded(worker: Worker, withinMs: Millis): Promise<boolean> {
  if (worker.threadId === -1) return true;
  const exited = new Promise<boolean>((resolve) => worker.once('exit', () => resolve(true)));
  if (await orAfter(exited, withinMs)) return true;
  // Ending a thread cannot interrupt a call into the driver; it ends when the call returns.
  void worker.terminate();
  worker.unref();
  return orAfter(exited, 500);
}

function orAfter(done: Promise<boolean>, ms: Millis): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void done.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
