/**
 * Predictions beside published measurements: every row of a file that Plumbline can predict, with its error, and how
 * many it cannot and why. Without an argument the file is resources/published/measurements.json.
 */
import { readFileSync } from 'node:fs';
import { Failure } from '../../src/shared/failure';
import { predict, type PublishedRow } from './published-rows';

export interface Comparison {
  readonly row: PublishedRow;
  readonly kind: string;
  readonly predicted: number;
  /** Predicted over measured, less one. */
  readonly error: number;
}

export function compare(rows: readonly PublishedRow[]): { covered: Comparison[]; left: Map<string, number> } {
  const covered: Comparison[] = [];
  const left = new Map<string, number>();
  for (const row of rows) {
    let found: ReturnType<typeof predict>;
    try {
      found = predict(row);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      found = { reason: error.message };
    }
    if ('reason' in found) left.set(found.reason, (left.get(found.reason) ?? 0) + 1);
    else covered.push({ row, kind: found.kind, predicted: found.predicted, error: found.predicted / row.value - 1 });
  }
  return { covered, left };
}

function percent(value: number): string {
  return `${value >= 0 ? '+' : ''}${(100 * value).toFixed(2)}%`;
}

function main(path: string): void {
  const rows = JSON.parse(readFileSync(path, 'utf8')) as PublishedRow[];
  const { covered, left } = compare(rows);
  for (const { row, predicted, error, kind } of covered) {
    console.log(`${row.id.padEnd(34)} ${kind.padEnd(22)} ${String(row.value).padStart(16)} ${predicted.toFixed(row.value >= 1e5 ? 0 : 2).padStart(16)} ${row.unit.padEnd(14)} ${percent(error).padStart(9)}`);
  }
  console.log(`\n${covered.length} of ${rows.length} rows covered; ${rows.length - covered.length} not:`);
  for (const [reason, count] of [...left].sort((a, b) => b[1] - a[1])) console.log(`  ${String(count).padStart(4)}  ${reason}`);
  console.log('\nabsolute error by kind: median, worst');
  for (const kind of new Set(covered.map((one) => one.kind))) {
    const errors = covered.filter((one) => one.kind === kind).map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
    const middle = Math.floor(errors.length / 2);
    const median = errors.length % 2 === 1 ? errors[middle]! : (errors[middle - 1]! + errors[middle]!) / 2;
    console.log(`  ${kind.padEnd(22)} ${String(errors.length).padStart(3)} rows  ${(100 * median).toFixed(2)}%  ${(100 * errors.at(-1)!).toFixed(2)}%`);
  }
}

if (process.env.VITEST === undefined) main(process.argv[2] ?? 'resources/published/measurements.json');
