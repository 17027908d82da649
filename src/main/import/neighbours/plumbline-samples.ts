/**
 * What Plumbline itself exports as CSV, JSON Lines and JSON with samples, read again: every sample and every gap where
 * it was. Times count from the start of the session, so the axis begins at 0.
 */
import { isRecord } from '../../../shared/base/json';
import { ABSENT_REASONS, type AbsentReason } from '../../../shared/base/vocabulary';
import { metricIn } from '../../../shared/trace/series-ids';
import type { SeriesInfo, Unit } from '../../../shared/trace/types';
import type { ImportFormat, JsonFormat, JsonItem } from '../protocol';
import type { TraceBuilder } from '../trace';

const KIND = 'plumbline-samples';
const CSV_HEADER = 'time_us,series,unit,value,until_us,absent';
const UNITS: readonly Unit[] = [
  'bytes',
  'milliwatts',
  'millipercent',
  'millicelsius',
  'hertz',
  'bytes_per_second',
  'microseconds',
  'count',
];
const SERIES_ID = /^[A-Za-z][\w.-]{0,99}$/;

/** What an export tells of a series: its id and its unit; null where they are not such. */
function describeExported(id: unknown, unit: unknown): SeriesInfo | null {
  const known = UNITS.find((each) => each === unit);
  if (typeof id !== 'string' || !SERIES_ID.test(id) || known === undefined) return null;
  return { id, source: KIND, metric: metricIn(id), unit: known, windowUs: null, intervalUs: null };
}

/** Puts what is told of one moment or one gap into the trace; what cannot be is told as a warning. */
export class ExportedRows {
  readonly #trace: TraceBuilder;
  readonly #known = new Map<string, SeriesInfo>();

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
    trace.originUs = 0;
  }

  info(id: unknown, unit: unknown): SeriesInfo | null {
    const found = this.#known.get(`${id} ${unit}`) ?? describeExported(id, unit);
    if (found === null) this.#trace.warn('Rows that name no series and unit were left out.');
    else if (!this.#known.has(`${id} ${unit}`)) {
      this.#known.set(`${id} ${unit}`, found);
      const index = /^gpu(\d{1,4})\./.exec(found.id)?.[1];
      if (index !== undefined) this.#trace.gpu({ index: Number(index) });
    }
    return found;
  }

  sample(info: SeriesInfo | null, t: unknown, value: unknown): void {
    if (info === null) return;
    if (typeof t === 'number' && typeof value === 'number') this.#trace.point(info, t, value);
    else this.#trace.warn('Rows without a time and a value were left out.');
  }

  gap(info: SeriesInfo | null, t0: unknown, t1: unknown, absent: unknown): void {
    if (info === null) return;
    const reason = ABSENT_REASONS.find((each): each is AbsentReason => each === absent);
    if (typeof t0 === 'number' && typeof t1 === 'number' && reason && t1 >= t0)
      this.#trace.gap(info, { t0, t1, reason });
    else this.#trace.warn('Gaps without a beginning, an end and a reason were left out.');
  }
}

export const plumblineCsv: ImportFormat = {
  kind: KIND,
  recognizes: ({ lines }) => lines[0] === CSV_HEADER,
  open(trace) {
    const rows = new ExportedRows(trace);
    return {
      line(text, complete) {
        if (text === CSV_HEADER || text === '') return;
        const [t, id, unit, value = '', until, absent = ''] = text.split(',');
        if (!complete) trace.warn('The last row is cut off and was left out.');
        else if (absent === '') rows.sample(rows.info(id, unit), toNumber(t), toNumber(value));
        else rows.gap(rows.info(id, unit), toNumber(t), toNumber(until), absent);
      },
      end() {},
    };
  },
};

const toNumber = (cell: string | undefined): number | null =>
  cell === undefined || !/^-?\d+$/.test(cell) ? null : Number(cell);

/** JSON Lines, or the document with samples, whose traces are its last field. */
export const plumblineJson: JsonFormat = {
  kind: KIND,
  recognizes: ({ text }) =>
    /^\s*\{"t":\d+,"series":"/.test(text) ||
    /^\{\n {2}"id": ".*",\n {2}"name": ".*",\n {2}"status": "/.test(text),
  open(trace) {
    const rows = new ExportedRows(trace);
    let line = new Map<string | null, unknown>();
    return {
      item(item) {
        if (item.key === 'traces') readTrace(rows, item.value);
        else if (item.key === 'startedAt') trace.epochUs = toEpoch(item) ?? trace.epochUs;
        else if (item.key !== null && LINE_FIELDS.has(item.key)) line.set(item.key, item.value);
      },
      document() {
        const info = line.has('t') ? rows.info(line.get('series'), line.get('unit')) : null;
        if (line.has('absent'))
          rows.gap(info, line.get('t'), line.get('until'), line.get('absent'));
        else if (line.has('value')) rows.sample(info, line.get('t'), line.get('value'));
        line = new Map();
      },
      end() {},
    };
  },
};

const LINE_FIELDS: ReadonlySet<string> = new Set([
  't',
  'series',
  'unit',
  'value',
  'until',
  'absent',
]);

function toEpoch({ value }: JsonItem): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms * 1000;
}

function readTrace(rows: ExportedRows, value: unknown): void {
  if (!isRecord(value)) return;
  const info = rows.info(value.id, value.unit);
  const { times, values, gaps } = value;
  if (Array.isArray(times) && Array.isArray(values))
    for (const [i, t] of times.entries()) rows.sample(info, t, values[i]);
  if (Array.isArray(gaps))
    for (const gap of gaps) if (isRecord(gap)) rows.gap(info, gap.t0, gap.t1, gap.reason);
}
