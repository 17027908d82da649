/**
 * Checksums of what a session holds in rows of text: documents, series, gaps, markers, log lines, phases, notes and
 * warnings (blobs of samples carry their own: see chunk.ts). SQLite has none of its own, so a bit that turned on the
 * disk would otherwise be read as another time, another word, another number.
 *
 * A row's last column is the CRC-32 of all others in their order, as text in UTF-8, joined by line feeds; null is empty.
 */
import { crc32 } from 'node:zlib';

type Column = string | number | null;

/** In place of a checksum where a file's format has none. */
export const UNCHECKED = -1;

export const rowCrc = (...columns: readonly Column[]): number => crc32(columns.join('\n'));

/** The columns with their checksum behind them, as a row is stored. */
export const sealed = (...columns: readonly Column[]): readonly Column[] => [
  ...columns,
  rowCrc(...columns),
];

/** A column that has become a blob is none of these, though its bytes are the same. */
export const isWhole = (crc: number, ...columns: readonly Column[]): boolean =>
  crc === UNCHECKED || (!columns.some(isBlob) && crc === rowCrc(...columns));

const isBlob = (column: unknown): boolean => typeof column === 'object' && column !== null;

/** What is covered, by table. */
const COVERED = {
  meta: ['key', 'value'],
  series: ['key', 'id', 'info'],
  gap: ['seq', 'series', 't0', 't1', 'reason'],
  marker: ['seq', 't', 'value'],
  log: ['seq', 't', 'stream', 'text'],
  phase: ['seq', 't0', 't1', 'value'],
  note: ['seq', 't', 'text', 'created'],
  warning: ['seq', 'text'],
} as const;

export type SealedTable = keyof typeof COVERED;
export const SEALED_TABLES = Object.keys(COVERED) as readonly SealedTable[];

/** Statements on format 3 alone ask for this; older formats are read through views that have it. */
export const selectCovered = (table: SealedTable): string =>
  `SELECT crc, ${COVERED[table].join(', ')} FROM ${table}`;

/** How a part of a session is called in a sentence. */
export const PART_NAMES: Readonly<Record<SealedTable, readonly [one: string, many: string]>> = {
  meta: ['document', 'documents'],
  series: ['description of a series', 'descriptions of series'],
  gap: ['gap', 'gaps'],
  marker: ['marker', 'markers'],
  log: ['line of the log', 'lines of the log'],
  phase: ['phase', 'phases'],
  note: ['note', 'notes'],
  warning: ['warning', 'warnings'],
};
