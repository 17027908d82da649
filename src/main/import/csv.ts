/**
 * `--query-gpu … --format=csv` and the logs made of it: with or without header and units, of one GPU or several, with
 * error sentences, foreign lines and cut rows in between.
 */
import type { Reading } from '../../shared/base/vocabulary';
import { findSmiError, firstLine } from '../nvidia-smi-format/error-text';
import { absentReason, parseQuantity, splitRow } from '../nvidia-smi-format/query-csv';
import {
  type CsvColumn,
  classifyCell,
  inferColumns,
  isProcessHeader,
  meaningWords,
  parseHeaderColumns,
} from './csv-columns';
import { noteError } from './error';
import type { GpuIdentity } from './imported-trace';
import { metric } from './metrics';
import type { Head, ImportFormat, LineSink, ReadOptions } from './protocol';
import { parseStamp, type Stamp } from './stamps';
import { TickOrder } from './tick-order';
import type { TraceBuilder } from './trace';

const SHOWN_FOREIGN = 3;

export const csv: ImportFormat = {
  kind: 'csv',
  recognizes(head) {
    const lines = candidateLines(head);
    if (lines.length === 0) return false;
    const header = headerIn(lines);
    if (header?.some(({ role }) => role !== 'other' && role !== 'unnamed')) return true;
    const width = usualWidth(lines);
    const rows = lines.filter((line) => line.split(',').length === width);
    return (
      rows.length >= lines.length / 2 &&
      rows.every((line) => {
        const cells = line.split(',').map((cell) => cell.trim());
        // An empty cell is an absence in a table that is known, but no sign of one.
        return (
          cells.filter((cell) => cell !== '' && classifyCell(cell) !== 'text').length >=
          Math.max(1, cells.length / 2)
        );
      })
    );
  },
  open: (trace, head, options) => new CsvReader(trace, head, options),
};

/** Lines of the head that may be rows: what nvidia-smi says of errors is not. */
export function candidateLines(head: Head): string[] {
  return head.lines
    .filter((line) => findSmiError(line) === null && !/^NVML library version/i.test(line))
    .map(withCommas);
}

/** Some loggers write semicolons or tabs, with a comma in their numbers, or quote their cells. */
export function withCommas(line: string): string {
  const bare = line.includes('"') ? line.replaceAll('"', '') : line;
  if (!/[;\t]/.test(bare)) return bare;
  const separator = [';', '\t'].find(
    (each) =>
      bare.split(each).length > 1 &&
      bare.split(each).length >= bare.replaceAll(/\d,\d/g, '').split(',').length,
  );
  if (separator === undefined) return bare;
  return bare.replaceAll(/(\d),(?=\d)/g, '$1.').replaceAll(separator, ',');
}

/** How far into a file its header may be looked for: scripts print before they log. */
const HEADER_WITHIN = 50;
const headerIn = (lines: readonly string[]) =>
  lines
    .slice(0, HEADER_WITHIN)
    .map(parseHeaderColumns)
    .find((columns) => columns !== null);

function usualWidth(lines: readonly string[]): number {
  const counts = new Map<number, number>();
  for (const line of lines.slice(0, 200)) {
    const width = line.split(',').length;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

export class CsvReader implements LineSink {
  readonly #trace: TraceBuilder;
  readonly #head: Head;
  readonly #options: ReadOptions;
  readonly #hasHeader: boolean;
  #columns: readonly CsvColumn[] | null = null;
  #names: readonly string[] = [];
  #headerLine = '';
  #order: TickOrder | null = null;
  #identified = false;
  #shown = 0;
  #foreign = 0;
  #lastRow: readonly string[] | null = null;
  readonly #turns = new Turns();

  constructor(trace: TraceBuilder, head: Head, options: ReadOptions) {
    this.#trace = trace;
    this.#head = head;
    this.#options = options;
    this.#hasHeader = headerIn(candidateLines(head)) !== undefined;
    if (options.columns) this.#use(parseHeaderColumns(options.columns.join(',')) ?? []);
  }

  line(raw: string, complete: boolean): void {
    const line = withCommas(raw.trim());
    if (line === '') return;
    // Nearly all lines are rows, and nearly all rows begin with a digit: only the others can be anything else.
    if (
      !/^\d/.test(line) &&
      (line === this.#headerLine || this.#sentence(line) || this.#header(line))
    )
      return;
    if (this.#columns === null && this.#hasHeader) {
      this.#reject(line, complete);
      return;
    }
    if (this.#columns === null) this.#infer();
    const cells = splitRow(line, this.#names);
    const stampAt = this.#at('timestamp');
    const stamp = cells !== null && stampAt >= 0 ? parseStamp(cells[stampAt]!) : null;
    if (cells === null || cells.length === 0 || (stampAt >= 0 && stamp === null)) {
      this.#reject(line, complete);
      return;
    }
    this.#row(cells, stamp, complete);
  }

  end(): void {
    for (const { identity, stamp, payload } of this.#order?.end() ?? [])
      this.#emit(identity, stamp, payload);
    const dropped = this.#order?.dropped ?? 0;
    if (dropped > 0)
      this.#trace.warn(
        `${dropped} rows of incomplete rounds could not be given to a GPU and were left out.`,
      );
    if (this.#foreign > SHOWN_FOREIGN)
      this.#trace.warn(`${this.#foreign} lines in all are no rows of the table and were left out.`);
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
    this.#columns = preferredIndex(columns, this.#head);
    this.#names = columns.map(({ role, label }) => (role === 'name' ? 'name' : label));
    this.#identified = this.#columns.some(
      ({ role }) => role === 'index' || role === 'uuid' || role === 'busId',
    );
    const at = this.#at('timestamp');
    this.#order =
      this.#identified || at < 0
        ? null
        : TickOrder.detect(
            candidateLines(this.#head).flatMap(
              (line) => parseStamp(splitRow(line, this.#names)?.[at] ?? '') ?? [],
            ),
          );
    if (this.#order)
      this.#trace.warn(
        `The rows do not say which GPU they are of. ${this.#order.size} rows share each moment; GPUs are told apart by their order in it.`,
      );
  }

  #row(given: readonly string[], stamp: Stamp | null, complete: boolean): void {
    const cut = complete ? false : looksCut(given.at(-1) ?? '', this.#lastRow?.at(-1));
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
    const identity = this.#identified ? this.#turns.assign(printed) : printed;
    if (this.#order === null || stamp === null) {
      this.#emit(identity, stamp, cells);
      return;
    }
    for (const row of this.#order.push(identity, stamp, cells))
      this.#emit(row.identity, row.stamp, row.payload);
  }

  #emit(identity: GpuIdentity, stamp: Stamp | null, cells: readonly string[]): void {
    const readings: (readonly [string, Reading])[] = [];
    this.#columns?.forEach(({ role, field, unit, label }, i) => {
      const cell = cells[i] ?? '';
      if (role === 'metric') {
        const reading = parseQuantity(cell, metric(field).unit, unit);
        if (reading.kind === 'absent') this.#trace.absent(reading.reason);
        readings.push([field, reading]);
        return;
      }
      const reason = label === '' ? null : absentReason(cell);
      if (reason !== null) this.#trace.absent(reason);
      else if (role === 'driver') this.#trace.driver ??= cell;
    });
    this.#trace.row(identity, stamp, readings);
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

  #at(role: CsvColumn['role']): number {
    return this.#columns?.findIndex((column) => column.role === role) ?? -1;
  }
}

/**
 * A GPU that is lost no longer tells its index or uuid, but nvidia-smi goes through the GPUs of each round in one order:
 * a row without a name is of the GPU whose turn it is.
 */
class Turns {
  readonly #gpus: GpuIdentity[] = [];
  readonly #places = new Map<number | string, number>();
  #last = -1;

  /** `identity`, or that of the GPU whose turn it is where it has no name. */
  assign(identity: GpuIdentity): GpuIdentity {
    const name = identity.index ?? identity.uuid ?? identity.busId;
    if (name === undefined) {
      if (this.#gpus.length === 0) return identity;
      this.#last = (this.#last + 1) % this.#gpus.length;
      return this.#gpus[this.#last]!;
    }
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#gpus.push(identity) - 1;
      this.#places.set(name, place);
    }
    this.#last = place;
    return identity;
  }
}

/**
 * Whether the last cell of a line without an end lost something: its unit, or digits that the cell above it has. With
 * no cell above, a bare number may or may not be whole.
 */
export function looksCut(cell: string, above: string | undefined): boolean | 'perhaps' {
  if (absentReason(cell) !== null) return cell === '';
  const bare = /^-?[\d.]+$/.test(cell);
  if (above === undefined || absentReason(above) !== null) return bare ? 'perhaps' : false;
  return classifyCell(cell) !== classifyCell(above) || (bare && cell.length < above.length);
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
