/**
 * What sampling costs and how even it is, on the double of NVML: figures of this machine, not limits.
 *
 *   npm run bench:telemetry [seconds per measurement, 10 unless given] [one measurement: cost, jitter, day or lag]
 *
 * The double answers in under a microsecond, where a driver takes 10 µs and more for each call: the processor time
 * here is Plumbline's own. It is counted as user and system time of the whole process, all its threads, so that a
 * busy machine does not change it; jitter is only worth something on an idle one.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LiveTrace } from '../../src/main/engine/live-trace';
import { createSessionClock } from '../../src/main/install/session-clock';
import { readStoredSeries } from '../../src/main/store/session-data';
import { createSession, openSession } from '../../src/main/store/session-file';
import { CostSampler } from '../../src/main/telemetry/cost';
import { HostSampler } from '../../src/main/telemetry/host/host';
import { hostTable } from '../../src/main/telemetry/host/host-reader';
import { LineProcess } from '../../src/main/telemetry/nvidia-smi/line-process';
import { locateNvidiaSmi } from '../../src/main/telemetry/nvidia-smi/locate';
import { seriesTable } from '../../src/main/telemetry/nvml/counters';
import { NvmlSampler } from '../../src/main/telemetry/nvml/sampler';
import type { Sampler, SampleSink } from '../../src/main/telemetry/sampler';
import type { GpuInfo } from '../../src/shared/hardware/gpu-info';
import { buildDocument } from '../../src/shared/session/document';
import { plainHeader } from '../support/session-header';

/** The repository, from wherever this file was bundled to below it. */
const root = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'test', 'doubles', 'nvidia-smi')) && folder !== dirname(folder))
    folder = dirname(folder);
  return folder;
})();
const MiB = 2 ** 20;
const SETTLE_10_HZ = 30;
const words = process.argv.slice(2);
const seconds = Number(words.find((word) => /^\d+$/.test(word)) ?? 10);
const only = words.find((word) => /^[a-z]+$/.test(word));
const wanted = (name: string): boolean => only === undefined || only === name;

const gpuOf = (index: number): GpuInfo => ({
  index,
  uuid: `GPU-0000000${index}-1111-2222-3333-444444444444`,
  name: 'Simulated RTX 4090',
  memoryBytes: 24564 * MiB,
  driver: '580.65.06',
  cuda: '13.0',
});

function nvml(workerPath: string, library: string, count: number, intervalMs: number): NvmlSampler {
  const gpus = Array.from({ length: count }, (_, index) => gpuOf(index));
  const sampled = gpus.map(({ index, uuid }) => ({
    index,
    uuid,
    memoryVersion: 2 as const,
    extras: ['power.instant', 'power.mean'],
  }));
  return new NvmlSampler({
    workerPath,
    places: [library],
    gpus,
    sampled,
    scope: { pids: () => [process.pid] },
    ownPids: () => [],
    sharesPids: true,
    intervalMs,
  });
}

function recording() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  const startedAt = new Date().toISOString();
  const header = { ...plainHeader('bench'), startedAt, simulated: true };
  const file = createSession(folder, header);
  return { folder, header, file, trace: new LiveTrace(file) };
}

/** Processor time of each thread so far in milliseconds, by name (proc_pid_task_stat); empty elsewhere than on Linux. */
function threadTimes(): Map<string, number> {
  const times = new Map<string, number>();
  if (process.platform !== 'linux') return times;
  for (const tid of readdirSync('/proc/self/task')) {
    try {
      const stat = readFileSync(`/proc/self/task/${tid}/schedstat`, 'latin1');
      const name = readFileSync(`/proc/self/task/${tid}/comm`, 'latin1').trim();
      times.set(
        `${tid} ${Number(tid) === process.pid ? 'recording' : name}`,
        Number(stat.split(' ')[0]) / 1e6,
      );
    } catch {
      // It has ended.
    }
  }
  return times;
}

interface Measured {
  /** Percent of one core. */
  readonly cpu: number;
  /** The same by thread, the dearest first. */
  readonly threads: string;
  readonly samples: number;
  readonly heapMiB: number;
  /** Microseconds between samples of the series looked at. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly late: number;
}

/**
 * Records into a session file, as the app does, for some seconds after `settle` more, in which V8 compiles what runs often: at
 * 10 Hz it takes that long to know what does.
 */
async function measured(
  samplers: readonly Sampler[],
  seriesId: string,
  settle = 3,
): Promise<Measured> {
  const { folder, file, trace } = recording();
  let samples = 0;
  const times: number[] = [];
  const sink: SampleSink = {
    declare: (info) => trace.declare(info),
    refine: (id, learnt) => trace.refine(id, learnt),
    warn: (text) => console.log(`  warning: ${text}`),
    push: (id, t, reading) => {
      samples++;
      if (id === seriesId) times.push(t);
      trace.push(id, t, reading);
    },
    pushRun: (id, at, values) => {
      samples += at.length;
      if (id === seriesId) times.push(...at);
      trace.pushRun(id, at, values);
    },
  };
  const clock = createSessionClock();
  for (const sampler of samplers) await sampler.start(sink, clock);
  await pause(settle);
  globalThis.gc?.();
  const heap = process.memoryUsage().rss;
  const threads = threadTimes();
  const [before, from, begin] = [process.cpuUsage(), samples, clock.now()];
  const first = times.length;
  await pause(seconds);
  const spent = process.cpuUsage(before);
  const span = clock.now() - begin;
  const share = (ms: number) => ((ms * 1000) / span) * 100;
  // V8's own threads, which compile and collect garbage, are one line.
  const byName = new Map<string, number>();
  for (const [thread, ms] of threadTimes()) {
    const name = thread.slice(thread.indexOf(' ') + 1);
    byName.set(name, (byName.get(name) ?? 0) + share(ms - (threads.get(thread) ?? 0)));
  }
  const dearest = [...byName].filter(([, cpu]) => cpu >= 0.01).sort(([, a], [, b]) => b - a);
  const gaps = times
    .slice(first + 1)
    .map((t, i) => t - times[first + i]!)
    .sort((a, b) => a - b);
  const p50 = gaps[Math.floor(gaps.length * 0.5)] ?? Number.NaN;
  const jitter = gaps.map((gap) => Math.abs(gap - p50)).sort((a, b) => a - b);
  const result = {
    cpu: ((spent.user + spent.system) / span) * 100,
    threads: dearest.map(([name, cpu]) => `${name} ${cpu.toFixed(2)} %`).join(', '),
    samples: ((samples - from) / span) * 1e6,
    heapMiB: (process.memoryUsage().rss - heap) / MiB,
    p50,
    p99: gaps[Math.floor(gaps.length * 0.99)] ?? Number.NaN,
    most: gaps.at(-1) ?? Number.NaN,
    late: jitter[Math.floor(jitter.length * 0.99)] ?? Number.NaN,
  };
  for (const sampler of samplers) await sampler.stop();
  trace.finish(clock.now());
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: clock.now() });
  file.close();
  rmSync(folder, { recursive: true, force: true });
  return result;
}

const pause = (s: number) => new Promise((done) => setTimeout(done, s * 1000));

function tell(
  what: string,
  { cpu, threads, samples, p50, p99, most, late, heapMiB }: Measured,
): void {
  const ms = (us: number) => (us / 1000).toFixed(3);
  console.log(
    `${what.padEnd(36)} cpu ${cpu.toFixed(2)} % of a core, ${samples.toFixed(0)} samples/s, interval p50 ${ms(p50)} ms, p99 ${ms(p99)} ms, longest ${ms(most)} ms, p99 jitter ${ms(late)} ms, memory +${heapMiB.toFixed(1)} MiB in ${seconds} s`,
  );
  if (threads !== '') console.log(`${''.padEnd(36)} by thread: ${threads}`);
}

/**
 * The floor under the line above: what a C program takes that does nothing but wake as often, measured right after. A
 * core with nothing to do in between sleeps deeply, and to wake it costs more than most reads do.
 */
function wakes(compiler: string, rate: number, threads: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-wakes-'));
  const path = join(folder, 'wakes');
  try {
    execFileSync(compiler, [
      '-O2',
      '-o',
      path,
      join(root, 'test', 'bench', 'telemetry', 'wakes.c'),
    ]);
    const each = Number(
      execFileSync(path, [`${rate}`, `${Math.min(5, seconds)}`], { encoding: 'utf8' }),
    );
    console.log(
      `${''.padEnd(36)} of which bare wake-ups of ${threads === 1 ? 'a thread' : `${threads} threads`}, ${rate} a second: ${(each * threads).toFixed(2)} % (${((each * 1e4) / rate).toFixed(0)} µs each)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How long after nvidia-smi stamped a row it is here: the real one where there is one, else the double. */
async function lag(): Promise<void> {
  const located = locateNvidiaSmi(process.env);
  const path = located.ok ? located.path : join(root, 'test', 'doubles', 'nvidia-smi');
  const env = located.ok
    ? process.env
    : {
        ...process.env,
        PLUMBLINE_SMI_SCENARIO: join(root, 'test', 'fixtures', 'nvidia-smi', 'steady.json'),
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      };
  const lags: number[] = [];
  const stream = new LineProcess(
    path,
    ['--query-gpu=timestamp,memory.used', '--format=csv,noheader', '-lms', '50'],
    env,
    {
      line: (text) => {
        const at = Date.parse(text.split(',')[0]!.replaceAll('/', '-').replace(' ', 'T'));
        if (Number.isFinite(at)) lags.push(Date.now() - at);
      },
      ended: () => {},
    },
  );
  stream.start();
  await pause(Math.max(3, seconds));
  await stream.stop();
  lags.sort((a, b) => a - b);
  console.log(
    `nvidia-smi stream${located.ok ? '' : ' (double)'}: ${lags.length} rows, lag p50 ${lags[lags.length >> 1]} ms, p99 ${lags[Math.floor(lags.length * 0.99)]} ms`,
  );
}

/** A day of one GPU at 10 Hz, all series, through the recorder's trace and store as fast as they take it. */
async function day(): Promise<void> {
  const { folder, header, file, trace } = recording();
  const table = [
    ...seriesTable(
      [{ index: 0, uuid: '', memoryVersion: 2, extras: ['power.instant', 'power.mean'] }],
      100,
    ),
    ...hostTable(100),
  ];
  for (const info of table) trace.declare(info);
  globalThis.gc?.();
  const before = process.cpuUsage();
  const [minutes, minuteUs] = [24 * 60, 60_000_000];
  const resident = [`${(process.memoryUsage().rss / MiB).toFixed(0)} MiB at the start`];
  let samples = 0;
  // Noise in every sample, so that nothing is flattered by a pattern that repeats.
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  // Made once: what is measured is what the recorder takes.
  const [minuteOfTimes, minuteOfValues] = [new Float64Array(1000), new Float64Array(1000)];
  for (let minute = 0; minute < minutes; minute++) {
    for (const { id, intervalUs } of table) {
      const every = intervalUs ?? 1_000_000;
      const first = Math.ceil((minute * minuteUs) / every) * every;
      const count = Math.ceil(((minute + 1) * minuteUs - first) / every);
      const [times, values] = [minuteOfTimes.subarray(0, count), minuteOfValues.subarray(0, count)];
      for (let i = 0; i < count; i++) {
        times[i] = first + i * every + Math.floor(random() * 100);
        values[i] = 1000 * MiB + Math.floor(random() * 1000) * 2 ** 16;
      }
      trace.pushRun(id, times, values);
      samples += count;
    }
    // What the live view asks for some times a second is asked once a minute here, and the timer of the store comes due.
    if (minute % 10 === 0) await pause(0.001);
    if (minute % 60 === 0) {
      file.flush();
      using reader = openSession(file.path);
      const span = { t0: (minute / 2) * minuteUs, t1: (minute / 2 + 1) * minuteUs };
      for (const { id } of reader.series()) reader.envelope(id, span, 2000);
    }
    for (const [part, name] of [
      [0.25, 'a quarter'],
      [0.5, 'half'],
      [0.75, 'three quarters'],
    ] as const) {
      if (minute === Math.floor(minutes * part))
        resident.push(`${(process.memoryUsage().rss / MiB).toFixed(0)} MiB after ${name}`);
    }
  }
  trace.finish(minutes * minuteUs);
  file.flush();
  resident.push(`${(process.memoryUsage().rss / MiB).toFixed(0)} MiB at the end`);
  const result = {
    status: 'complete' as const,
    exitCode: 0,
    signal: null,
    durationUs: minutes * minuteUs,
  };
  const doc = buildDocument({
    ...header,
    ...result,
    baselines: {},
    series: readStoredSeries(file.path),
    markers: [],
    logs: [],
    warnings: [],
  });
  file.finish(result);
  file.close();
  resident.push(`${(process.memoryUsage().rss / MiB).toFixed(0)} MiB once its document is made`);
  const spent = process.cpuUsage(before);
  console.log(
    `a simulated day at 10 Hz, 1 GPU: ${samples} samples in ${doc.series.length} series, file ${(statSync(file.path).size / MiB).toFixed(1)} MiB, ${((spent.user + spent.system) / 1e6).toFixed(1)} s of processor time`,
  );
  console.log(`  resident: ${resident.join(', ')}`);
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  console.log(
    `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}; ${seconds} s each, double of NVML`,
  );
  // First, while the process has done nothing else: what is resident is Plumbline's own.
  if (wanted('day')) await day();
  if (wanted('lag')) await lag();
  // The bundler comes along with this: only now.
  const { buildWorker, compiler, createStub, noStub } = await import('../doubles/nvml/stub');
  const workerPath = await buildWorker();
  const host = (intervalMs: number) =>
    new HostSampler({ scope: { pids: () => [process.pid] }, intervalMs, workerPath });
  if (wanted('jitter') && process.platform === 'linux')
    tell('host at 100 Hz', await measured([host(10)], 'tree.rss'));
  if (noStub !== null || compiler === undefined) {
    console.log(`NVML not measured: ${noStub}`);
    return;
  }
  const stub = createStub([
    'gpus 8',
    ...Array.from({ length: 8 }, (_, index) => `count ${index} ${1000 * MiB}`),
  ]);
  try {
    if (wanted('cost')) {
      tell(
        `all sources at 10 Hz, after ${SETTLE_10_HZ} s`,
        await measured(
          [nvml(workerPath, stub.path, 1, 100), host(100), new CostSampler()],
          'gpu0.memory.used',
          SETTLE_10_HZ,
        ),
      );
      wakes(compiler, 10, 2);
      tell(
        'NVML at 1 kHz, 1 GPU',
        await measured([nvml(workerPath, stub.path, 1, 1)], 'gpu0.memory.used'),
      );
      tell(
        'NVML at 1 kHz, 8 GPUs',
        await measured([nvml(workerPath, stub.path, 8, 1)], 'gpu0.memory.used'),
      );
      wakes(compiler, 1000, 1);
    }
    if (wanted('jitter'))
      tell(
        'NVML at 100 Hz, 1 GPU',
        await measured([nvml(workerPath, stub.path, 1, 10)], 'gpu0.memory.used'),
      );
  } finally {
    stub.dispose();
  }
}

await main();
