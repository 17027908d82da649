/**
 * Memory of MIG devices where NVML is not to be had. nvidia-smi tells it in its whole report alone (`-q -x`), which
 * takes it from half a second to many seconds: one is asked for every few seconds, never two at once, and the driver is
 * left alone for at least three times as long as it took.
 */

import type { Bytes, Micros, Millis } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { MIG_MEMORY_USED } from '../../../shared/trace/metrics';
import { migDevice, migMetric, usedMemory } from '../../../shared/trace/series-ids';
import type { SessionClock } from '../../install/session-clock';
import { findSmiError } from '../../nvidia-smi-format/error-text';
import { listedInstances, parseXml, readField, textAt, toList } from '../../nvidia-smi-format/xml';
import type { Sampler, SampleSink } from '../sampler';
import { runOnce } from './run-once';

export interface InstancesOptions {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  /** Those with instances that the workload is confined to. */
  readonly gpus: readonly GpuInfo[];
  readonly intervalMs?: Millis;
}

export const INSTANCES_MS: Millis = 5000;
const TIMEOUT_MS: Millis = 20_000;
const REST = 3;
const NOT_READ: Reading = { kind: 'absent', reason: 'not_read' };

export interface InstanceMemory {
  /** As its series begin. */
  readonly device: string;
  readonly gpuIndex: number;
  readonly slot: number;
  readonly used: Reading;
  readonly total: Bytes | null;
}

/** One look at the instances the workload is confined to; those that the report does not tell are not read. */
export async function readInstances(
  { path, env, gpus }: InstancesOptions,
  signal?: AbortSignal,
): Promise<InstanceMemory[]> {
  const answer = await runOnce(path, ['-q', '-x'], {
    env,
    timeoutMs: TIMEOUT_MS,
    ...(signal && { signal }),
  });
  // Declarations, and with them entities of their own, are not read.
  const document = answer.ok
    ? /<nvidia_smi_log>[\s\S]*<\/nvidia_smi_log>/.exec(answer.stdout)?.[0]
    : undefined;
  const report = readField(parseXml(document ?? ''), 'nvidia_smi_log');
  const error = findSmiError(answer.stdout);
  const missing: Reading = error ? { kind: 'absent', reason: error.reason } : NOT_READ;
  const listed = toList(readField(report, 'gpu'));
  return gpus.flatMap(({ index, uuid, instances = [] }) => {
    const devices = listedInstances(listed.find((gpu) => textAt(gpu, 'uuid') === uuid));
    return instances.map(({ slot }): InstanceMemory => {
      const found = devices.find((each) => each.index === String(slot));
      return {
        device: migDevice(index, slot),
        gpuIndex: index,
        slot,
        used: found?.used ?? missing,
        total: found?.total.kind === 'ok' ? found.total.value : null,
      };
    });
  });
}

export class GpuInstances implements Sampler {
  readonly id = 'nvidia-smi instances';
  readonly #options: InstancesOptions;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { gpus, intervalMs = INSTANCES_MS } = this.#options;
    for (const { index, slot } of gpus.flatMap(({ index, instances = [] }) =>
      instances.map(({ slot }) => ({ index, slot })),
    )) {
      sink.declare({
        id: usedMemory(migDevice(index, slot)),
        source: 'nvidia-smi -q',
        metric: migMetric(slot, 'memory.used'),
        ...MIG_MEMORY_USED,
        intervalUs: intervalMs * 1000,
        about: `${MIG_MEMORY_USED.about}, in whole MiB, as seldom as nvidia-smi can tell it`,
      });
    }
    const look = () => {
      this.#looking = this.#look(sink, clock).then((took) => {
        if (!this.#abort.signal.aborted)
          this.#timer = setTimeout(look, Math.max(intervalMs - took / 1000, (REST * took) / 1000));
      });
    };
    look();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Returns what it took. */
  async #look(sink: SampleSink, clock: SessionClock): Promise<Micros> {
    const before = clock.now();
    const seen = await readInstances(this.#options, this.#abort.signal);
    const t = clock.now();
    if (!this.#abort.signal.aborted)
      for (const { device, used } of seen) sink.push(usedMemory(device), t, used);
    return t - before;
  }
}
