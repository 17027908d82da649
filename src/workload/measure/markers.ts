/**
 * The marker channel of the bundled workload: the JavaScript helper that ships for any workload
 * (resources/js/plumbline.mjs), with the wire's own words. Without PLUMBLINE_SOCKET, or when nobody listens, every call
 * is silent and the workload runs as it would alone. Lines keep their order; `end` waits for the last of them.
 */
import { close, send } from '../../../resources/js/plumbline.mjs';

type MarkerFields = Readonly<Record<string, unknown>> & { readonly type: string };

export class Markers {
  send({ type, ...fields }: MarkerFields): void {
    send(type, fields);
  }

  /** Resolves once every line is handed over, or the receiver is gone. */
  end(): Promise<void> {
    return close();
  }
}

/** Monotonic nanoseconds as JSON: a number while it is exact, a decimal string past 2^53. */
export function nanoseconds(ts: bigint): number | string {
  return ts <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ts) : ts.toString();
}
