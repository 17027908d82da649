/** The thread that samples. It gets one task, does it and ends; what it learns it posts as it goes. */
import { parentPort, workerData } from 'node:worker_threads';
import { HostReader, type HostTask } from './host/host-reader';
import type { Loader } from './nvml/library';
import type { NvmlMessage, NvmlTask, ProbeTask } from './nvml/messages';
import { bindNativeSleep } from './nvml/native-sleep';
import { NvmlReader } from './nvml/nvml-reader';
import { PcieReader, type PcieTask } from './nvml/pcie-reader';
import { probeNvml } from './nvml/probe';
import type { SampleBatch } from './thread/sample-batch';

export type ThreadTask = ProbeTask | NvmlTask | PcieTask | HostTask;

const task = workerData as ThreadTask;
const post = (message: NvmlMessage | SampleBatch, transfer: ArrayBuffer[] = []) =>
  parentPort?.postMessage(message, transfer);

/** The binding is native code, which may be missing for a machine that Plumbline otherwise runs on. */
async function openLoader(): Promise<Loader | string> {
  try {
    return (await import('koffi')).default;
  } catch (error) {
    return `the foreign-function library could not be loaded (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
}

if (task.kind === 'host') {
  new HostReader(task, post).run();
} else {
  const loader = await openLoader();
  if (typeof loader === 'string') {
    const remedy = 'Install Plumbline again for this machine.';
    if (task.kind === 'probe')
      post({ kind: 'probed', probe: { ok: false, detail: loader, remedy, cause: 'other' } });
    else post({ kind: 'warning', text: `NVML is not read: ${loader}. ${remedy}` });
  } else if (task.kind === 'probe') {
    post({ kind: 'probed', probe: probeNvml(loader, task.places) });
  } else if (task.kind === 'pcie') {
    new PcieReader(task, loader, post).run();
  } else {
    new NvmlReader(task, loader, post, bindNativeSleep(loader)).run();
  }
}
