/** Invented but coherent sessions, for tests of the window: their numbers are drawn from a seed and hang together. */

import { GiB, MiB } from '../../src/shared/base/units';
import type { Phase, Status } from '../../src/shared/base/vocabulary';
import type {
  Budget,
  ComponentBytes,
  PhaseBudget,
  TimelinePhase,
} from '../../src/shared/budget/types';
import type { Finding, OverlayPhase } from '../../src/shared/divergence/overlay/types';
import type { GpuInfo } from '../../src/shared/hardware/gpu-info';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { addSummaries } from '../../src/shared/session/brief';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { seriesStats } from '../../src/shared/trace/series';
import type { LogLine, SampledSeries, SeriesInfo } from '../../src/shared/trace/types';

export interface FixtureSession {
  document: SessionDocument;
  readonly data: readonly SampledSeries[];
  readonly budget: Budget | null;
}

/** mulberry32: the same numbers on every machine. */
export function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sum = (parts: ComponentBytes): number => Object.values(parts).reduce((a, b) => a + b, 0);
export const RTX_4090: GpuInfo = {
  index: 0,
  uuid: 'GPU-5f1c0a52',
  name: 'NVIDIA GeForce RTX 4090',
  memoryBytes: 24564 * MiB,
  driver: '580.95.05',
  cuda: '13.0',
};

/** One span of the invented run; `parts` at its highest moment and `end` at its end. */
export interface Span {
  readonly phase: Phase;
  readonly step: number | null;
  readonly us: number;
  readonly parts: ComponentBytes;
  readonly end: ComponentBytes;
  /** What the run held beyond the prediction. */
  readonly extra?: number;
}

const PARAMS = 497_759_232;
export function trainSpans(steps: number, leak = 0): Span[] {
  const states = { params: PARAMS, adam_m: PARAMS, adam_v: PARAMS };
  const activations = 1_932_735_283;
  const spans: Span[] = [
    {
      phase: 'load',
      step: null,
      us: 900_000,
      parts: { params: PARAMS, buffers: 4 * MiB },
      end: { params: PARAMS, buffers: 4 * MiB },
    },
  ];
  for (let step = 1; step <= steps; step++) {
    const held = step === 1 ? { params: PARAMS } : states;
    const extra = leak * (step - 1);
    const forward = { ...held, inputs: 8 * MiB, activations, logits: 411_705_344 };
    spans.push({ phase: 'forward', step, us: 310_000, parts: forward, end: forward, extra });
    const after = { ...held, inputs: 8 * MiB, gradients: PARAMS };
    spans.push({
      phase: 'backward',
      step,
      us: 640_000,
      parts: { ...forward, gradients: PARAMS, workspace: 154 * MiB },
      end: after,
      extra: extra + (step === 3 ? 420 * MiB : 0),
    });
    spans.push({
      phase: 'optimizer',
      step,
      us: 150_000,
      parts: { ...states, gradients: PARAMS, optimizer_other: PARAMS },
      end: states,
      extra,
    });
  }
  return spans;
}
function generateSpans(tokens: number): Span[] {
  const params = { params: PARAMS, buffers: 3 * MiB };
  const cache = (n: number) => 73_728 * n;
  const spans: Span[] = [
    { phase: 'load', step: null, us: 1_400_000, parts: params, end: params },
    {
      phase: 'prefill',
      step: null,
      us: 420_000,
      parts: { ...params, kv_cache: cache(64), activations: 61 * MiB, logits: 12_865_792 },
      end: { ...params, kv_cache: cache(64) },
    },
  ];
  for (let token = 1; token <= tokens; token++) {
    const kv = { ...params, kv_cache: cache(64 + token) };
    spans.push({
      phase: 'decode',
      step: token,
      us: 46_000,
      parts: { ...kv, activations: 1.5 * MiB, logits: 201_028, workspace: 2 * cache(64 + token) },
      end: kv,
    });
  }
  return spans;
}

interface Plan {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly startedAt: string;
  readonly spans: readonly Span[];
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
  readonly gpu: boolean;
  readonly simulated?: boolean;
  readonly sampleUs?: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly findings?: readonly Omit<Finding, 'span'>[];
  readonly warnings?: readonly string[];
  readonly logs?: readonly LogLine[];
  readonly baseline?: number;
  readonly workload?: Partial<SessionDocument['workload']>;
}

const IDLE_US = 60_000;
const LEAD_US = 350_000;

export function fixtureSession(plan: Plan): FixtureSession {
  const rand = random(plan.id.length * 7919 + plan.spans.length);
  const baseline = plan.gpu ? (plan.baseline ?? 612 * MiB) : 0;
  const interval = plan.gpu ? (plan.sampleUs ?? 20_000) : null;
  const phases: OverlayPhase[] = [];
  const points: [number, number][] = [[0, baseline]];
  let t = LEAD_US;
  for (const span of plan.spans) {
    const [t0, t1] = [t, t + Math.round(span.us * (0.9 + 0.2 * rand()))];
    const overhead = plan.gpu ? 318 * MiB : 0;
    const high = Math.round(sum(span.parts) + overhead + (span.extra ?? 0));
    const end = Math.round(sum(span.end) + overhead + (span.extra ?? 0));
    const before = points.at(-1)![1];
    const rise = t0 + (t1 - t0) * 0.62;
    for (let i = 1; i <= 12; i++)
      points.push([
        Math.round(t0 + ((rise - t0) * i) / 12),
        Math.round(before + (baseline + high - before) * (i / 12)),
      ]);
    points.push([Math.round(t0 + (t1 - t0) * 0.9), baseline + high], [t1, baseline + end]);
    const refinedParts: ComponentBytes = plan.gpu
      ? { ...span.parts, context: 300 * MiB }
      : span.parts;
    const refinedEnd: ComponentBytes = plan.gpu ? { ...span.end, context: 300 * MiB } : span.end;
    const known = plan.model !== null;
    phases.push({
      phase: span.phase,
      step: span.step,
      rank: 0,
      span: [t0, t1],
      measured: high,
      end,
      predicted: {
        refined: known ? sum(refinedParts) : null,
        textbook: known ? sum(textbook(span.parts)) : null,
      },
      predictedEnd: {
        refined: known ? sum(refinedEnd) : null,
        textbook: known ? sum(textbook(span.end)) : null,
      },
      residualBytes: known ? high - sum(refinedParts) : null,
      residualEndBytes: known ? end - sum(refinedEnd) : null,
      flagged: known && Math.abs(high - sum(refinedParts)) > 64 * MiB,
      measuredComponents: plan.gpu ? null : span.parts,
      predictedComponents: known ? refinedParts : null,
      measuredEndComponents: plan.gpu ? null : span.end,
      predictedEndComponents: known ? refinedEnd : null,
    });
    t = t1 + (span.phase === 'optimizer' || span.phase === 'load' ? IDLE_US : 4_000);
  }
  const durationUs = t + 120_000;
  points.push([durationUs, points.at(-1)![1]]);
  const memory: SeriesInfo = plan.gpu
    ? {
        id: 'gpu0.memory.used',
        source: 'nvml',
        metric: 'memory.used',
        unit: 'bytes',
        windowUs: null,
        intervalUs: interval,
      }
    : {
        id: 'framework.allocated',
        source: 'markers',
        metric: 'allocated',
        unit: 'bytes',
        windowUs: null,
        intervalUs: null,
      };
  const measured =
    interval === null
      ? column(memory, points)
      : sampled(memory, points, interval, durationUs, rand);
  const rss: SeriesInfo = {
    id: 'tree.rss',
    source: 'host',
    metric: 'rss',
    unit: 'bytes',
    windowUs: null,
    intervalUs: 100_000,
  };
  const load: SeriesInfo = {
    id: plan.gpu ? 'gpu0.utilization' : 'tree.cpu',
    source: plan.gpu ? 'nvml' : 'host',
    metric: 'utilization',
    unit: 'millipercent',
    windowUs: 166_000,
    intervalUs: 100_000,
  };
  const busy: [number, number][] = Array.from(
    { length: Math.floor(durationUs / 100_000) },
    (_, i) => [
      i * 100_000,
      Math.round(
        (phases.some(({ span }) => span[0] <= i * 100_000 && i * 100_000 <= span[1])
          ? 82 + 17 * rand()
          : 4 * rand()) * 1000,
      ),
    ],
  );
  const host = sampled(
    rss,
    points.map(([at, v]): [number, number] => [at, v * 0.4 + 180 * MiB]),
    100_000,
    durationUs,
    rand,
  );
  const data = [measured, host, column(load, busy)];
  let peakIndex = 0;
  for (let i = 1; i < measured.values.length; i++)
    if (measured.values[i]! > measured.values[peakIndex]!) peakIndex = i;
  const peak = {
    bytes: measured.values[peakIndex]! - baseline,
    at: measured.times[peakIndex]!,
    intervalUs: interval,
  };
  const refinedPeak = Math.max(...phases.map(({ predicted }) => predicted.refined ?? 0));
  const textbookPeak = Math.max(...phases.map(({ predicted }) => predicted.textbook ?? 0));
  const known = plan.model !== null;
  const worst = phases.reduce(
    (a, b) => (Math.abs(b.residualBytes ?? 0) > Math.abs(a.residualBytes ?? 0) ? b : a),
    phases[0]!,
  );
  const document = addSummaries({
    id: plan.id,
    name: plan.name,
    status: plan.status,
    startedAt: plan.startedAt,
    durationUs,
    exitCode: plan.exitCode === undefined ? (plan.status === 'complete' ? 0 : null) : plan.exitCode,
    signal: plan.signal ?? null,
    workload: {
      kind: 'bundled',
      title: `bundled gpt2 (${plan.gpu ? 'webgpu' : 'wasm'})`,
      command: ['node', 'workload.js', '--model', 'gpt2'],
      cwd: '/home/ada/runs',
      pid: 41_207,
      ...plan.workload,
    },
    environment: {
      plumbline: '0.1.0',
      node: '24.21.0',
      os: 'Linux 6.8.0 x64',
      cpu: 'AMD Ryzen 9 7950X',
      cores: 16,
      memoryBytes: 64 * GiB,
      gpus: plan.gpu ? [RTX_4090] : [],
      sources: [
        plan.gpu
          ? { id: 'nvml', ok: true, detail: 'libnvidia-ml.so.1, driver 580.95.05' }
          : { id: 'nvidia-smi', ok: false, detail: 'was not found on PATH' },
        { id: 'host', ok: true, detail: '/proc, every 100 ms' },
        { id: 'markers', ok: true, detail: '214 markers, none refused' },
      ],
      workload: { backend: plan.gpu ? 'webgpu' : 'wasm', tfjs: '4.22.0' },
    },
    model: plan.model,
    run: plan.run,
    simulated: plan.simulated ?? false,
    series: data.map(seriesStats),
    markers: [],
    warnings: plan.warnings ?? [],
    gaps: [],
    logs: plan.logs ?? [],
    overlay: {
      series: memory.id,
      alternatives: [memory.id, 'tree.rss'],
      baselineBytes: baseline,
      measuredPeak: peak,
      predictedPeak: { refined: known ? refinedPeak : null, textbook: known ? textbookPeak : null },
      residualBytes: known ? peak.bytes - refinedPeak : null,
      residualPercent: known ? ((peak.bytes - refinedPeak) / refinedPeak) * 100 : null,
      phases,
    },
    findings: (plan.findings ?? []).map((finding) => ({
      ...finding,
      span: phases.find(({ phase }) => phase === finding.phase)?.span ?? worst.span,
    })),
  });
  return {
    document,
    data,
    budget: known ? budgetOf(plan.model!, plan.run!, plan.spans, plan.gpu) : null,
  };
}

/** What the textbook counts: no logits, workspace, buffers or inputs. */
function textbook(parts: ComponentBytes): ComponentBytes {
  const {
    logits: _l,
    workspace: _w,
    buffers: _b,
    inputs: _i,
    optimizer_other: _o,
    ...rest
  } = parts;
  return rest.activations === undefined
    ? rest
    : { ...rest, activations: Math.round(rest.activations * 0.86) };
}

function budgetOf(spec: ModelSpec, run: RunSpec, spans: readonly Span[], gpu: boolean): Budget {
  const tier = (change: (parts: ComponentBytes) => ComponentBytes) => {
    const timeline: TimelinePhase[] = spans.map(({ phase, step, parts, end }) => ({
      phase,
      step,
      lastStep: step,
      components: change(parts),
      total: sum(change(parts)),
      end: sum(change(end)),
      endComponents: change(end),
    }));
    const by = new Map<Phase, PhaseBudget>();
    for (const { step: _s, lastStep: _ls, ...row } of timeline)
      if (row.total > (by.get(row.phase)?.total ?? -1)) by.set(row.phase, row);
    const phases = [...by.values()];
    const top = phases.reduce((a, b) => (b.total > a.total ? b : a));
    return {
      components: top.components,
      total: top.total,
      peak: { bytes: top.total, phase: top.phase },
      phases,
      timeline,
    };
  };
  const refined = tier((parts) => (gpu ? { ...parts, context: 300 * MiB } : parts));
  return {
    model: { name: spec.name, parameters: 124_439_808 },
    spec,
    run,
    tiers: { textbook: tier(textbook), refined },
    answer: { bytes: refined.total, rank: 0, level: gpu ? 'process' : 'allocated' },
  };
}

function column(info: SeriesInfo, points: readonly (readonly [number, number])[]): SampledSeries {
  const rising = points.filter(([t], i) => i === 0 || t > points[i - 1]![0]);
  return {
    info,
    times: Float64Array.from(rising, ([t]) => t),
    values: Float64Array.from(rising, ([, v]) => Math.round(v)),
    gaps: [],
  };
}

/** The run as a poller sees it: jitter in time, pages of 2 MiB in value. */
function sampled(
  info: SeriesInfo,
  points: readonly (readonly [number, number])[],
  interval: number,
  durationUs: number,
  rand: () => number,
): SampledSeries {
  const count = Math.floor(durationUs / interval);
  const [times, values] = [new Float64Array(count), new Float64Array(count)];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const t = Math.round(i * interval + (interval > 10 ? rand() * interval * 0.05 : 0));
    while (at + 1 < points.length && points[at + 1]![0] <= t) at++;
    const [[ta, va], [tb, vb]] = [points[at]!, points[at + 1] ?? points[at]!];
    const value = tb > ta ? va + ((vb - va) * (t - ta)) / (tb - ta) : va;
    times[i] = t;
    values[i] = Math.round(value / (2 * MiB)) * 2 * MiB;
  }
  return { info, times, values, gaps: [] };
}

export function fixtureLibrary(): FixtureSession[] {
  const gpt2 = preset('gpt2');
  const train = runDefaults(gpt2, {
    mode: 'train',
    batch: 4,
    seq: 256,
    steps: 5,
    backend: 'webgpu',
  });
  const logs: LogLine[] = Array.from(
    { length: 40 },
    (_, i): LogLine => ({
      t: 400_000 + i * 140_000,
      stream: i % 9 === 8 ? 'stderr' : 'stdout',
      text:
        i % 9 === 8
          ? 'warning: shader cache is cold'
          : `step ${Math.floor(i / 8) + 1}  loss ${(10.9 - i * 0.11).toFixed(4)}`,
    }),
  );
  return [
    fixtureSession({
      id: 's-train',
      name: 'gpt2 train, batch 4, seq 256',
      status: 'complete',
      startedAt: '2026-11-23T10:42:08+00:00',
      spans: trainSpans(5, 6 * MiB),
      model: gpt2,
      run: train,
      gpu: true,
      logs,
      findings: [
        {
          kind: 'context',
          title: 'Device context and driver',
          bytes: 318 * MiB,
          phase: 'load',
          confidence: 'high',
          evidence: [
            '318 MiB appear before the first tensor is made.',
            'The refined tier expects 300 MiB for this driver.',
          ],
        },
        {
          kind: 'unexplained',
          title: 'Backward of step 3 holds more than predicted',
          bytes: 438 * MiB,
          phase: null,
          confidence: 'medium',
          evidence: [
            'Steps 2 and 4 stay within 30 MiB of the prediction.',
            'No other process used the GPU at that time.',
          ],
        },
        {
          kind: 'leak',
          title: 'Memory grows by 6 MiB a step',
          bytes: 24 * MiB,
          phase: 'optimizer',
          confidence: 'high',
          evidence: [
            'The floor rises in 4 of 4 steps.',
            'At this rate 24 GiB are full after 3,180 steps.',
          ],
        },
      ],
    }),
    fixtureSession({
      id: 's-generate',
      name: 'gpt2 generate, 96 tokens',
      status: 'complete',
      startedAt: '2026-11-23T09:15:30+00:00',
      spans: generateSpans(96),
      model: gpt2,
      run: runDefaults(gpt2, { mode: 'generate', promptTokens: 64, tokens: 96, backend: 'wasm' }),
      gpu: false,
      logs,
    }),
    fixtureSession({
      id: 's-failed',
      name: 'train.py --batch 64',
      status: 'failed',
      startedAt: '2026-11-22T18:03:11+00:00',
      spans: trainSpans(2).slice(0, 6),
      model: gpt2,
      run: { ...train, batch: 64, framework: 'pytorch', backend: null },
      gpu: true,
      exitCode: 1,
      workload: {
        kind: 'command',
        title: 'python train.py --batch 64',
        command: ['python', 'train.py', '--batch', '64'],
      },
      findings: [
        {
          kind: 'out_of_memory',
          title: 'The run ended out of memory',
          bytes: null,
          phase: 'backward',
          confidence: 'high',
          evidence: [
            'The last reading is 98.7% of the device.',
            'stderr: CUDA out of memory. Tried to allocate 1.53 GiB.',
          ],
        },
      ],
      warnings: ['The workload ended with exit code 1 while backward of step 2 was running.'],
      logs: [
        ...logs.slice(0, 6),
        {
          t: 2_900_000,
          stream: 'stderr',
          text: 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.53 GiB.',
        },
      ],
    }),
    fixtureSession({
      id: 's-long',
      name: 'overnight fine-tune',
      status: 'recovered',
      startedAt: '2026-11-21T22:00:00+00:00',
      spans: trainSpans(900),
      model: gpt2,
      run: { ...train, steps: 900 },
      gpu: true,
      sampleUs: 500,
      warnings: ['The recorder was killed; what was stored up to 0.4 s before is here.'],
    }),
    fixtureSession({
      id: 's-plain',
      name: 'node server.js',
      status: 'interrupted',
      startedAt: '2026-11-20T08:30:00+00:00',
      spans: generateSpans(10),
      model: null,
      run: null,
      gpu: false,
      signal: 'SIGINT',
      workload: { kind: 'command', title: 'node server.js', command: ['node', 'server.js'] },
    }),
    fixtureSession({
      id: 's-simulated',
      name: 'simulated device, train',
      status: 'complete',
      startedAt: '2026-11-19T12:00:00+00:00',
      spans: trainSpans(3),
      model: gpt2,
      run: train,
      gpu: true,
      simulated: true,
    }),
  ];
}
