/** Taking back a question: whoever asked is told at once, and whoever answers may stop. */
import { Failure } from '../base/failure';

/** What of an AbortSignal the contract needs; every AbortSignal is one. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The second argument of every method of the contract. */
export interface CallOptions {
  /** When it aborts, the call rejects at once with the Failure `cancelled`. */
  readonly signal?: CancelSignal;
}

const cancelled = (): Failure =>
  new Failure('cancelled', 'The question was taken back.', 'Ask again.');

/** Throws the Failure `cancelled` where the question was taken back. */
function throwIfCancelled(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

/** The answer of `ask`, or the Failure `cancelled` as soon as `signal` aborts; `ask` is not called where it has. */
export async function unlessCancelled<T>(
  signal: CancelSignal | undefined,
  ask: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return ask();
  throwIfCancelled(signal);
  let end = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    const listener = () => reject(cancelled());
    signal.addEventListener('abort', listener);
    end = () => signal.removeEventListener('abort', listener);
  });
  try {
    const answer = await Promise.race([ask(), aborted]);
    throwIfCancelled(signal);
    return answer;
  } finally {
    end();
  }
}
