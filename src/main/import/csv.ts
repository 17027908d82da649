/**
 * `--query-gpu … --format=csv` and the logs made of it: with or without header and units, of one GPU or several, with
 * times before rows or in them, with error sentences, foreign lines and cut rows in between.
 */
import type { Reading } from '../../shared/base/vocabulary';
import { firstLine } from '../nvidia-smi-format/error-text';
import { absentReason, parseQuantity, splitRow } from '../nvidia-smi-format/query-csv';
import { classifyCell } from './cells';
import { type CsvColumn, isProcessHeader, parseHeaderColumns, type Role } from './csv-columns';
import { inferColumns, meaningWords } from './csv-inference';
import { candidateLines, findHeader, looksCut, usualWidth, withCommas } from './csv-lines';
import { noteError } from './error';
import type { GpuIdentity } from './imported-trace';
import { metric } from './metrics';
import type { Head, ImportFormat, LineSink, ReadOptions } from './protocol';
import { Rounds, type SeenRow } from './rounds';
import { RowClock } from './row-clock';
import { parseAnyStamp, parseStampLine, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';
import { Turns } from './turns';

const SHOWN_FOREIGN = 3;
/** What a row is of: a piece of it would be another's. */
const KEYS: ReadonlySet<Role> = new Set([
  'timestamp',
  'date',
  'elapsed',
  'index',
  'uuid',
  'busId',
  'name',
]);

export const csv: ImportFormat = {
  kind: 'csv',
  recognizes(head) {
    const lines = candidateLines(head);
    if (lines.length === 0) return false;
    const header = findHeader(lines);
    if (header?.some(({ role }) => role !== 'other' && role !== 'unnamed')) return true;
    const width = usualWidth(lines);
    const rows = lines.filter((line) => line.split(',').length === width);
    return rows.length >= lines.length / 2 && rows.every(isMostlyValues);
  },
  open: (trace, head, options) => new CsvReader(trace, head, options),
};

function isMostlyValues(line: string): boolean {
  const cells = line.split(',').map((cell) => cell.trim());
  // An empty cell is an absence in a table that is known, but no sign of one.
  const values = cells.filter((cell) => cell !== '' && classifyCell(cell) !== 'text');
  return values.length >= Math.max(1, cells.length / 2);
}

export class CsvReader implements LineSink {
  readonly #trace: TraceBuilder;
  readonly #head: Head;
  readonly #options: ReadOptions;
  readonly #hasHeader: boolean;
  #columns: readonly CsvColumn[] | null = null;
  #names: readonly string[] = [];
  #headerLine = '';
  #clock: RowClock | null = null;
  #rounds: Rounds | null = null;
  /** A header or a time stood by itself before the next row. */
  #isRoundFirst = false;
  #identified = false;
  /** GPUs are told apart by what their rows say of them; in the order of their first rows. */
  #isMarked = false;
  readonly #marks: string[] = [];
  #shown = 0;
  #foreign = 0;
  #lastRow: readonly string[] | null = null;
  readonly #turns = new Turns();

  constructor(trace: TraceBuilder, head: Head, options: ReadOptions) {
    this.#trace = trace;
    this.#head = head;
    this.#options = options;
    this.#hasHeader = findHeader(candidateLines(head)) !== undefined;
    if (options.columns) this.#use(parseHeaderColumns(options.columns.join(',')) ?? []);
  }

  line(raw: string, complete: boolean): void {
    const line = withCommas(raw.trim());
    if (line === '') return;
    if (this.#isHeading(line)) {
      this.#isRoundFirst = true;
      return;
    }
    // Nearly all rows begin with a digit, and no sentence does.
    if (!/^\d/.test(line) && this.#sentence(line)) return;
    if (this.#columns === null && this.#hasHeader) {
      this.#reject(line, complete);
      return;
    }
    if (this.#columns === null) this.#infer();
    const cells = this.#split(line);
    const isTimed = this.#clock !== null && this.#clock.unreadable === null;
    const stamp = cells === null || !isTimed ? null : (this.#clock?.read(cells) ?? null);
    if (cells === null || cells.length === 0 || (isTimed && stamp === null))
      this.#reject(line, complete);
    else this.#row(cells, stamp, complete);
  }

  end(): void {
    this.#endRounds();
    const guessed = this.#rounds?.guessed ?? 0;
    if (guessed > 0)
      this.#trace.warn(
        `${guessed} rows of incomplete rounds are taken as those of the first GPUs of their round.`,
      );
    if (this.#foreign > SHOWN_FOREIGN)
      this.#trace.warn(`${this.#foreign} lines in all are no rows of the table and were left out.`);
  }

  #endRounds(): void {
    for (const { identity, stamp, payload } of this.#rounds?.end() ?? [])
      this.#emit(identity, stamp, payload);
  }

  /** A header, or a time by itself, which is that of the rows after it. */
  #isHeading(line: string): boolean {
    if (line === this.#headerLine) return true;
    if (!/^\d/.test(line) && this.#header(line)) return true;
    const stamp = this.#names.length === 1 ? null : parseStampLine(line);
    if (stamp) this.#trace.moment = stamp;
    return stamp !== null;
  }

  #sentence(line: string): boolean {
    return line.split(',').length !== this.#names.length && noteError(this.#trace, line);
  }

  #header(line: string): boolean {
    const columns = parseHeaderColumns(line);
    if (columns === null || this.#options.columns) return columns !== null;
    this.#headerLine = line;
    this.#use(columns);
    const unnamed = columns.filter(({ role }) => role === 'unnamed').map(({ label }) => label);
    if (unnamed.length > 0)
      this.#trace.warn(`These columns are not known and were left out: ${unnamed.join(', ')}.`);
    return true;
  }

  /** Without a header: by the rows in the head that have the usual number of cells. */
  #infer(): void {
    const lines = candidateLines(this.#head);
    const width = usualWidth(lines);
    const columns = inferColumns(
      lines
        .map((each) => each.split(',').map((cell) => cell.trim()))
        .filter((row) => row.length === width),
    );
    this.#use(columns);
    const taken = columns
      .filter(({ role }) => role !== 'unnamed')
      .map((column) => `${column.label} as ${meaningWords(column)}`);
    const unnamed = columns.filter(({ role }) => role === 'unnamed').map(({ label }) => label);
    this.#trace.warn(
      `The file has no header.${taken.length > 0 ? ` Columns were taken by their shape: ${taken.join(', ')}.` : ''}` +
        `${unnamed.length > 0 ? ` These could not be named: ${unnamed.join(', ')}.` : ''} Name them all with --columns.`,
    );
  }

  #use(columns: readonly CsvColumn[]): void {
    this.#endRounds();
    this.#columns = preferredIndex(columns, this.#head);
    this.#names = columns.map(({ role, label }) => (role === 'name' ? 'name' : label));
    this.#identified = this.#columns.some(
      ({ role }) => role === 'index' || role === 'uuid' || role === 'busId',
    );
    const rows = candidateLines(this.#head).filter((line) => parseHeaderColumns(line) === null);
    this.#clock = null;
    const cells = rows.flatMap((line) => [this.#split(line)].filter((row) => row !== null));
    this.#clock = RowClock.detect(this.#columns, cells);
    if (this.#clock?.unreadable != null)
      this.#trace.warn(
        `The times in the column "${this.#clock.unreadable}" are not understood; rows are kept in their order.`,
      );
    this.#tellApart();
  }

  /** How rows that name no GPU are given to one: by their place in a round, or by what they say of it. */
  #tellApart(): void {
    const rows = this.#identified ? [] : this.#seeRows();
    this.#rounds = Rounds.detect(rows);
    this.#isMarked = this.#rounds === null && new Set(rows.map(({ mark }) => mark)).size > 1;
    if (this.#rounds)
      this.#trace.warn(
        `The rows do not say which GPU they are of. ${this.#rounds.size} rows share each moment; GPUs are told apart by their order in it.`,
      );
    else if (this.#isMarked)
      this.#trace.warn(
        'The rows do not say which GPU they are of. GPUs are told apart by their name and memory; those that are alike are taken as one.',
      );
  }

  /** The rows in the head as far as they tell rounds apart. */
  #seeRows(): readonly SeenRow[] {
    let isFirst = false;
    let hasHeader = false;
    return this.#head.lines.flatMap((raw): SeenRow[] => {
      const line = withCommas(raw);
      const isHeader = parseHeaderColumns(line) !== null;
      // Of a header only its coming again tells anything.
      if (parseStampLine(line) !== null || (isHeader && hasHeader)) isFirst = true;
      hasHeader ||= isHeader;
      const cells = isHeader ? null : this.#split(line);
      if (cells === null) return [];
      const row = { stamp: this.#clock?.read(cells) ?? null, isFirst, mark: this.#mark(cells) };
      isFirst = false;
      return this.#clock && row.stamp === null && this.#clock.unreadable === null ? [] : [row];
    });
  }

  /** What a row tells of its GPU that may tell it from others. */
  #mark(cells: readonly string[]): string {
    const { name = '', memoryBytes = '' } = this.#identity(cells);
    return `${name} ${memoryBytes}`;
  }

  /**
   * The cells of a row; null where it cannot be one. The fraction of a second behind a comma belongs to its time, and a
   * second time beside the first is a logger's. A name may hold commas, but begins with no value.
   */
  #split(line: string): readonly string[] | null {
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length === this.#names.length) return cells;
    const at = this.#columns?.findIndex(({ role }) => role === 'timestamp') ?? -1;
    if (cells.length === this.#names.length + 1 && at >= 0) {
      const [time = '', next = ''] = cells.slice(at, at + 2);
      const joined = `${time}.${next}`;
      if (/^\d/.test(next) && parseAnyStamp(joined) !== null) return cells.toSpliced(at, 2, joined);
      if (parseAnyStamp(time) !== null && parseAnyStamp(next) !== null)
        return cells.toSpliced(at + 1, 1);
    }
    const named = splitRow(line, this.#names);
    const name = named?.[this.#names.indexOf('name')];
    return name === undefined || classifyCell(name.split(',')[0] ?? '') === 'text' ? named : null;
  }

  #row(given: readonly string[], stamp: Stamp | null, complete: boolean): void {
    const cut = complete ? false : this.#looksCut(given.at(-1) ?? '');
    if (cut === true) {
      this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    if (cut === 'perhaps')
      this.#trace.warn(
        'The last row does not end in a newline; its last cell may be cut off and was left out.',
      );
    const cells = cut === 'perhaps' ? given.with(-1, '') : given;
    this.#lastRow = cells;
    const printed = this.#identity(cells);
    const identity = this.#assign(printed, cells);
    const isFirst = this.#isRoundFirst;
    this.#isRoundFirst = false;
    const at = stamp ?? this.#trace.moment;
    if (this.#rounds === null) this.#emit(identity, at, cells);
    else
      for (const row of this.#rounds.push({ identity, stamp: at, payload: cells }, isFirst))
        this.#emit(row.identity, row.stamp, row.payload);
  }

  /** Of the last cell of a file that does not end in a newline. */
  #looksCut(cell: string): boolean | 'perhaps' {
    const above = this.#lastRow?.at(-1);
    const role = this.#columns?.at(-1)?.role ?? 'other';
    if (!KEYS.has(role)) return looksCut(cell, above);
    return role === 'index' || cell.length < (above?.length ?? Number.POSITIVE_INFINITY);
  }

  /** The GPU a row is of, as far as the row itself tells. */
  #assign(printed: GpuIdentity, cells: readonly string[]): GpuIdentity {
    if (this.#identified) return this.#turns.assign(printed);
    if (!this.#isMarked) return printed;
    const mark = this.#mark(cells);
    if (!this.#marks.includes(mark)) this.#marks.push(mark);
    return { ...printed, index: this.#marks.indexOf(mark) };
  }

  #emit(identity: GpuIdentity, stamp: Stamp | null, cells: readonly string[]): void {
    const readings = new Map<string, Reading>();
    this.#columns?.forEach(({ role, field, unit, label }, i) => {
      const cell = cells[i] ?? '';
      if (role === 'metric') {
        const reading = parseQuantity(cell, metric(field).unit, unit);
        if (reading.kind === 'absent') this.#trace.absent(reading.reason);
        // The same metric twice, in other units perhaps: the first that has a value counts.
        if (readings.get(field)?.kind !== 'ok') readings.set(field, reading);
        return;
      }
      const reason = label === '' ? null : absentReason(cell);
      if (reason !== null) this.#trace.absent(reason);
      else if (role === 'driver') this.#trace.driver ??= cell;
    });
    this.#trace.row(identity, stamp, [...readings]);
  }

  #identity(cells: readonly string[]): GpuIdentity {
    const identity: { -readonly [K in keyof GpuIdentity]: GpuIdentity[K] } = {};
    this.#columns?.forEach(({ role, unit }, i) => {
      const cell = cells[i] ?? '';
      if (absentReason(cell) !== null) return;
      if (role === 'index') {
        if (/^\d{1,4}$/.test(cell)) identity.index = Number(cell);
        else identity.name ??= cell;
      }
      if (role === 'uuid') identity.uuid = cell;
      if (role === 'busId') identity.busId = cell;
      if (role === 'name') identity.name = cell;
      if (role === 'memoryTotal') {
        const total = parseQuantity(cell, 'bytes', unit);
        if (total.kind === 'ok') identity.memoryBytes = total.value;
      }
    });
    return identity;
  }

  #reject(line: string, complete: boolean): void {
    if (!complete) {
      this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    if (isProcessHeader(line)) return;
    this.#foreign++;
    if (this.#shown++ < SHOWN_FOREIGN)
      this.#trace.warn(
        `A line that is no row of the table was left out: ${firstLine(line).slice(0, 120)}`,
      );
  }
}

/** Of two columns that could number the GPUs, the one that tells more of them apart; the other one means something else. */
function preferredIndex(columns: readonly CsvColumn[], head: Head): readonly CsvColumn[] {
  const places = columns.flatMap(({ role }, i) => (role === 'index' ? [i] : []));
  if (places.length < 2) return columns;
  const rows = candidateLines(head)
    .slice(1)
    .map((line) => line.split(','))
    .filter((row) => row.length === columns.length);
  const distinct = (i: number) => new Set(rows.map((row) => row[i]!.trim())).size;
  const best = places.reduce((a, b) =>
    distinct(b) > distinct(a) || (distinct(b) === distinct(a) && columns[b]!.label === 'index')
      ? b
      : a,
  );
  return columns.map((column, i) =>
    column.role === 'index' && i !== best ? { ...column, role: 'other' } : column,
  );
}
