/**
 * How the terminal host talks: results on stdout (one JSON document with `--json`, text otherwise), progress and
 * messages on stderr. A failure is one sentence and its remedy, and an exit code from the closed list.
 */
import { FAILURE_CODES, Failure } from '../../../shared/base/failure';
import { toJson } from '../../../shared/base/json';

export interface Output {
  readonly json: boolean;
  /** Prints the result of a command: `document` with --json, else `text`. */
  result(document: unknown, text: () => string): void;
  /** A line for people, on stderr. */
  say(text: string): void;
  /** A line that replaces itself on a terminal; left out where stderr is a file or a pipe. */
  progress(text: string): void;
  endProgress(): void;
}

export function createOutput(json: boolean): Output {
  const tty = process.stderr.isTTY === true;
  let open = false;
  const endProgress = () => {
    if (open) process.stderr.write('\r\x1b[K');
    open = false;
  };
  return {
    json,
    result(document, text) {
      endProgress();
      const rendered = json ? toJson(document) : text();
      process.stdout.write(rendered.endsWith('\n') ? rendered : `${rendered}\n`);
    },
    say(text) {
      endProgress();
      process.stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!tty) return;
      const width = (process.stderr.columns ?? 80) - 1;
      process.stderr.write(
        `\r\x1b[K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`,
      );
      open = true;
    },
    endProgress,
  };
}

/** Prints `error` and returns the exit code. A bug keeps its stack, on stderr, and exits 70. */
export function reportFailure(error: unknown, output: Output): number {
  output.endProgress();
  if (error instanceof Failure) {
    if (output.json) process.stdout.write(`${toJson({ error: error.toInfo() })}\n`);
    else output.say(`plumbline: ${error.message}\n  ${error.remedy}`);
    return FAILURE_CODES[error.code];
  }
  const message = 'Plumbline met a fault of its own.';
  const remedy = 'Please report it with the lines printed on stderr.';
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  if (output.json) process.stdout.write(`${toJson({ error: { code: 'bug', message, remedy } })}\n`);
  else output.say(`plumbline: ${message} ${remedy}`);
  return 70;
}
