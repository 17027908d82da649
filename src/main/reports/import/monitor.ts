/** `nvidia-smi dmon` and `pmon`: columns under a header that starts with `#` and comes again every few rows. */
import type { Reading } from '../../../shared/vocabulary';
import { parseQuantity } from '../../telemetry/nvidia-smi/query-csv';
import { metric } from './metrics';
import type { Head, ImportFormat, LineSink } from './protocol';
import { parseStamp, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

/** dmon's word for a column, and what it is. `fb` is printed in MB and meant in MiB; `pclk` is the processor clock. */
const DMON: Readonly<Record<string, string>> = {
  pwr: 'power.draw', gtemp: 'temperature.gpu', temp: 'temperature.gpu', mtemp: 'temperature.memory', sm: 'utilization.gpu', mem: 'utilization.memory',
  enc: 'utilization.encoder', dec: 'utilization.decoder', mclk: 'clocks.mem', pclk: 'clocks.sm', fb: 'memory.used',
};

const headerOf = (line: string): string[] | null => {
  const words = line.trim().toLowerCase().replace(/^#\s*/, '').split(/[\s,]+/).filter((word) => word !== '');
  return line.trim().startsWith('#') && words.includes('gpu') ? words : null;
};
const firstHeader = ({ lines }: Head) => headerOf(lines[0] ?? '');

export const dmon: ImportFormat = {
  kind: 'dmon',
  recognizes: (head) => firstHeader(head)?.includes('pid') === false,
  open: (trace) => new MonitorReader(trace),
};

export const pmon: ImportFormat = {
  kind: 'pmon',
  recognizes: (head) => firstHeader(head)?.includes('pid') === true,
  open(trace) {
    trace.warn('pmon lists processes: process.memory is the memory of all of them on a GPU together.');
    return new MonitorReader(trace);
  },
};

interface GpuRound {
  processes: number;
  memory: Reading | null;
}

class MonitorReader implements LineSink {
  readonly #trace: TraceBuilder;
  #columns: readonly string[] = [];
  #stamp: Stamp | null = null;
  #round = new Map<number, GpuRound>();
  #roundKey = '';
  #listed = new Set<string>();
  #day: string | null = null;
  #bad = 0;
  #width = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  line(text: string, complete: boolean): void {
    if (text.trim() === '') return;
    if (text.trim().startsWith('#')) {
      this.#columns = headerOf(text) ?? this.#columns;
      this.#width = text.trimEnd().length;
      return;
    }
    const cells = text.trim().split(/[\s,]+/);
    const gpu = cells[this.#columns.indexOf('gpu')] ?? '';
    const isPmon = this.#columns.includes('pid');
    // Columns are of fixed width: a row shorter than the one above it has lost digits.
    const short = !complete && !isPmon && text.trimEnd().length < this.#width;
    this.#width = text.trimEnd().length;
    if (short || !/^\d+$/.test(gpu) || (isPmon ? cells.length < this.#columns.length : cells.length !== this.#columns.length)) {
      if (complete) this.#bad++;
      else this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    const stamp = this.#stampOf(cells);
    if (isPmon) this.#process(Number(gpu), stamp, cells);
    else this.#device(Number(gpu), stamp, cells);
  }

  end(): void {
    this.#flush();
    if (this.#bad > 0) this.#trace.warn(`${this.#bad} lines are no rows of the table and were left out.`);
  }

  #device(index: number, stamp: Stamp | null, cells: readonly string[]): void {
    const readings = this.#columns.flatMap((column, i): (readonly [string, Reading])[] => {
      const field = DMON[column];
      return field === undefined ? [] : [[field, reading(cells[i] ?? '', field)]];
    });
    this.#trace.row({ index }, stamp, readings);
  }

  /** One round of pmon is one row per process, and one with dashes where there is none. */
  #process(index: number, stamp: Stamp | null, cells: readonly string[]): void {
    const pid = cells[this.#columns.indexOf('pid')]!;
    const key = stamp === null ? '' : String(stamp.us);
    if (this.#listed.has(`${index} ${pid}`) || key !== this.#roundKey) this.#flush();
    this.#roundKey = key;
    this.#stamp = stamp;
    this.#listed.add(`${index} ${pid}`);
    const round = this.#round.get(index) ?? { processes: 0, memory: null };
    this.#round.set(index, round);
    const at = this.#columns.indexOf('fb');
    if (!/^\d+$/.test(pid)) {
      if (at >= 0) round.memory ??= { kind: 'ok', value: 0 };
      return;
    }
    round.processes++;
    if (at < 0) return;
    const memory = parseQuantity(cells[at] ?? '', 'bytes', 'MiB');
    const sum = round.memory ?? { kind: 'ok', value: 0 };
    round.memory = memory.kind === 'absent' ? { kind: 'absent', reason: 'hidden' } : sum.kind === 'absent' ? sum : { kind: 'ok', value: sum.value + memory.value };
  }

  #flush(): void {
    for (const [index, { processes, memory }] of this.#round) {
      const count = ['process.count', { kind: 'ok', value: processes }] as const;
      this.#trace.row({ index }, this.#stamp, memory === null ? [count] : [count, ['process.memory', memory]]);
    }
    this.#round = new Map();
    this.#listed = new Set();
  }

  /** With `-o DT` each row has a date and a time; with `-o T` the time of a day that is not told. */
  #stampOf(cells: readonly string[]): Stamp | null {
    const time = cells[this.#columns.indexOf('time')];
    if (time === undefined || !/^\d\d:\d\d:\d\d$/.test(time)) return null;
    const date = /^(\d{4})[/-]?(\d\d)[/-]?(\d\d)$/.exec(cells[this.#columns.indexOf('date')] ?? '');
    if (!date) {
      if (this.#day === null) this.#trace.warn('The rows tell the time of day without the date: their times are not used.');
      this.#day = '';
      return null;
    }
    return parseStamp(`${date[1]}/${date[2]}/${date[3]} ${time}`);
  }
}

/** A dash is what dmon prints where the GPU does not report. */
function reading(cell: string, field: string): Reading {
  return cell === '-' ? { kind: 'absent', reason: 'not_supported' } : parseQuantity(cell, metric(field).unit);
}
