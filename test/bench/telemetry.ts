/**
 * What sampling costs and how even it is, on the double of NVML: figures of this machine, not limits.
 *
 *   vite build --ssr test/bench/telemetry.ts --outDir node_modules/.cache/plumbline/bench --emptyOutDir=false
 *   node --expose-gc node_modules/.cache/plumbline/bench/telemetry.js [seconds per measurement, 10 unless given]
 *
 * The double answers in under a microsecond, where a driver takes 10 µs and more for each call: the processor time
 * here is Plumbline's own.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '../../src/main/store/session-file';
import { LiveTrace } from '../../src/main/engine/live-trace';
import { HostSampler } from '../../src/main/telemetry/host';
import { seriesTable } from '../../src/main/telemetry/nvml/counters';
import { NvmlSampler } from '../../src/main/telemetry/nvml/sampler';
import type { Sampler, SampleSink } from '../../src/main/telemetry/sampler';
import { createSessionClock } from '../../src/main/workloads/session-clock';
import type { GpuInfo } from '../../src/shared/contract/session';
import { buildWorker, createStub, noStub } from '../doubles/nvml/stub';

const MiB = 2 ** 20;
const seconds = Number(process.argv[2] ?? 10);

const gpuOf = (index: number): GpuInfo => ({ index, uuid: `GPU-0000000${index}-1111-2222-3333-444444444444`, name: 'Simulated RTX 4090', memoryBytes: 24564 * MiB, driver: '580.65.06', cuda: '13.0' });

function nvml(workerPath: string, library: string, count: number, intervalMs: number): NvmlSampler {
  const gpus = Array.from({ length: count }, (_, index) => gpuOf(index));
  const sampled = gpus.map(({ index, uuid }) => ({ index, uuid, memoryVersion: 2 as const, extras: ['power.instant', 'power.mean'] }));
  return new NvmlSampler({ workerPath, places: [library], gpus, sampled, scope: { pids: () => [process.pid] }, ownPids: () => [], sharesPids: true, intervalMs });
}

function recording() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const file = createSession(folder, {
    id: 'bench', name: 'bench', startedAt: new Date().toISOString(), model: null, run: null, simulated: true,
    workload: { kind: 'command', title: 'bench', command: [], cwd: null, pid: null },
    environment: { plumbline: '0', node: process.version, os: '', cpu: '', cores: 0, memoryBytes: 0, gpus: [], sources: [], workload: {} },
  });
  return { folder, file, trace: new LiveTrace(file) };
}

/** What a day of one GPU at 10 Hz leaves in memory and on disk, delivered as fast as it is taken. */
async function day(): Promise<void> {
  const { folder, file, trace } = recording();
  const table = seriesTable([{ index: 0, uuid: '', memoryVersion: 2, extras: ['power.instant', 'power.mean'] }], 100);
  for (const info of table) trace.declare(info);
  const rss = process.memoryUsage().rss;
  const before = process.cpuUsage();
  const [minutes, minuteUs] = [24 * 60, 60_000_000];
  let samples = 0;
  // Noise in every sample, so that nothing is flattered by a pattern that repeats.
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let minute = 0; minute < minutes; minute++) {
    for (const { id, intervalUs } of table) {
      const every = intervalUs ?? 1_000_000;
      for (let t = minute * minuteUs; t < (minute + 1) * minuteUs; t += every) {
        trace.push(id, t + Math.floor(random() * 100), { kind: 'ok', value: 1000 * MiB + Math.floor(random() * 1000) * 2 ** 16 });
        samples++;
      }
    }
    await new Promise((done) => setImmediate(done));
  }
  trace.finish(minutes * minuteUs);
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: minutes * minuteUs });
  file.close();
  const spent = process.cpuUsage(before);
  globalThis.gc?.();
  console.log(`a simulated day at 10 Hz, 1 GPU: ${samples} samples in ${table.length} series, memory +${((process.memoryUsage().rss - rss) / MiB).toFixed(0)} MiB, file ${(statSync(file.path).size / MiB).toFixed(1)} MiB, ${((spent.user + spent.system) / 1e6).toFixed(1)} s of processor time`);
  rmSync(folder, { recursive: true, force: true });
}

interface Measured {
  /** Percent of one core. */
  readonly cpu: number;
  readonly samples: number;
  readonly heapMiB: number;
  /** Microseconds between samples of the first memory series. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** Records into a session file, as the app does, for some seconds after one second of settling. */
async function measured(sampler: Sampler, seriesId: string): Promise<Measured> {
  const { folder, file, trace } = recording();
  let samples = 0;
  const times: number[] = [];
  const sink: SampleSink = {
    declare: (info) => trace.declare(info),
    warn: (text) => console.log(`  warning: ${text}`),
    push: (id, t, reading) => {
      samples++;
      if (id === seriesId) times.push(t);
      trace.push(id, t, reading);
    },
  };
  const clock = createSessionClock();
  await sampler.start(sink, clock);
  await pause(1);
  globalThis.gc?.();
  const heap = process.memoryUsage().rss;
  const [before, from, begin] = [process.cpuUsage(), samples, clock.now()];
  const first = times.length;
  await pause(seconds);
  const spent = process.cpuUsage(before);
  const span = clock.now() - begin;
  const gaps = times.slice(first + 1).map((t, i) => t - times[first + i]!).sort((a, b) => a - b);
  const result = {
    cpu: ((spent.user + spent.system) / span) * 100, samples: ((samples - from) / span) * 1e6, heapMiB: (process.memoryUsage().rss - heap) / MiB,
    p50: gaps[Math.floor(gaps.length * 0.5)] ?? Number.NaN, p99: gaps[Math.floor(gaps.length * 0.99)] ?? Number.NaN, most: gaps.at(-1) ?? Number.NaN,
  };
  await sampler.stop();
  trace.finish(clock.now());
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: clock.now() });
  file.close();
  rmSync(folder, { recursive: true, force: true });
  return result;
}

const pause = (s: number) => new Promise((done) => setTimeout(done, s * 1000));

function tell(what: string, { cpu, samples, p50, p99, most, heapMiB }: Measured): void {
  const ms = (us: number) => (us / 1000).toFixed(3);
  console.log(`${what.padEnd(36)} cpu ${cpu.toFixed(2)} % of a core, ${samples.toFixed(0)} samples/s, interval p50 ${ms(p50)} ms, p99 ${ms(p99)} ms, longest ${ms(most)} ms, memory +${heapMiB.toFixed(1)} MiB in ${seconds} s`);
}

async function main(): Promise<void> {
  console.log(`${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}; ${seconds} s each, double of NVML`);
  tell('host at 100 Hz', await measured(new HostSampler({ scope: { pids: () => [process.pid] }, intervalMs: 10 }), 'tree.rss'));
  if (noStub !== null) {
    console.log(`NVML not measured: ${noStub}`);
    await day();
    return;
  }
  const workerPath = await buildWorker();
  const stub = createStub(['gpus 8', ...Array.from({ length: 8 }, (_, index) => `count ${index} ${1000 * MiB}`)]);
  try {
    tell('NVML at 10 Hz, 1 GPU', await measured(nvml(workerPath, stub.path, 1, 100), 'gpu0.memory.used'));
    tell('NVML at 100 Hz, 1 GPU', await measured(nvml(workerPath, stub.path, 1, 10), 'gpu0.memory.used'));
    tell('NVML at 1 kHz, 1 GPU', await measured(nvml(workerPath, stub.path, 1, 1), 'gpu0.memory.used'));
    tell('NVML at 1 kHz, 8 GPUs', await measured(nvml(workerPath, stub.path, 8, 1), 'gpu0.memory.used'));
  } finally {
    stub.dispose();
  }
  await day();
}

await main();
