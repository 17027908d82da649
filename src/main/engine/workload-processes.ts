/** The workload's processes as samplers see them, which begin before it does. */
import type { ProcessScope } from '../telemetry/sampler';
import type { WatchedWorkload } from '../workloads/types';

/** None before there is a workload. */
export class WorkloadProcesses implements ProcessScope {
  #workload: WatchedWorkload | null = null;

  get workload(): WatchedWorkload | null {
    return this.#workload;
  }

  follow<T extends WatchedWorkload>(workload: T): T {
    this.#workload = workload;
    return workload;
  }

  pids(fresh?: boolean): readonly number[] {
    return this.#workload?.pids(fresh) ?? [];
  }

  ranks(): ReadonlyMap<number, number> {
    return this.#workload?.ranks() ?? new Map();
  }
}
