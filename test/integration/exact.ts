/** What the budget says of every memory marker of a run, and how a run of the workload is held to it. */
import { expect } from 'vitest';
import { RunningDigest } from '../../src/shared/base/running-digest';
import { tfjsBudget, tfjsTokenBudgets } from '../../src/shared/budget/tfjs';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { type Line, runWorkload, type WorkloadResult } from './workload-process';

interface Expected {
  readonly phase: string;
  readonly step: number | undefined;
  readonly allocated: number;
  readonly components: Readonly<Record<string, number>>;
  readonly peak: number;
  readonly peakComponents: Readonly<Record<string, number>>;
  readonly numBytes: number;
  readonly peakNumBytes: number;
  /** Buffers made since the phase began or was last read, and a digest of the bytes allocated after each. */
  readonly operations: number;
  readonly operationsDigest: number;
}

const FIELDS = [
  'allocated',
  'peak',
  'numBytes',
  'peakNumBytes',
  'operations',
  'operationsDigest',
] as const;
const { count, digest } = new RunningDigest().take();
const NO_OPERATIONS = { operations: count, operationsDigest: digest };

/** What every memory marker of the run must say, in order. */
export function predicted(model: ModelSpec, run: RunSpec): Expected[] {
  const { timeline } = tfjsBudget(model, run);
  const rowFor = (phase: string, step: number | null): Expected => {
    const row = timeline.find(
      (entry) =>
        entry.phase === phase &&
        (step === null || (entry.step! <= step && step <= entry.lastStep!)),
    )!;
    return {
      phase,
      step: step ?? undefined,
      allocated: row.end,
      components: row.endComponents,
      peak: row.total,
      peakComponents: row.components,
      numBytes: row.frameworkCount.end,
      peakNumBytes: row.frameworkCount.peak,
      operations: row.operations.count,
      operationsDigest: row.operations.digest,
    };
  };
  if (run.mode === 'generate') {
    const tokens = tfjsTokenBudgets(model, run)
      .slice(1)
      .map(
        (token): Expected => ({
          phase: 'decode',
          step: undefined,
          allocated: token.allocated,
          components: token.components,
          peak: token.peak,
          peakComponents: token.peakComponents,
          numBytes: token.frameworkCount.end,
          peakNumBytes: token.frameworkCount.peak,
          operations: token.operations.count,
          operationsDigest: token.operations.digest,
        }),
      );
    return [
      rowFor('load', null),
      rowFor('prefill', null),
      ...tokens,
      // Nothing is made between the last token and the end.
      ...(tokens.length > 0 ? [{ ...rowFor('decode', null), ...NO_OPERATIONS }] : []),
    ];
  }
  const microBatches = Array.from({ length: run.gradAccum }, () => ['forward', 'backward']).flat();
  const phases = run.mode === 'infer' ? ['forward'] : [...microBatches, 'optimizer'];
  const steps = Array.from({ length: run.steps }, (_, index) =>
    phases.map((phase) => rowFor(phase, index + 1)),
  );
  return [rowFor('load', null), ...steps.flat()];
}

export function measured({ lines }: WorkloadResult): Expected[] {
  return lines
    .filter((line) => line.type === 'memory')
    .map((line: Line) => ({
      phase: line.phase!,
      step: line.step,
      allocated: line.allocated!,
      components: line.components!,
      peak: line.peak!,
      peakComponents: line.peakComponents!,
      numBytes: line.counters!.numBytes!,
      peakNumBytes: line.counters!.peakNumBytes!,
      operations: line.counters!.operations!,
      operationsDigest: line.counters!.operationsDigest!,
    }));
}

/** Phase, step, field and component of the first difference, with both values; null when all is equal. */
function firstDifference(budget: readonly Expected[], ledger: readonly Expected[]): string | null {
  if (budget.length !== ledger.length)
    return `predicted ${budget.length} memory markers, measured ${ledger.length}`;
  for (const [index, want] of budget.entries()) {
    const got = ledger[index]!;
    const place = `${want.phase} step ${want.step} (marker ${index})`;
    if (want.phase !== got.phase || want.step !== got.step)
      return `${place}: measured ${got.phase} step ${got.step}`;
    for (const field of ['components', 'peakComponents'] as const) {
      for (const name of new Set([...Object.keys(want[field]), ...Object.keys(got[field])])) {
        const [a, b] = [want[field][name] ?? 0, got[field][name] ?? 0];
        if (a !== b) return `${place} ${field}.${name}: predicted ${a}, measured ${b}`;
      }
    }
    for (const field of FIELDS) {
      if (want[field] !== got[field])
        return `${place} ${field}: predicted ${want[field]}, measured ${got[field]}`;
    }
  }
  return null;
}

export async function expectExact(
  model: ModelSpec,
  run: RunSpec,
  env: Record<string, string> = {},
): Promise<void> {
  const result = await runWorkload(model, run, env);
  expect(result.code, result.stderr).toBe(0);
  expect(firstDifference(predicted(model, run), measured(result))).toBeNull();
}
