/**
 * What is known of each series of a finished session as a whole, in one document of its file: so that the list of its
 * series costs one row, and not a way through the levels of each. It repeats what the chunks say and carries a checksum
 * of its own; where it is missing (the recorder was killed) or does not match, the chunks are asked.
 */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Summary } from '../../shared/trace/summary';

/** Its key among the documents. */
export const TOTALS = 'totals';

const FIELDS = [
  'count',
  'min',
  'minT',
  'max',
  'maxT',
  'first',
  't0',
  'last',
  't1',
  'sum',
  'integral',
] as const satisfies readonly (keyof Summary)[];

const document = z.object({ crc: z.number(), rows: z.array(z.array(z.number())).max(1_000_000) });

/** By the series' keys; of those that have samples. */
export type Totals = ReadonlyMap<number, Summary>;

export function packTotals(totals: Totals): unknown {
  const rows = Array.from(totals, ([key, summary]) => [
    key,
    ...FIELDS.map((name) => summary[name]),
  ]);
  return { crc: crc32(JSON.stringify(rows)), rows };
}

/** Null where there is none, or none that can be believed. */
export function unpackTotals(stored: unknown): Totals | null {
  const { data } = document.safeParse(stored);
  if (data === undefined || crc32(JSON.stringify(data.rows)) !== data.crc) return null;
  const totals = new Map<number, Summary>();
  for (const [key, ...figures] of data.rows) {
    if (key === undefined || figures.length !== FIELDS.length) return null;
    const named = FIELDS.map((name, i) => [name, figures[i] ?? Number.NaN] as const);
    totals.set(key, Object.fromEntries(named) as Record<(typeof FIELDS)[number], number>);
  }
  return totals;
}
