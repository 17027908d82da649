/**
 * How the terminal host talks: results on stdout (one JSON document with `--json`, text otherwise), progress and
 * messages on stderr. A failure is one sentence and its remedy, and an exit code from the closed list.
 *
 * Every text is made printable here, whatever names it holds; the sequences that move or colour the terminal are
 * written here alone. NO_COLOR and FORCE_COLOR are honoured.
 */
import { styleText } from 'node:util';
import { FAILURE_CODES, Failure } from '../../../shared/base/failure';
import { jsonPieces, toJson } from '../../../shared/base/json';
import { printable, printableLine, printableOutput } from '../../../shared/base/printable';
import { message } from './text/columns';
import { paint } from './text/style';
import { cut } from './text/width';

export interface Output {
  readonly json: boolean;
  /** Prints the result of a command: `document` with --json, else `text`. */
  result(document: unknown, text: () => string): void;
  /** Lines for people, on stderr, as they are. */
  say(text: string): void;
  /** A sentence for people, and what can be done about it, on stderr: wrapped to its width. */
  tell(text: string, remedy?: string): void;
  /** Part of a result that is printed as it comes, where no document is asked for. */
  part(text: string): void;
  /** A line that the workload printed, on stderr. */
  echo(text: string): void;
  /** Draws lines on stderr, over the `above` lines that were drawn before. */
  draw(lines: readonly string[], above: number): void;
  /** A line that replaces itself on a terminal; left out where stderr is a file or a pipe. */
  progress(text: string): void;
  endProgress(): void;
}

export function createOutput(json: boolean): Output {
  const tty = process.stderr.isTTY === true;
  const [colorsOut, colorsErr] = [isColored(process.stdout), isColored(process.stderr)];
  let open = false;
  const endProgress = () => {
    if (open) process.stderr.write('\r\x1b[K');
    open = false;
  };
  const say = (text: string) => {
    endProgress();
    process.stderr.write(`${paint(printable(text), colorsErr)}\n`);
  };
  return {
    json,
    say,
    tell: (text, remedy) => say(message(text, remedy)),
    result(document, text) {
      endProgress();
      if (json) {
        for (const piece of jsonPieces(document)) process.stdout.write(printable(piece));
        process.stdout.write('\n');
        return;
      }
      const rendered = paint(printable(text()), colorsOut);
      process.stdout.write(rendered.endsWith('\n') ? rendered : `${rendered}\n`);
    },
    part(text) {
      if (!json) process.stdout.write(`${paint(printable(text), colorsOut)}\n`);
    },
    echo(text) {
      endProgress();
      process.stderr.write(`${printableOutput(text)}\n`);
    },
    draw(lines, above) {
      endProgress();
      const up = above > 0 ? `\x1b[${above}A` : '';
      const drawn = lines
        .map((line) => `\x1b[K${paint(printableLine(line), colorsErr)}\n`)
        .join('');
      process.stderr.write(up + drawn);
    },
    progress(given) {
      if (!tty) return;
      const text = cut(printableLine(given), (process.stderr.columns || 80) - 1);
      process.stderr.write(`\r\x1b[K${paint(text, colorsErr)}`);
      open = true;
    },
    endProgress,
  };
}

/** Whether a stream is coloured: a terminal that has colours, unless NO_COLOR; whatever it is with FORCE_COLOR. */
const isColored = (stream: NodeJS.WriteStream): boolean =>
  styleText('bold', '.', { stream }) !== '.';

/** Prints `error` and returns the exit code. A bug keeps its stack, on stderr, and exits 70. */
export function reportFailure(error: unknown, output: Output): number {
  output.endProgress();
  if (error instanceof Failure) {
    if (output.json) process.stdout.write(`${printable(toJson({ error: error.toInfo() }))}\n`);
    else output.tell(error.message, error.remedy);
    return FAILURE_CODES[error.code];
  }
  const fault = 'Plumbline met a fault of its own.';
  const remedy = 'Please report it with the lines printed on stderr.';
  output.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (output.json)
    process.stdout.write(`${toJson({ error: { code: 'bug', message: fault, remedy } })}\n`);
  else output.tell(fault, remedy);
  return 70;
}
