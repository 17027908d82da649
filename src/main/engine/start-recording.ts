/** From a request to a recording under way: everything that can be refused is, before there is a file. */
import type { RecordRequest } from '../../shared/contract/api';
import { inventoryEntry, workloadNode } from '../install/paths';
import { createSessionClock } from '../install/session-clock';
import type { Library } from '../store/library';
import { openSamplers } from '../telemetry/sources';
import { attachProcess } from '../workloads/attach';
import { askWorkload } from './ask-workload';
import { describeMachine } from './environment';
import { Recording, type RecordingHooks } from './recording';
import { planRecording } from './recording-plan';
import { WorkloadProcesses } from './workload-processes';

/** Resolves when the workload runs and is recorded. Throws a Failure, and leaves nothing behind, where it cannot be. */
export async function startRecording(
  request: RecordRequest,
  library: Library,
  hooks: RecordingHooks,
): Promise<Recording> {
  const plan = planRecording(request);
  const { model, run, weights } = plan;
  if (model && run && weights !== null) await askWorkload({ model, run, weights, check: true });
  const workload = new WorkloadProcesses();
  // A process that runs already is found first: what it holds on the device must not count as other processes' memory.
  if (plan.pid !== null) workload.follow(await attachProcess(plan.pid));
  const telemetry = await openSamplers({
    scope: workload,
    intervalMs: plan.intervalMs,
    ownPids: () => [process.pid],
    nodePath: workloadNode(),
    inventoryHelper: inventoryEntry,
    env: { ...process.env, CUDA_VISIBLE_DEVICES: plan.env.CUDA_VISIBLE_DEVICES },
  });
  const clock = createSessionClock();
  const id = library.newId();
  const machine = await describeMachine();
  const recording = new Recording({
    id,
    plan,
    library,
    hooks,
    workload,
    telemetry,
    clock,
    machine,
  });
  await recording.start();
  return recording;
}
