/** From a request to a recording under way: everything that can be refused is, before there is a file. */
import type { RecordRequest } from '../../shared/contract/api';
import type { LibrarySettings } from '../../shared/library/settings';
import { inventoryEntry, workloadNode } from '../install/paths';
import { createSessionClock } from '../install/session-clock';
import type { Library } from '../store/library';
import { openPrometheus } from '../telemetry/prometheus/open';
import { type OpenedSamplers, openSamplers } from '../telemetry/sources';
import { attachProcess } from '../workloads/attach';
import { watchElsewhere } from '../workloads/elsewhere';
import { askWorkload } from './ask-workload';
import { checkAdapter } from './bundled-room';
import { describeMachine } from './environment';
import { Recording, type RecordingHooks } from './recording';
import { planRecording, type RecordingPlan } from './recording-plan';
import { telemetryEnvironment } from './telemetry-environment';
import { WorkloadProcesses } from './workload-processes';

/** Resolves when the workload runs and is recorded. Throws a Failure, and leaves nothing behind, where it cannot be. */
export async function startRecording(
  request: RecordRequest,
  library: Library,
  hooks: RecordingHooks,
): Promise<Recording> {
  const plan = planRecording(request, library.settings());
  const { model, run, weights } = plan;
  if (model && run && plan.workload.kind === 'bundled') await checkAdapter(model, run);
  if (model && run && weights !== null) await askWorkload({ model, run, weights, check: true });
  const workload = new WorkloadProcesses();
  // A process that runs already is found first: what it holds on the device must not count as other processes' memory.
  if (plan.pid !== null) workload.follow(await attachProcess(plan.pid));
  if (plan.prometheus !== null) workload.follow(watchElsewhere());
  const telemetry = await openTelemetry(plan, workload, library.settings());
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

/** Of a workload that runs elsewhere this machine's own sources tell nothing. */
function openTelemetry(
  { prometheus, intervalMs, env }: RecordingPlan,
  scope: WorkloadProcesses,
  settings: LibrarySettings,
): Promise<OpenedSamplers> {
  if (prometheus !== null) return openPrometheus({ ...prometheus, intervalMs });
  return openSamplers({
    scope,
    intervalMs,
    ownPids: () => [process.pid],
    nodePath: workloadNode(),
    inventoryHelper: inventoryEntry,
    env: { ...telemetryEnvironment(settings), CUDA_VISIBLE_DEVICES: env.CUDA_VISIBLE_DEVICES },
  });
}
