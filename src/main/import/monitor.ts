/** `nvidia-smi dmon` and `pmon`: columns under a header that starts with `#` and comes again every few rows. */
import type { Reading } from '../../shared/base/vocabulary';
import { parseProcessMemory, parseQuantity } from '../nvidia-smi-format/query-csv';
import { noteError } from './error';
import type { FieldReadings } from './imported-trace';
import { metric } from './metrics';
import { findInstance, INSTANCE_COLUMNS, withInstance } from './mig';
import { ProcessSum } from './process-sum';
import type { Head, ImportFormat, LineSink } from './protocol';
import { parseAnyStamp, parseStamp, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

/**
 * dmon's word for a column, and what it is. `fb` is printed in MB and meant in MiB; `rxpci` and `txpci` are in true MB a
 * second; `pclk` is the processor clock.
 */
const DMON: Readonly<Record<string, string>> = {
  pwr: 'power.draw',
  gtemp: 'temperature.gpu',
  temp: 'temperature.gpu',
  mtemp: 'temperature.memory',
  sm: 'utilization.gpu',
  mem: 'utilization.memory',
  enc: 'utilization.encoder',
  dec: 'utilization.decoder',
  mclk: 'clocks.mem',
  pclk: 'clocks.sm',
  fb: 'memory.used',
  rxpci: 'pcie.rx',
  txpci: 'pcie.tx',
};

const parseHeader = (line: string): string[] | null => {
  const words = line
    .trim()
    .toLowerCase()
    .replace(/^#\s*/, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  return line.trim().startsWith('#') && words.includes('gpu') ? words : null;
};
/** Scripts print before they log. */
const HEADER_WITHIN = 20;
const firstHeader = ({ lines }: Head) =>
  lines
    .slice(0, HEADER_WITHIN)
    .map(parseHeader)
    .find((words) => words !== null);

export const dmon: ImportFormat = {
  kind: 'dmon',
  recognizes: (head) => firstHeader(head)?.includes('pid') === false,
  open: (trace) => new MonitorReader(trace),
};

export const pmon: ImportFormat = {
  kind: 'pmon',
  recognizes: (head) => firstHeader(head)?.includes('pid') === true,
  open(trace) {
    trace.warn(
      'pmon lists processes: process.memory is the memory of all of them on a GPU together.',
    );
    return new MonitorReader(trace);
  },
};

/** What dmon prints where the GPU does not report. */
const NOT_REPORTED: Reading = { kind: 'absent', reason: 'not_supported' };

/** A cell of dmon; of a column that feeds no series, whether it holds a value at all. */
function parseCell(cell: string, field: string | undefined): Reading {
  if (cell === '-') return NOT_REPORTED;
  if (field === undefined) return parseQuantity(cell, 'count');
  return parseQuantity(cell, metric(field).unit, field.startsWith('pcie.') ? 'MB/s' : null);
}

class MonitorReader implements LineSink {
  readonly #trace: TraceBuilder;
  #columns: readonly string[] = [];
  #stamp: Stamp | null = null;
  /** By GPU, and within it by instance. */
  #round = new Map<number, Map<string, ProcessSum>>();
  #deviceRound = new Map<number, FieldReadings>();
  #roundKey = '';
  #listed = new Set<string>();
  /** Of the process told last: GPUs come in order within a round. */
  #lastIndex = 0;
  #bad = 0;
  #width = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string, complete: boolean): void {
    if (text.trim() === '') return;
    if (text.trim().startsWith('#')) {
      this.#columns = parseHeader(text) ?? this.#columns;
      this.#width = text.trimEnd().length;
      return;
    }
    if (this.#columns.length === 0) {
      noteError(this.#trace, text);
      return;
    }
    const cells = text.trim().split(/[\s,]+/);
    const gpu = cells[this.#columns.indexOf('gpu')] ?? '';
    const isPmon = this.#columns.includes('pid');
    // Columns are of fixed width: a row shorter than the one above it has lost digits.
    const short = !complete && !isPmon && text.trimEnd().length < this.#width;
    this.#width = text.trimEnd().length;
    if (
      short ||
      !/^\d+$/.test(gpu) ||
      (isPmon ? cells.length < this.#columns.length : cells.length !== this.#columns.length)
    ) {
      if (complete) this.#bad += noteError(this.#trace, text) ? 0 : 1;
      else this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    const stamp = this.#readStamp(cells);
    if (isPmon) this.#process(Number(gpu), stamp, cells);
    else this.#device(Number(gpu), stamp, cells);
  }

  end(): void {
    this.#flush();
    if (this.#bad > 0)
      this.#trace.warn(`${this.#bad} lines are no rows of the table and were left out.`);
  }

  #device(index: number, stamp: Stamp | null, cells: readonly string[]): void {
    const readings = this.#columns.flatMap((column, i): (readonly [string, Reading])[] => {
      const field = Object.hasOwn(DMON, column) ? DMON[column] : undefined;
      const cell = cells[i] ?? '';
      const reading = parseCell(cell, field);
      if (reading.kind === 'absent' && (field !== undefined || cell === '-'))
        this.#trace.absent(reading.reason);
      return field === undefined ? [] : [[field, reading]];
    });
    if (!this.#columns.some((column) => INSTANCE_COLUMNS.includes(column))) {
      this.#trace.row({ index }, stamp, readings);
      return;
    }
    const instance = findInstance(this.#columns, cells);
    this.#turn(`${index} ${instance}`, stamp);
    this.#deviceRound.set(index, [
      ...(this.#deviceRound.get(index) ?? []),
      ...withInstance(instance, readings),
    ]);
  }

  /** One round tells each GPU, instance or process once; its rows are one row of their GPU. */
  #turn(key: string, stamp: Stamp | null): void {
    const time = stamp === null ? '' : String(stamp.us);
    if (this.#listed.has(key) || time !== this.#roundKey) this.#flush();
    this.#roundKey = time;
    this.#stamp = stamp;
    this.#listed.add(key);
  }

  /** One round of pmon is one row per process, and one with dashes where there is none. */
  #process(index: number, stamp: Stamp | null, cells: readonly string[]): void {
    const pid = cells[this.#columns.indexOf('pid')] ?? '';
    const instance = findInstance(this.#columns, cells);
    // A GPU without a process is one row of dashes: a process beside it is of another round.
    const idle = `${index} ${instance} -`;
    const isNewRound = this.#listed.has(idle) || (pid === '-' && this.#round.has(index));
    if (isNewRound || index < this.#lastIndex) this.#flush();
    this.#lastIndex = index;
    this.#turn(`${index} ${instance} ${pid}`, stamp);
    const sums = this.#round.get(index) ?? new Map<string, ProcessSum>();
    this.#round.set(index, sums);
    const round = sums.get(instance) ?? new ProcessSum();
    sums.set(instance, round);
    if (!/^\d+$/.test(pid)) return;
    const at = this.#columns.indexOf('fb');
    const memory =
      at < 0 ? null : parseProcessMemory(cells[at] === '-' ? 'N/A' : (cells[at] ?? ''));
    if (memory?.kind === 'absent') this.#trace.absent(memory.reason);
    round.add(memory);
  }

  #flush(): void {
    const withMemory = this.#columns.includes('fb');
    for (const [index, sums] of this.#round)
      this.#trace.row(
        { index },
        this.#stamp,
        [...sums].flatMap(([instance, processes]) =>
          withInstance(instance, processes.readings(withMemory)),
        ),
      );
    for (const [index, readings] of this.#deviceRound)
      this.#trace.row({ index }, this.#stamp, readings);
    this.#round = new Map();
    this.#deviceRound = new Map();
    this.#listed = new Set();
  }

  /** With `-o DT` each row has a date and a time; with `-o T` the time alone, so that only distances are known. */
  #readStamp(cells: readonly string[]): Stamp | null {
    const time = cells[this.#columns.indexOf('time')];
    if (time === undefined || !/^\d\d:\d\d:\d\d$/.test(time)) return null;
    if (this.#columns.includes('date')) {
      const date = /^(\d{4})[/-]?(\d\d)[/-]?(\d\d)$/.exec(
        cells[this.#columns.indexOf('date')] ?? '',
      );
      return date && parseStamp(`${date[1]}/${date[2]}/${date[3]} ${time}`);
    }
    return parseAnyStamp(time);
  }
}
