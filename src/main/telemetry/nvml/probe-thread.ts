/** Probes NVML from a thread of its own: a probe that hangs in the driver is given up, never waited for. */
import type { Millis } from '../../../shared/base/units';
import { launchWorker, threadEnded } from '../thread/launch';
import type { NvmlMessage, Probe } from './messages';

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
      cause: 'other',
    };
  const worker = launchWorker(path, { kind: 'probe', places });
  const probe = await new Promise<Probe>((resolve) => {
    const gaveUp = (detail: string, remedy: string) =>
      resolve({ ok: false, detail, remedy, cause: 'other' });
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

/** Waking a device without persistence mode takes seconds. */
const PROBE_MS: Millis = 15_000;
