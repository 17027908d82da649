/**
 * Several commands of nvidia-smi with their answers in one file. The answers to --query-gpu are its rows; beside them
 * the processes of --query-compute-apps and the MIG instances of -q are kept. Every other answer is passed over.
 */
import { CsvReader } from './csv';
import { ProcessesReader } from './processes-csv';
import type { Head, ImportFormat, LineSink, ReadOptions } from './protocol';
import { QueryTextReader } from './query-text';
import type { TraceBuilder } from './trace';

/** A command line: `# nvidia-smi …`, `# $ nvidia-smi …`, `$ nvidia-smi …`. */
const COMMAND = /^(?:#\s*\$?|\$)\s*nvidia-smi\b(.*)$/;
const QUERY = /--query-gpu\b/;
/** Of an answer, before its columns are settled. */
const HEAD_LINES = 100;

export const transcript: ImportFormat = {
  kind: 'csv',
  recognizes: ({ lines }) => lines.some((line) => COMMAND.test(line) && QUERY.test(line)),
  open: (trace, head, options) => new TranscriptReader(trace, head, options),
};

class TranscriptReader implements LineSink {
  readonly #trace: TraceBuilder;
  readonly #head: Head;
  readonly #options: ReadOptions;
  #answer: Answer | null = null;

  constructor(trace: TraceBuilder, head: Head, options: ReadOptions) {
    this.#trace = trace;
    this.#head = head;
    this.#options = options;
    trace.warn(
      'The file is a transcript of several commands; the answers to --query-gpu are read, the processes of --query-compute-apps and the MIG instances of -q.',
    );
  }

  line(text: string, complete: boolean): void {
    const command = COMMAND.exec(text.trim());
    if (command || text.startsWith('#')) {
      this.#answer?.end();
      if (command) this.#answer = this.#answerTo(command[1] ?? '');
      else if (!this.#answer?.isEmpty) this.#answer = null;
      return;
    }
    this.#answer?.line(text, complete);
  }

  end(): void {
    this.#answer?.end();
  }

  #answerTo(args: string): Answer | null {
    if (QUERY.test(args))
      return new Answer(
        (lines) => new CsvReader(this.#trace, this.#makeHead(lines), this.#options),
      );
    if (/--query-compute-apps\b/.test(args))
      return new Answer(() => new ProcessesReader(this.#trace, [], true));
    if (/^\s+(-q|--query)\s*$/.test(args))
      return new Answer(() => new QueryTextReader(this.#trace, true));
    return null;
  }

  #makeHead(lines: readonly string[]): Head {
    return {
      fileName: this.#head.fileName,
      text: lines.join('\n'),
      lines: lines.map((line) => line.trim()).filter((line) => line !== ''),
    };
  }
}

/** The lines after one command. Its reader is opened once enough of them are there to tell the columns. */
class Answer implements LineSink {
  readonly #open: (head: readonly string[]) => LineSink;
  #sink: LineSink | null = null;
  #waiting: (readonly [text: string, complete: boolean])[] = [];

  constructor(open: (head: readonly string[]) => LineSink) {
    this.#open = open;
  }

  get isEmpty(): boolean {
    return this.#sink === null && this.#waiting.length === 0;
  }

  line(text: string, complete: boolean): void {
    if (this.#sink) {
      this.#sink.line(text, complete);
      return;
    }
    this.#waiting.push([text, complete]);
    if (this.#waiting.length === HEAD_LINES) this.#begin();
  }

  end(): void {
    if (this.isEmpty) return;
    this.#begin().end();
    this.#sink = null;
  }

  #begin(): LineSink {
    if (this.#sink) return this.#sink;
    const sink = this.#open(this.#waiting.map(([text]) => text));
    for (const [text, complete] of this.#waiting) sink.line(text, complete);
    this.#waiting = [];
    this.#sink = sink;
    return sink;
  }
}
