/**
 * `--query-compute-apps … --format=csv`: one row per process. Rows of one moment are added up to the memory all listed
 * processes hold on each GPU; a sum with an unknown part is unknown.
 */
import {
  absentReason,
  parseHeader,
  parseProcessMemory,
  splitRow,
} from '../nvidia-smi-format/query-csv';
import { classifyCell } from './cells';
import { isProcessHeader } from './csv-columns';
import { candidateLines, looksCut, withCommas } from './csv-lines';
import type { GpuIdentity } from './imported-trace';
import { ProcessSum } from './process-sum';
import type { Head, ImportFormat, LineSink } from './protocol';
import { parseAnyStamp, parseStampLine, type Stamp } from './stamps';
import type { TraceBuilder } from './trace';

const MEMORY = /^(used_gpu_memory|used_memory)$/;

export const processesCsv: ImportFormat = {
  kind: 'processes-csv',
  recognizes: (head) => {
    const lines = candidateLines(head);
    return lines.slice(0, 5).some(isProcessHeader) || inferred(head) !== null;
  },
  open: (trace, head, options) =>
    new ProcessesReader(trace, options.columns ?? inferred(head) ?? []),
};

/**
 * Columns of rows without a header: a process has a path or the name of a program, or the rows are of two cells, a pid
 * and its memory, and the file's own name speaks of processes.
 */
function inferred(head: Head): string[] | null {
  const lines = candidateLines(head);
  const rows = lines.map((line) => line.split(',').map((cell) => cell.trim()));
  const [row] = rows;
  if (row === undefined) return null;
  const pid = row.findIndex(
    (cell, i) => /^\d{1,7}$/.test(cell) && rows.every((each) => /^\d{1,7}$/.test(each[i] ?? '')),
  );
  if (pid < 0) return null;
  const path = row.findIndex((cell) => /^([A-Z]:\\|\/)\S/.test(cell) || /\.exe$/i.test(cell));
  const named = /apps?\b|process/i.test(head.fileName) && row.length === 2 && pid === 0;
  if (path < 0 && !named) return null;
  return row.map((cell, i) => {
    if (i === pid) return 'pid';
    if (i === path) return 'process_name';
    if (classifyCell(cell) === 'uuid') return 'gpu_uuid';
    if (classifyCell(cell) === 'stamp') return 'timestamp';
    return i === row.length - 1 && i > pid ? 'used_gpu_memory' : `column ${i + 1}`;
  });
}

export class ProcessesReader implements LineSink {
  readonly #trace: TraceBuilder;
  #names: readonly string[];
  #units = new Map<string, string>();
  #moment: string | null = null;
  #stamp: Stamp | null = null;
  #sums = new Map<string, { readonly identity: GpuIdentity; readonly processes: ProcessSum }>();
  readonly #listed = new Set<string>();
  #foreign = 0;
  #last: string | undefined;
  readonly #keep: TraceBuilder['row'];

  /** `aside`: the rows of the file are those of another query, these go with them. */
  constructor(trace: TraceBuilder, names: readonly string[], aside = false) {
    this.#trace = trace;
    this.#names = names;
    this.#keep = (...row) => (aside ? trace.aside(...row) : trace.row(...row));
    trace.warn(
      'The file lists processes: process.memory is the memory of all of them on a GPU together.',
    );
  }

  line(raw: string, complete: boolean): void {
    const line = withCommas(raw.trim());
    if (line === '') return;
    const heading = parseStampLine(line);
    if (heading) {
      this.#flush();
      this.#trace.moment = heading;
      return;
    }
    if (isProcessHeader(line)) {
      this.#flush();
      const columns = parseHeader(line);
      this.#names = columns.map(({ name }) => name);
      this.#units = new Map(
        columns.flatMap(({ name, unit }) => (unit === null ? [] : [[name, unit] as const])),
      );
      return;
    }
    const cells = splitRow(line, this.#names);
    if (cells === null || !/^\d+$/.test(this.#cell(cells, /^pid$/) ?? '')) {
      if (complete) this.#foreign++;
      else this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    if (!complete && looksCut(cells.at(-1) ?? '', this.#last) !== false) {
      this.#trace.warn('The last row is cut off and was left out.');
      return;
    }
    this.#last = cells.at(-1);
    const moment = this.#cell(cells, /^timestamp$/) ?? '';
    // A process is listed once a round on each GPU.
    const process = `${this.#cell(cells, /uuid|bus_id/) ?? ''} ${this.#cell(cells, /^pid$/)}`;
    if (moment !== this.#moment || (moment === '' && this.#listed.has(process))) this.#flush();
    this.#listed.add(process);
    this.#moment = moment;
    this.#stamp = parseAnyStamp(moment) ?? this.#trace.moment;
    this.#add(cells);
  }

  end(): void {
    this.#flush();
    if (this.#foreign > 0)
      this.#trace.warn(`${this.#foreign} lines are no rows of the table and were left out.`);
  }

  #add(cells: readonly string[]): void {
    const known = (name: RegExp) => {
      const cell = this.#cell(cells, name);
      return cell === undefined || cell === '' || absentReason(cell) !== null ? undefined : cell;
    };
    const [uuid, busId, name] = [
      known(/^(gpu_)?uuid$/),
      known(/^(gpu_|pci\.)bus_id$/),
      known(/^gpu_name$/),
    ];
    const identity: GpuIdentity = {
      ...(uuid === undefined ? {} : { uuid }),
      ...(busId === undefined ? {} : { busId }),
      ...(name === undefined ? {} : { name }),
    };
    const key = busId ?? uuid ?? '';
    const { processes } = this.#sums.get(key) ?? { processes: new ProcessSum() };
    this.#sums.set(key, { identity, processes });
    const at = this.#memoryAt();
    const memory =
      at < 0
        ? null
        : parseProcessMemory(cells[at] ?? '', this.#units.get(this.#names[at]!) ?? null);
    if (memory?.kind === 'absent') this.#trace.absent(memory.reason);
    processes.add(memory);
  }

  #memoryAt(): number {
    return this.#names.findIndex((each) => MEMORY.test(each));
  }

  #flush(): void {
    for (const { identity, processes } of this.#sums.values())
      this.#keep(identity, this.#stamp, processes.readings(this.#memoryAt() >= 0));
    this.#sums = new Map();
    this.#listed.clear();
  }

  #cell(cells: readonly string[], name: RegExp): string | undefined {
    const at = this.#names.findIndex((each) => name.test(each));
    return at < 0 ? undefined : cells[at];
  }
}
