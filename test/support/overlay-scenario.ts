/** Small hand-made traces, budgets and documents for the tests of overlay, findings, comparison and reports. */

import type { Component, Phase } from '../../src/shared/base/vocabulary';
import { buildTier, occurrence } from '../../src/shared/budget/tier';
import type { Budget, ComponentBytes, TierBudget } from '../../src/shared/budget/types';
import { diagnose } from '../../src/shared/divergence/findings/diagnose';
import { buildLedger } from '../../src/shared/divergence/ledger/ledger';
import { deriveLines } from '../../src/shared/divergence/overlay/lines';
import { buildOverlay, type OverlayInput } from '../../src/shared/divergence/overlay/overlay';
import type { DiagnosisInput, Overlay } from '../../src/shared/divergence/overlay/types';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { RunSpec } from '../../src/shared/model/spec';
import { addSummaries } from '../../src/shared/session/brief';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { seriesStats } from '../../src/shared/trace/series';
import type { LogLine, Marker, MemoryMark, SampledSeries } from '../../src/shared/trace/types';
import { phaseSpans } from './phase-spans';

export const MB = 1024 * 1024;

/** A series of [milliseconds, value] points. */
export function series(
  id: string,
  points: readonly (readonly [number, number])[],
  intervalMs: number | null = 100,
): SampledSeries {
  return {
    info: {
      id,
      source: 'test',
      metric: id,
      unit: 'bytes',
      windowUs: null,
      intervalUs: intervalMs === null ? null : intervalMs * 1000,
    },
    times: Float64Array.from(points, ([t]) => t * 1000),
    values: Float64Array.from(points, ([, value]) => value),
    gaps: [],
  };
}

/** Begin, memory and end markers of one phase, at milliseconds. */
export function phase(
  name: Phase,
  step: number | null,
  t0: number,
  t1: number,
  memory?: MemoryMark,
): Marker[] {
  const base = { rank: 0, step };
  return [
    { ...base, t: t0 * 1000, type: 'phase', name, event: 'begin' },
    ...(memory ? [{ ...base, t: t1 * 1000, type: 'memory' as const, phase: name, memory }] : []),
    { ...base, t: t1 * 1000, type: 'phase', name, event: 'end' },
  ];
}

/** Per phase: step, last step, components at the highest moment and at the end. */
export type Row = readonly [Phase, number | null, number | null, ComponentBytes, ComponentBytes];

export function tier(rows: readonly Row[]): TierBudget {
  return buildTier(
    rows.map(([name, step, last, peak, end]) => occurrence(name, step, last, peak, end)),
  );
}

export function budgetWith(
  refined: readonly Row[],
  run: Partial<RunSpec> = {},
  textbook: readonly Row[] = refined,
): Budget {
  const spec = preset('gpt2-nano');
  return {
    model: { name: spec.name, parameters: 1 },
    spec,
    run: runDefaults(spec, run),
    tiers: { textbook: tier(textbook), refined: tier(refined) },
    answer: { bytes: tier(refined).total, rank: 0, level: 'allocated' },
  };
}

/** What an overlay is made of, by its series; lines are derived from them as the document does. */
export type Scenario = Partial<Omit<OverlayInput, 'lines'>> & {
  readonly series?: readonly SampledSeries[];
};

export function overlayOf({ series: all = [], ...input }: Scenario) {
  const markers = input.markers ?? [];
  const durationUs = input.durationUs ?? 1_000_000;
  const { baselines = {} } = input;
  return buildOverlay({
    lines: deriveLines(all, baselines),
    baselines,
    budget: null,
    mustMatchExactly: false,
    ...input,
    markers,
    durationUs,
    spans: input.spans ?? phaseSpans(markers, durationUs).spans,
  });
}

type Ending = {
  readonly logs?: readonly LogLine[];
  readonly exitCode?: number | null;
  readonly signal?: string | null;
};

function diagnosisInput(input: Scenario & Ending): DiagnosisInput {
  const {
    logs = [],
    exitCode = 0,
    signal = null,
    series: all = [],
    baselines = {},
    markers = [],
    durationUs = 1_000_000,
    budget = null,
    mustMatchExactly = false,
  } = input;
  const { spans } = phaseSpans(markers, durationUs);
  return {
    overlay: overlayOf(input),
    budget,
    spans,
    markers,
    lines: deriveLines(all, baselines),
    logs,
    exitCode,
    signal,
    durationUs,
    mustMatchExactly,
    baselines,
  };
}

/** Levels and periods that are found in the line that is shown; null where none are. */
export const foundIn = (input: Scenario & Ending) => diagnose(diagnosisInput(input)).found;

export function findingsFor(input: Scenario & Ending) {
  return diagnose(diagnosisInput(input)).findings;
}

/** The overlay with its ledger, of which findings have named nothing yet. */
export function overlayWithLedger(input: Scenario): Overlay {
  const ledger = buildLedger(diagnosisInput(input), null);
  const overlay = overlayOf(input);
  return overlay.series === null || ledger === undefined ? overlay : { ...overlay, ledger };
}

/**
 * A training session whose framework bytes are what its budget says, plus `leak` more with every step from `begins` on: params 100 MiB,
 * gradients as much, Adam states twice as much from the first update on, activations 50 MiB.
 */
export function training(
  steps: number,
  leak = 0,
  begins = 1,
): { budget: Budget; markers: Marker[]; series: SampledSeries[]; durationUs: number } {
  const P = 100 * MB;
  const A = 50 * MB;
  const weights = { params: P };
  const adam = { adam_m: P, adam_v: P };
  const step = (from: number, to: number, held: ComponentBytes): Row[] => [
    ['forward', from, to, { ...held, activations: A }, { ...held, activations: A }],
    ['backward', from, to, { ...held, activations: A, gradients: P }, { ...held, gradients: P }],
    ['optimizer', from, to, { ...weights, ...adam, gradients: P }, { ...weights, ...adam }],
  ];
  const budget = budgetWith(
    [
      ['load', null, null, weights, weights],
      ...step(1, 1, weights),
      ...step(2, Math.max(2, steps), { ...weights, ...adam }),
    ],
    { mode: 'train', steps },
  );
  const markers: Marker[] = [];
  let t = 0;
  const play = (name: Phase, at: number | null, leaked: [number, number]) => {
    const row = budget.tiers.refined.timeline.find(
      (one) => one.phase === name && (at === null || (one.step! <= at && at <= one.lastStep!)),
    )!;
    markers.push(
      ...phase(name, at, t, t + 100, {
        allocated: row.end + leaked[1],
        components: plus(row.endComponents, leaked[1]),
        peak: row.total + leaked[0],
        peakComponents: plus(row.components, leaked[0]),
        peakAt: (t + 60) * 1000,
      }),
    );
    t += 100;
  };
  play('load', null, [0, 0]);
  const after = (at: number) => leak * Math.max(0, at - begins + 1);
  for (let at = 1; at <= steps; at++) {
    for (const name of ['forward', 'backward', 'optimizer'] as const)
      play(name, at, [after(at - 1), after(name === 'optimizer' ? at : at - 1)]);
  }
  const points = markers.flatMap((one): [number, number][] =>
    one.type === 'memory'
      ? [
          [one.memory.peakAt! / 1000, one.memory.peak!],
          [one.t / 1000, one.memory.allocated],
        ]
      : [],
  );
  return {
    budget,
    markers,
    series: [series('framework.allocated', points, null)],
    durationUs: t * 1000,
  };
}

function plus(components: ComponentBytes, leaked: number): Partial<Record<Component, number>> {
  return leaked === 0
    ? components
    : { ...components, workspace: (components.workspace ?? 0) + leaked };
}

export function documentWith(
  input: Scenario & { readonly durationUs: number; readonly logs?: readonly LogLine[] },
  change: Partial<SessionDocument> = {},
): SessionDocument {
  const { series: all = [], markers = [], durationUs, budget = null } = input;
  return addSummaries({
    id: '20260701-120000-abcd',
    name: 'a run',
    status: 'complete',
    startedAt: '2026-07-01T12:00:00.000Z',
    durationUs,
    exitCode: 0,
    signal: null,
    workload: {
      kind: 'bundled',
      title: 'bundled gpt2 (wasm)',
      command: ['node', 'workload.js'],
      cwd: null,
      pid: 4242,
    },
    environment: {
      plumbline: '0.1.0',
      node: 'v24',
      os: 'Linux 6.1',
      cpu: 'a CPU',
      cores: 8,
      memoryBytes: 16 * 1024 * MB,
      gpus: [],
      sources: [{ id: 'nvidia-smi', ok: false, detail: 'not found on PATH' }],
      workload: { backend: 'wasm' },
    },
    model: budget?.spec ?? null,
    run: budget?.run ?? null,
    simulated: false,
    series: all.map(seriesStats),
    markers,
    overlay: overlayWithLedger(input),
    findings: findingsFor(input),
    warnings: [],
    gaps: [],
    logs: input.logs ?? [],
    ...change,
  });
}
