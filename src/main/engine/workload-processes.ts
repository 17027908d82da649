/** The workload's processes as samplers see them, which begin before it does. */
import type { ProcessScope } from '../telemetry/sampler';
import type { LaunchedWorkload } from '../workloads/launch';

/** None before there is a workload. */
export class WorkloadProcesses implements ProcessScope {
  #workload: LaunchedWorkload | null = null;

  get workload(): LaunchedWorkload | null {
    return this.#workload;
  }

  follow(workload: LaunchedWorkload): LaunchedWorkload {
    this.#workload = workload;
    return workload;
  }

  pids(): readonly number[] {
    return this.#workload?.pids() ?? [];
  }

  ranks(): ReadonlyMap<number, number> {
    return this.#workload?.ranks() ?? new Map();
  }
}
