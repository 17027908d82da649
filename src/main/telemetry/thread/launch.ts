/** Starts sampling threads, and probes NVML with one: a probe that hangs in the driver is given up, never waited for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Transferable, Worker } from 'node:worker_threads';
import type { Millis } from '../../../shared/units';
import type { NvmlMessage, Probe } from '../nvml/messages';
import type { ThreadTask } from './worker';

/** Waking a device without persistence mode takes seconds. */
const PROBE_MS: Millis = 15_000;

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

export async function probeInWorker(
  path: string | null,
  places: readonly string[],
  timeoutMs: Millis = PROBE_MS,
): Promise<Probe> {
  if (path === null)
    return {
      ok: false,
      detail: 'the sampling thread is missing from this installation',
      remedy: 'Install Plumbline again.',
    };
  const worker = launchWorker(path, { kind: 'probe', places });
  const probe = await new Promise<Probe>((resolve) => {
    const gaveUp = (detail: string, remedy: string) => resolve({ ok: false, detail, remedy });
    const timer = setTimeout(
      () =>
        gaveUp(
          `NVML gave no answer within ${timeoutMs / 1000} s`,
          'Restart the NVIDIA driver, or the machine.',
        ),
      timeoutMs,
    );
    worker.on('message', (message: NvmlMessage) => {
      if (message.kind === 'probed') resolve(message.probe);
    });
    worker.once('error', (error) =>
      gaveUp(`the NVML thread failed: ${error.message}`, 'Update the NVIDIA driver.'),
    );
    worker.once('exit', () => {
      clearTimeout(timer);
      gaveUp('the NVML thread ended without an answer', 'Update the NVIDIA driver.');
    });
  });
  await threadEnded(worker, 1000);
  return probe;
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
