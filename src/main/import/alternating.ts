/**
 * A script that asks for GPUs and for processes by turns: two tables of CSV in one file, each under its header. The
 * processes go with the GPUs' rows before them.
 */
import { CsvReader } from './csv';
import { isProcessHeader, parseHeaderColumns } from './csv-columns';
import { candidateLines, withCommas } from './csv-lines';
import { ProcessesReader } from './processes-csv';
import type { Head, ImportFormat, LineSink, ReadOptions } from './protocol';
import type { TraceBuilder } from './trace';

const isGpuHeader = (line: string): boolean =>
  !isProcessHeader(line) &&
  (parseHeaderColumns(line)?.some(({ role }) => role === 'metric') ?? false);

export const alternating: ImportFormat = {
  kind: 'csv',
  recognizes(head) {
    const lines = candidateLines(head);
    return lines.some(isProcessHeader) && lines.some(isGpuHeader);
  },
  open: (trace, head, options) => new AlternatingReader(trace, head, options),
};

class AlternatingReader implements LineSink {
  readonly #trace: TraceBuilder;
  readonly #gpus: LineSink;
  readonly #processes: LineSink;
  #open: LineSink;

  constructor(trace: TraceBuilder, head: Head, options: ReadOptions) {
    this.#trace = trace;
    this.#gpus = new CsvReader(trace, withoutProcesses(head), options);
    this.#processes = new ProcessesReader(trace, [], true);
    this.#open = this.#gpus;
  }

  line(text: string, complete: boolean): void {
    const line = withCommas(text.trim());
    if (isProcessHeader(line)) {
      this.#open = this.#processes;
      this.#trace.moment = this.#trace.latest;
    } else if (this.#open !== this.#gpus && isGpuHeader(line)) {
      this.#open.end();
      this.#open = this.#gpus;
    }
    this.#open.line(text, complete);
  }

  end(): void {
    this.#gpus.end();
    this.#processes.end();
  }
}

/** The head as the reader of GPUs gets its lines. */
function withoutProcesses(head: Head): Head {
  let isProcesses = false;
  const lines = head.lines.filter((raw) => {
    const line = withCommas(raw);
    if (isProcessHeader(line)) isProcesses = true;
    else if (isGpuHeader(line)) isProcesses = false;
    return !isProcesses;
  });
  return { ...head, lines, text: lines.join('\n') };
}
