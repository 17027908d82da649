/**
 * Sessions of a machine whose constants are known beforehand: a run of GPT-2 in PyTorch that holds in tensors what theory
 * says, on cards with a context of their own, an allocator that takes more than it was ever asked for, work of libraries
 * that stays between steps, and buffers of those that talk to each other. As in a recording, the device is read ten times
 * a second and the framework tells of itself where a phase ends.
 */
import { type Bytes, MiB } from '../../src/shared/base/units';
import { computeBudget } from '../../src/shared/budget/budget';
import { sumComponents } from '../../src/shared/budget/tier';
import type { ComponentBytes, TimelinePhase } from '../../src/shared/budget/types';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { RunSpec } from '../../src/shared/model/spec';
import type { SessionData } from '../../src/shared/session/types';
import { frameworkSeries, processMemory, usedMemory } from '../../src/shared/trace/series-ids';
import type { HeldPart, Marker, SampledSeries } from '../../src/shared/trace/types';
import { series } from './overlay-scenario';

export interface PlantedMachine {
  readonly gpu: string;
  readonly driver: string;
  readonly torch: string;
  /** Of a process above its allocator. */
  readonly context: Bytes;
  /** The same of one that talks to others, beyond that. */
  readonly communication: Bytes;
  /** The most reserved beyond the most allocated, as a share of the latter; whole segments are taken. */
  readonly reserve: number;
  /** Allocated by libraries and kept from the first step on, beyond what theory has. */
  readonly workspace: Bytes;
}

export const PLANTED: PlantedMachine = {
  gpu: 'NVIDIA L4',
  driver: '570.1',
  torch: '2.13.0',
  context: 440 * MiB,
  communication: 0,
  reserve: 0.006,
  workspace: 0,
};
export const SEGMENT = 2 * MiB;

const PHASE_MS = 300;
const model = preset('gpt2');
const objects = ['params', 'gradients', 'adam_m', 'adam_v'] as const;

export const plantedRun = (batch: number, own: Partial<RunSpec> = {}): RunSpec =>
  runDefaults(model, {
    ...{ mode: 'train', framework: 'pytorch', gpu: 'L4', batch, seq: 256, steps: 4 },
    ...own,
  });

/** Of several ranks each has a card of its own, and all hold the same. */
export function plantedSession(
  id: string,
  machine: PlantedMachine,
  { batch = 4, ranks = 1 }: { readonly batch?: number; readonly ranks?: number } = {},
): SessionData {
  const run = plantedRun(batch, ranks > 1 ? { dp: ranks } : {});
  const all = Array.from({ length: ranks }, (_, rank) => playRank(machine, run, rank));
  const gpu = { name: machine.gpu, driver: machine.driver, cuda: null };
  return {
    id,
    name: id,
    status: 'complete',
    startedAt: '2026-07-01T12:00:00.000Z',
    durationUs: Math.max(...all.map(({ endMs }) => endMs)) * 1000 + 100_000,
    exitCode: 0,
    signal: null,
    workload: { kind: 'command', title: 'train.py', command: ['train.py'], cwd: null, pid: 42 },
    environment: {
      plumbline: '0.1.0',
      node: 'v24',
      os: 'Linux',
      cpu: 'a CPU',
      cores: 8,
      memoryBytes: 64 * 2 ** 30,
      gpus: all.map((_, index) => ({
        ...gpu,
        index,
        uuid: `GPU-${index}`,
        memoryBytes: 23_034 * MiB,
      })),
      sources: [],
      workload: { torch: machine.torch },
    },
    model,
    run,
    simulated: false,
    baselines: Object.fromEntries(all.map((_, rank) => [usedMemory(`gpu${rank}`), 0])),
    series: all.flatMap(({ series: own }) => own),
    markers: all.flatMap(({ markers }) => markers).sort((a, b) => a.t - b.t),
    logs: [],
    warnings: [],
  };
}

/** One phase of the run, as the framework tells of it at its end and the device shows it from its middle on. */
export interface PlantedPhase {
  readonly phase: TimelinePhase['phase'];
  readonly step: number | null;
  readonly parts: readonly HeldPart[];
  readonly peak: Bytes;
  readonly allocated: Bytes;
  readonly reserved: Bytes;
  readonly onDevice: Bytes;
}

export function plantedPhases(machine: PlantedMachine, run: RunSpec): PlantedPhase[] {
  const context = machine.context + ((run.dp ?? 1) > 1 ? machine.communication : 0);
  let most = 0;
  return occurrences(run).map(({ row, step }) => {
    const kept = step === null ? 0 : machine.workspace;
    const peak = inTensors(row.components) + kept;
    most = Math.max(most, peak);
    const reserved = Math.ceil((most * (1 + machine.reserve)) / SEGMENT) * SEGMENT;
    const parts = objects.flatMap((component) => {
      const bytes = row.endComponents[component] ?? 0;
      const tensors = { dtype: 'fp32', device: 'cuda:0' };
      return bytes > 0 ? [{ ...tensors, component, bytes }] : [];
    });
    const allocated = inTensors(row.endComponents) + kept;
    const { phase } = row;
    return { phase, step, parts, peak, allocated, reserved, onDevice: context + reserved };
  });
}

function playRank(machine: PlantedMachine, run: RunSpec, rank: number) {
  const markers: Marker[] = [];
  const phases = plantedPhases(machine, run);
  const device: [number, Bytes][] = [[0, 0]];
  const reports: { t: number; allocated: Bytes; reserved: Bytes }[] = [];
  let [t, before] = [500, phases[0]!.onDevice - phases[0]!.reserved];
  for (const { phase, step, parts, peak, allocated, reserved, onDevice } of phases) {
    const common = { rank, step, phase };
    const [from, to] = [t, t + PHASE_MS];
    for (let at = from; at < to; at += 100) device.push([at, at === from ? before : onDevice]);
    // The last instant of the phase.
    const last = to * 1000 - 1;
    markers.push(
      { ...common, t: from * 1000, type: 'phase', name: phase, event: 'begin' },
      { ...common, t: last, type: 'memory', memory: { allocated, peak, reserved } },
      { ...common, t: last, type: 'objects', parts },
      { ...common, t: last, type: 'phase', name: phase, event: 'end' },
    );
    reports.push({ t: last / 1000, allocated, reserved });
    [t, before] = [to, onDevice];
  }
  device.push([t, before]);
  const gpu = `gpu${rank}`;
  const told = (metric: 'allocated' | 'reserved'): SampledSeries =>
    series(
      frameworkSeries(metric, rank),
      reports.map((one) => [one.t, one[metric]] as const),
      null,
    );
  return {
    endMs: t,
    markers,
    series: [
      series(usedMemory(gpu), device),
      series(processMemory(gpu), device),
      told('allocated'),
      told('reserved'),
    ],
  };
}

/** Loading, then every phase of every step, as the refined tier has them. */
function occurrences(run: RunSpec): { row: TimelinePhase; step: number | null }[] {
  const { tiers, perRank } = computeBudget(model, run);
  const { timeline } = (perRank ?? tiers).refined;
  const steps = Array.from({ length: run.steps }, (_, i) => i + 1);
  return [
    ...timeline.filter(({ step }) => step === null).map((row) => ({ row, step: null })),
    ...steps.flatMap((step) =>
      timeline
        .filter((row) => row.step !== null && row.step <= step && step <= (row.lastStep ?? step))
        .map((row) => ({ row, step })),
    ),
  ];
}

const inTensors = ({ context: _1, reserve: _2, ...tensors }: ComponentBytes): Bytes =>
  sumComponents(tensors);
