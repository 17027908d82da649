/**
 * The Parquet files that Plumbline exports, read again a row group at a time: series, samples and gaps where they were.
 * The library that takes Parquet apart answers later, so this reader does too.
 *
 * Guarantees: a group that claims more than it may is refused before it is read; a damaged file is refused in a sentence.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { Failure } from '../../../shared/base/failure';
import { type Bytes, MiB } from '../../../shared/base/units';
import type { TraceBuilder } from '../trace';
import { ExportedRows } from './plumbline-samples';

const MAGIC = 'PAR1';
const COLUMNS = ['time_us', 'series', 'unit', 'value', 'until_us', 'absent'];
const MAX_GROUP_ROWS = 2_000_000;
const MAX_GROUP_BYTES: Bytes = 256 * MiB;

export const isParquet = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;

/** Reads the file at `path` into `trace`. Throws a Failure where it is damaged or of another shape. */
export async function readParquet(path: string, name: string, trace: TraceBuilder): Promise<void> {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    const bytes = {
      byteLength: size,
      slice(start: number, end = size): ArrayBuffer {
        const piece = new Uint8Array(Math.max(0, Math.min(end, size) - Math.max(0, start)));
        readSync(file, piece, 0, piece.length, Math.max(0, start));
        return piece.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(bytes);
    checkShape(metadata, name);
    readHeader(metadata, trace);
    const rows = new ExportedRows(trace);
    let from = 0;
    for (const { num_rows: count } of metadata.row_groups) {
      const to = from + Number(count);
      const read = { file: bytes, metadata, columns: COLUMNS, rowStart: from, rowEnd: to };
      for (const row of await parquetReadObjects(read)) takeRow(rows, row);
      from = to;
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      'bad_input',
      `${name} is a damaged Parquet file.`,
      'Export it again: "plumbline export ID --format parquet".',
      error,
    );
  } finally {
    closeSync(file);
  }
}

function checkShape({ schema, row_groups: groups }: FileMetaData, name: string): void {
  const there = new Set(schema.map((element) => element.name));
  if (!COLUMNS.every((column) => there.has(column)))
    throw new Failure(
      'bad_input',
      `${name} is a Parquet file that Plumbline did not write.`,
      `Write it as CSV and import that: python -c "import pandas as p; p.read_parquet('${name.replaceAll(/[^\w.-]/g, '')}').to_csv('gpu.csv', index=False)"`,
    );
  const isTooLarge = groups.some(
    ({ num_rows: rows, columns }) =>
      Number(rows) > MAX_GROUP_ROWS ||
      columns.some(
        ({ meta_data: column }) => Number(column?.total_uncompressed_size ?? 0) > MAX_GROUP_BYTES,
      ),
  );
  if (isTooLarge)
    throw new Failure(
      'bad_input',
      `${name} has row groups of more than ${MAX_GROUP_ROWS} rows.`,
      'Export it again: "plumbline export ID --format parquet".',
    );
}

function readHeader({ key_value_metadata: pairs }: FileMetaData, trace: TraceBuilder): void {
  const told = pairs?.find(({ key }) => key === 'plumbline')?.value;
  const startedAt = /"startedAt":"([^"]{1,40})"/.exec(told ?? '')?.[1];
  const ms = startedAt === undefined ? Number.NaN : Date.parse(startedAt);
  if (!Number.isNaN(ms)) trace.epochUs = ms * 1000;
}

function takeRow(rows: ExportedRows, row: Readonly<Record<string, unknown>>): void {
  const info = rows.info(row.series, row.unit);
  const t = toNumber(row.time_us);
  if (row.absent === null || row.absent === undefined) rows.sample(info, t, toNumber(row.value));
  else rows.gap(info, t, toNumber(row.until_us), row.absent);
}

const toNumber = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
