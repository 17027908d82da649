/**
 * A session's samples as Parquet, which pandas, DuckDB, Polars and Spark read by column: a row a sample or gap, as in CSV.
 *
 *     time_us   INT64   microseconds from the start
 *     series    STRING
 *     unit      STRING
 *     value     INT64   in the unit of its series; null for a gap
 *     until_us  INT64   end of a gap; null for a sample
 *     absent    STRING  why there is no reading; null for a sample
 *
 * The file tells its session (`plumbline` among its key-value metadata: id, name, startedAt, durationUs). Rows leave a
 * group at a time, so that a long session never stands in memory.
 */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { samplePages } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { readSession } from '../store/session-data';
import type { SessionReader } from '../store/session-file';
import type { ExportFormat } from './protocol';

export const parquet: ExportFormat<'session'> = {
  id: 'parquet',
  label: 'Parquet',
  source: 'session',
  endings: ['parquet'],
  mimeType: 'application/vnd.apache.parquet',
  isText: false,
  isForPeople: false,
  render: (reader) => ({ fileName: `${reader.id}.parquet`, contents: filePieces(reader) }),
};

/** Rows of one series that lie together; a group is read and written as a whole. */
interface Rows {
  readonly times: readonly number[] | Float64Array;
  readonly values: readonly number[] | Float64Array | null;
  readonly ends: readonly number[] | null;
  readonly reasons: readonly string[] | null;
}

function* filePieces(reader: SessionReader): Iterable<Uint8Array> {
  const { id, name, startedAt, durationUs, series } = readSession(reader);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: columns('', '', NO_ROWS) }),
    kvMetadata: [{ key: 'plumbline', value: JSON.stringify({ id, name, startedAt, durationUs }) }],
    createdBy: 'plumbline',
  });
  // What is written is taken out, while the places in the file go on counting.
  const take = () => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  for (const one of series)
    for (const rows of rowGroups(one)) {
      writer.write({ columnData: columns(one.info.id, one.info.unit, rows) });
      yield take();
    }
  writer.finish();
  yield take();
}

const NO_ROWS: Rows = { times: [], values: [], ends: null, reasons: null };

function* rowGroups(data: SeriesData): Iterable<Rows> {
  for (const { times, values } of samplePages(data))
    yield { times, values, ends: null, reasons: null };
  const { gaps } = data;
  if (gaps.length > 0)
    yield {
      times: gaps.map(({ t0 }) => t0),
      values: null,
      ends: gaps.map(({ t1 }) => t1),
      reasons: gaps.map(({ reason }) => reason),
    };
}

function columns(series: string, unit: string, { times, values, ends, reasons }: Rows) {
  const rows = times.length;
  const whole = (column: readonly number[] | Float64Array | null) =>
    column === null ? new Array<null>(rows).fill(null) : Array.from(column, BigInt);
  const column = (name: string, type: 'INT64' | 'STRING', data: unknown[], nullable: boolean) => ({
    name,
    type,
    data,
    nullable,
  });
  return [
    column('time_us', 'INT64', whole(times), false),
    column('series', 'STRING', new Array<string>(rows).fill(series), false),
    column('unit', 'STRING', new Array<string>(rows).fill(unit), false),
    column('value', 'INT64', whole(values), true),
    column('until_us', 'INT64', whole(ends), true),
    column(
      'absent',
      'STRING',
      reasons === null ? new Array<null>(rows).fill(null) : [...reasons],
      true,
    ),
  ];
}
