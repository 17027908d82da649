/**
 * What the present format has and older ones have not, as views of one connection: whatever reads a session asks the
 * same of every format, and nothing is written into the file. Where rows had no checksum, `crc` says so.
 */
import { UNCHECKED } from './row-checks';
import { IN_TIME } from './time-limit';

const unchecked = (table: string, columns: string): string =>
  `CREATE TEMP VIEW ${table} AS SELECT ${columns}, ${UNCHECKED} AS crc FROM main.${table};`;

const SHARED = [
  unchecked('meta', 'key, value'),
  unchecked('series', 'key, id, info'),
  unchecked('marker', 'seq, t, value'),
  unchecked('log', 'seq, t, stream, text'),
  unchecked('note', 'seq, t, text, created'),
  unchecked('warning', 'seq, text'),
];

const VIEWS: Readonly<Record<number, readonly string[]>> = {
  1: [
    ...SHARED,
    `CREATE TEMP VIEW gap AS SELECT row_number() OVER (ORDER BY t0, series) AS seq, series, t0, t1, reason, ${UNCHECKED} AS crc FROM main.gap WHERE ${IN_TIME};`,
    `CREATE TEMP VIEW phase AS SELECT 0 AS seq, 0 AS t0, 0 AS t1, '' AS value, ${UNCHECKED} AS crc WHERE 0;`,
  ],
  2: [
    ...SHARED,
    unchecked('gap', 'seq, series, t0, t1, reason'),
    unchecked('phase', 'seq, t0, t1, value'),
  ],
};

/** Statements that lay them over the tables of the file; empty for the present format. */
export const olderFormatViews = (version: number): string => (VIEWS[version] ?? []).join('\n');
