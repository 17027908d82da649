/**
 * Predictions beside published measurements: every row of a file that Plumbline can predict, with its error, and how
 * many it cannot and why. Without an argument the file is resources/published/measurements.json.
 */
import { readFileSync } from 'node:fs';
import { Failure } from '../../src/shared/base/failure';
import { type PublishedRow, rowsOf } from './published-row';
import { predict } from './published-rows';

export interface Comparison {
  readonly row: PublishedRow;
  readonly kind: string;
  readonly predicted: number;
  /** Predicted over measured, less one. */
  readonly error: number;
}

/** A row that a bound is known for, which says nothing of where below or above it the figure lies. */
export interface Bounded {
  readonly row: PublishedRow;
  readonly bound: number;
  /** A time is at least the bound, a rate at most. */
  readonly holds: boolean;
}

/** A row Plumbline says nothing to, and why. */
export interface Uncovered {
  readonly row: PublishedRow;
  readonly reason: string;
}

export function compare(rows: readonly PublishedRow[]): {
  readonly covered: readonly Comparison[];
  readonly bounded: readonly Bounded[];
  readonly left: readonly Uncovered[];
} {
  const covered: Comparison[] = [];
  const bounded: Bounded[] = [];
  const left: Uncovered[] = [];
  for (const row of rows) {
    const found = predictionOf(row);
    if ('reason' in found) left.push({ row, reason: found.reason });
    else if (found.isBound)
      bounded.push({
        row,
        bound: found.predicted,
        holds: isTime(row.unit) ? row.value >= found.predicted : row.value <= found.predicted,
      });
    else
      covered.push({
        row,
        kind: found.kind,
        predicted: found.predicted,
        error: found.predicted / row.value - 1,
      });
  }
  return { covered, bounded, left };
}

function isTime(unit: string): boolean {
  return /^(ms|s|us|µs|seconds)$/.test(unit);
}

/** What no run can be is said like everything else that keeps a row out. */
function predictionOf(row: PublishedRow): ReturnType<typeof predict> {
  try {
    const found = predict(row);
    if ('predicted' in found && !Number.isFinite(found.predicted))
      return { reason: 'its configuration lacks what the prediction needs' };
    return found;
  } catch (error) {
    // The file is other people's: a row that no reading expects is told, and the others go on.
    return {
      reason:
        error instanceof Failure ? error.message : `it cannot be read as a run: ${String(error)}`,
    };
  }
}

function percent(value: number): string {
  return `${value >= 0 ? '+' : ''}${(100 * value).toFixed(2)}%`;
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function main(path: string): void {
  const rows = rowsOf(JSON.parse(readFileSync(path, 'utf8')));
  const { covered, bounded, left } = compare(rows);
  console.log(
    `${'row'.padEnd(36)} ${'kind'.padEnd(26)} ${'measured'.padStart(16)} ${'predicted'.padStart(16)} ${'unit'.padEnd(14)} ${'error'.padStart(9)}`,
  );
  for (const { row, predicted, error, kind } of covered) {
    console.log(
      `${row.id.padEnd(36)} ${kind.padEnd(26)} ${String(row.value).padStart(16)} ${predicted.toFixed(row.value >= 1e5 ? 0 : 2).padStart(16)} ${row.unit.slice(0, 14).padEnd(14)} ${percent(error).padStart(9)}`,
    );
  }
  if (bounded.length > 0)
    console.log('\nbounds, which predict nothing: measured, at most or at least');
  for (const { row, bound, holds } of bounded)
    console.log(
      `${row.id.padEnd(36)} ${String(row.value).padStart(12)} ${bound.toFixed(2).padStart(12)} ${row.unit.slice(0, 14).padEnd(14)} ${holds ? 'holds' : 'BROKEN'}`,
    );
  console.log(
    `\n${covered.length} of ${rows.length} rows predicted, ${bounded.length} bounded; ${left.length} not:`,
  );
  const reasons = Map.groupBy(left, ({ reason }) => reason);
  for (const [reason, some] of [...reasons].sort((a, b) => b[1].length - a[1].length)) {
    console.log(
      `  ${String(some.length).padStart(4)}  ${reason}\n        ${some.map(({ row }) => row.id).join(', ')}`,
    );
  }
  console.log('\nabsolute error by kind: rows, median, worst');
  for (const [kind, some] of Map.groupBy(covered, (one) => one.kind)) {
    const errors = some.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
    const worst = some.find(({ error }) => Math.abs(error) === errors.at(-1))!;
    console.log(
      `  ${kind.padEnd(26)} ${String(some.length).padStart(3)}  ${(100 * median(errors)).toFixed(2).padStart(6)}%  ${(100 * errors.at(-1)!).toFixed(2).padStart(6)}%  ${worst.row.id}`,
    );
  }
}

if (process.env.VITEST === undefined)
  main(process.argv[2] ?? 'resources/published/measurements.json');
