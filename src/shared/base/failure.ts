/**
 * Expected failures. A `Failure` is something a person can act on: one sentence of fact, one of remedy, and a code
 * from a closed list. Anything else that is thrown is a bug and keeps its stack.
 */

export const FAILURE_CODES = {
  /** Wrong usage or bad input: unknown model, impossible shape, no such session. */
  bad_input: 2,
  not_found: 2,
  corrupt: 2,
  newer_format: 2,
  /** The machine lacks what was asked for. */
  unavailable: 3,
  unwritable: 3,
  port_in_use: 3,
  /** The workload ended with an error of its own. */
  workload_failed: 1,
  /** An expectation given with --fail-on was not met. */
  expectation: 4,
  interrupted: 130,
  /** Whoever asked took the question back. */
  cancelled: 130,
} as const;
export type FailureCode = keyof typeof FAILURE_CODES;

/** What crosses a process boundary, and what `--json` prints as `{error}`. */
export interface FailureInfo {
  readonly code: FailureCode;
  readonly message: string;
  readonly remedy: string;
  /** Name of the input that is at fault, where it is one of several: a form tells it there. */
  readonly field?: string;
}

export class Failure extends Error implements FailureInfo {
  override readonly name = 'Failure';
  field?: string;
  constructor(
    readonly code: FailureCode,
    message: string,
    readonly remedy: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }

  get exitCode(): number {
    return FAILURE_CODES[this.code];
  }

  /** The same, told of the input of that name. */
  at(field: string): this {
    this.field = field;
    return this;
  }

  toInfo(): FailureInfo {
    const { code, message, remedy, field } = this;
    return { code, message, remedy, ...(field !== undefined && { field }) };
  }

  static from({ code, message, remedy, field }: FailureInfo): Failure {
    const failure = new Failure(code, message, remedy);
    return field === undefined ? failure : failure.at(field);
  }
}

/** Null in place of an expected failure, where it is enough to know that there is no answer. */
export function unlessFailure<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
