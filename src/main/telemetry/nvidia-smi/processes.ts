/**
 * Memory per process, once a second: what the workload's processes hold on each GPU, and what all others hold.
 * Process lists are hundreds of times dearer to the driver than memory counters, hence the low rate; each look is a
 * process of its own with a time limit, and one that takes longer than the period skips the next.
 */

import type { Millis } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { gpuDevice, otherMemory, processMemory } from '../../../shared/trace/series-ids';
import type { SessionClock } from '../../install/session-clock';
import { findSmiError, firstLine } from '../../nvidia-smi-format/error-text';
import { type MonitoredProcess, parsePmon } from '../../nvidia-smi-format/pmon';
import {
  COMPUTE_APPS_FIELDS,
  type GpuProcess,
  parseComputeApps,
} from '../../nvidia-smi-format/query-csv';
import { attribute, listShareIds, listShareSeries } from '../attribution';
import { RecentPids } from '../recent-pids';
import type { ProcessScope, Sampler, SampleSink } from '../sampler';
import { runOnce } from './run-once';

export interface GpuProcessesOptions {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly gpus: readonly GpuInfo[];
  readonly scope: ProcessScope;
  readonly ownPids: () => readonly number[];
  readonly sharesPids: boolean;
  readonly intervalMs?: Millis;
  readonly timeoutMs?: Millis;
}

export interface ProcessTable {
  readonly compute: readonly GpuProcess[];
  readonly monitored: readonly MonitoredProcess[] | null;
}

export type TableAnswer =
  | { readonly ok: true; readonly table: ProcessTable }
  | { readonly ok: false; readonly reading: Reading & { kind: 'absent' }; readonly detail: string };

export async function readProcessTable(
  path: string,
  limits: { env: NodeJS.ProcessEnv; timeoutMs: Millis; signal?: AbortSignal },
  withGraphics: boolean,
): Promise<TableAnswer> {
  const [apps, pmon] = await Promise.all([
    runOnce(
      path,
      [`--query-compute-apps=${COMPUTE_APPS_FIELDS.join(',')}`, '--format=csv'],
      limits,
    ),
    withGraphics ? runOnce(path, ['pmon', '-s', 'm', '-c', '1'], limits) : null,
  ]);
  const { processes, foreign } = parseComputeApps(apps.stdout);
  const error = findSmiError(foreign.join('\n'));
  if (!apps.ok || (error && processes.length === 0)) {
    const reason = error?.reason ?? 'not_read';
    return {
      ok: false,
      reading: { kind: 'absent', reason },
      detail:
        error?.text ??
        ([apps.detail, firstLine(apps.stdout)].filter((part) => part !== '').join(': ') ||
          'it gave no answer'),
    };
  }
  return {
    ok: true,
    table: { compute: processes, monitored: pmon?.ok ? parsePmon(pmon.stdout) : null },
  };
}

export class GpuProcesses implements Sampler {
  readonly id = 'nvidia-smi processes';
  readonly #options: GpuProcessesOptions;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;
  readonly #pids: RecentPids;
  #graphics = true;
  #warned = false;

  constructor(options: GpuProcessesOptions) {
    this.#options = options;
    this.#pids = new RecentPids(options.scope);
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const intervalMs = this.#options.intervalMs ?? 1000;
    for (const { index } of this.#options.gpus)
      for (const info of listShareSeries(gpuDevice(index), 'nvidia-smi', intervalMs * 1000))
        sink.declare(info);
    const look = () => {
      this.#looking ??= this.#look(sink, clock).finally(() => {
        this.#looking = null;
      });
    };
    this.#timer = setInterval(look, intervalMs);
    look();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#abort.abort();
    await this.#looking;
  }

  async #look(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { path, env, gpus, ownPids, sharesPids } = this.#options;
    this.#pids.note();
    const answer = await readProcessTable(
      path,
      { env, timeoutMs: this.#options.timeoutMs ?? 5000, signal: this.#abort.signal },
      this.#graphics,
    );
    if (this.#abort.signal.aborted) return;
    const t = clock.now();
    if (!answer.ok) {
      for (const { index } of gpus)
        for (const id of listShareIds(gpuDevice(index))) sink.push(id, t, answer.reading);
      if (!this.#warned)
        sink.warn(`Memory per process could not be read from nvidia-smi: ${answer.detail}.`);
      this.#warned = true;
      return;
    }
    if (answer.table.monitored === null) this.#graphics = false;
    for (const { gpuIndex, workload, other } of attribute({
      gpus,
      ...answer.table,
      workloadPids: this.#pids.look(),
      ownPids: ownPids(),
      sharesPids,
    })) {
      sink.push(processMemory(gpuDevice(gpuIndex)), t, workload);
      sink.push(otherMemory(gpuDevice(gpuIndex)), t, other);
    }
  }
}
