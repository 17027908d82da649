/** One step's figures beside what the refined tier says, and all of them in words. */
import { Failure } from '../../../src/shared/base/failure';
import { pytorchBudget } from '../../../src/shared/budget/pytorch';
import { cublasWorkspace } from '../../../src/shared/budget/pytorch/device';
import { listShards } from '../../../src/shared/budget/sharding/shard';
import type { ComponentBytes, TierBudget } from '../../../src/shared/budget/types';
import { modelFromConfig } from '../../../src/shared/model/config-file';
import { runDefaults } from '../../../src/shared/model/run';
import { checkRun } from '../../../src/shared/model/validate';
import { heldOut, type TruthStep } from './steps';

/** Phase, step, and bytes: highest requested and allocated, requested and allocated at the end. */
export type TruthPhase = readonly [
  phase: string,
  step: number | null,
  highRequested: number,
  highAllocated: number,
  endRequested: number,
  endAllocated: number,
];

export interface Figure {
  readonly class?: string;
  readonly phases?: readonly TruthPhase[];
  /** Stand-ins for CUDA's kernels that the step ran through. */
  readonly kernels?: readonly string[];
  readonly error?: string;
}

export interface Figures {
  versions: Readonly<Record<string, string>>;
  readonly steps: Record<string, Figure>;
}

/** Signed errors, predicted over true less one. */
export interface PhaseError {
  readonly phase: string;
  readonly high: number;
  readonly end: number;
}

export interface Compared {
  readonly step: TruthStep;
  /** Where the step stands in the report. */
  readonly row: string;
  readonly peak?: number;
  readonly phases?: readonly PhaseError[];
  /** Why there is nothing to compare. */
  readonly reason?: string;
}

export function compareStep(step: TruthStep, figure: Figure | undefined): Compared {
  const row = rowOf(step, figure);
  if (!figure) return { step, row, reason: 'not run yet (--make)' };
  if (!figure.phases)
    return { step, row, reason: `it does not run on fake tensors: ${figure.error}` };
  try {
    return { step, row, ...errorsOf(step, figure, figure.phases) };
  } catch (error) {
    if (error instanceof Failure) return { step, row, reason: error.message };
    throw error;
  }
}

function rowOf({ family, run }: TruthStep, figure: Figure | undefined): string {
  if ((run.dropout ?? 0) > 0) return 'dropout';
  if (run.zero) return 'sharded by FSDP';
  const standIn = (figure?.kernels ?? []).length > 0;
  const kind = standIn ? 'attention by a stand-in' : 'as PyTorch runs it';
  return heldOut(family) ? `${kind}, held out` : kind;
}

function errorsOf(
  { config, run: given }: TruthStep,
  figure: Figure,
  phases: readonly TruthPhase[],
): Pick<Compared, 'peak' | 'phases'> {
  const model = modelFromConfig(
    { ...config, ...(figure.class ? { architectures: [figure.class] } : {}) },
    'truth',
  );
  const { loraModules: _, ...asked } = given;
  const run = runDefaults(model, asked);
  checkRun(model, run);
  const budget = pytorchBudget(model, run, listShards(model, run)[0]);
  // A CPU multiplies without cuBLAS: its workspaces, one a thread, are in the prediction alone.
  const workspace = cublasWorkspace(run.gpu) * (run.mode === 'train' ? 2 : 1);
  const errors = mergePhases(phases).map(([phase, step, high, , end]) => {
    const predicted = findPhase(budget, phase, step);
    const beside = phase === 'load' ? 0 : workspace;
    return {
      phase: step === null ? phase : `${phase} ${step}`,
      high: (tensorBytes(predicted.components) - beside) / high - 1,
      end: (tensorBytes(predicted.endComponents) - (phase === 'load' ? 0 : workspace)) / end - 1,
    };
  });
  const peak = Math.max(...phases.map(([, , , high]) => high));
  return { peak: ((budget.levels?.allocated ?? 0) - workspace) / peak - 1, phases: errors };
}

/** Micro-batches of a step follow each other under one name: the highest of them, and the end of the last. */
function mergePhases(phases: readonly TruthPhase[]): readonly TruthPhase[] {
  const groups = Map.groupBy(phases, ([phase, step]) => `${phase} ${step}`);
  return [...groups.values()].flatMap((some) => {
    const last = some.at(-1);
    if (!last) return [];
    const [phase, step, , , endRequested, endAllocated] = last;
    const high = (index: 2 | 3) => Math.max(...some.map((one) => one[index]));
    return [[phase, step, high(2), high(3), endRequested, endAllocated] as const];
  });
}

function findPhase(budget: TierBudget, phase: string, step: number | null) {
  const found = budget.timeline.find(
    (row) =>
      row.phase === phase &&
      (step === null || row.step === null || (row.step <= step && step <= (row.lastStep ?? step))),
  );
  if (!found) throw new Failure('bad_input', `no phase ${phase} is predicted`, 'See the timeline.');
  return found;
}

function tensorBytes({ reserve = 0, context = 0, ...tensors }: ComponentBytes): number {
  return Object.values(tensors).reduce((sum, bytes) => sum + bytes, 0);
}

const percent = (value: number) =>
  `${value >= 0 ? '+' : '-'}${(100 * Math.abs(value)).toFixed(2)}%`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Row {
  readonly row: string;
  readonly steps: number;
  readonly median: number;
  readonly worst: Compared;
  /** Steps with a phase whose highest moment or end is more than 2% off. */
  readonly phasesOff: number;
}

export function summarize(compared: readonly Compared[]): readonly Row[] {
  const known = compared.filter(({ peak }) => peak !== undefined);
  return [...Map.groupBy(known, ({ row }) => row)]
    .map(([row, some]) => ({
      row,
      steps: some.length,
      median: median(some.map(({ peak }) => Math.abs(peak ?? 0))),
      worst: some.reduce((a, b) => (Math.abs(b.peak ?? 0) > Math.abs(a.peak ?? 0) ? b : a)),
      phasesOff: some.filter((one) => worstPhase(one) > 0.02).length,
    }))
    .sort((a, b) => a.row.localeCompare(b.row));
}

/** Largest error of any phase, at its highest or at its end. */
export function worstPhase({ phases = [] }: Compared): number {
  return Math.max(0, ...phases.flatMap(({ high, end }) => [Math.abs(high), Math.abs(end)]));
}

export function report(
  compared: readonly Compared[],
  versions: Figures['versions'],
  detailed: boolean,
): string {
  const lines = [
    `truth: ${
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ') || 'none'
    }`,
    '',
    `${'allocated peak'.padEnd(36)} ${'steps'.padStart(5)} ${'median'.padStart(8)} ${'worst'.padStart(8)}  phases off by 2%`,
    ...summarize(compared).map(
      ({ row, steps, median: middle, worst, phasesOff }) =>
        `${row.padEnd(36)} ${String(steps).padStart(5)} ${(100 * middle).toFixed(2).padStart(7)}% ${percent(worst.peak ?? 0).padStart(8)}  ${String(phasesOff).padStart(4)}   ${worst.step.id}`,
    ),
  ];
  const off = compared
    .filter((one) => detailed || Math.abs(one.peak ?? 0) > 0.01)
    .sort((a, b) => Math.abs(b.peak ?? 0) - Math.abs(a.peak ?? 0));
  if (off.length > 0) lines.push('', detailed ? 'step by step:' : 'off by more than 1%:');
  for (const one of off) {
    if (one.peak === undefined) continue;
    lines.push(`  ${percent(one.peak).padStart(8)}  ${one.step.id}`);
    if (detailed)
      for (const { phase, high, end } of one.phases ?? [])
        lines.push(
          `${' '.repeat(14)}${phase.padEnd(12)} high ${percent(high).padStart(8)}  end ${percent(end).padStart(8)}`,
        );
  }
  const left = compared.filter(({ reason }) => reason !== undefined);
  if (left.length > 0) {
    lines.push('', `${left.length} of ${compared.length} steps not compared:`);
    for (const [reason, some] of Map.groupBy(left, ({ reason: why }) => why))
      lines.push(
        `  ${String(some.length).padStart(4)}  ${reason}: ${some
          .slice(0, 6)
          .map(({ step }) => step.id)
          .join(', ')}${some.length > 6 ? ', …' : ''}`,
      );
  }
  return lines.join('\n');
}
