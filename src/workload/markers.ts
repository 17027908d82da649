/**
 * The marker channel: one JSON object a line to the socket named in PLUMBLINE_SOCKET. Without that variable, or when
 * nobody listens, every call is silent and the workload runs as it would alone.
 *
 * Guarantees: lines keep their order, none is dropped while the receiver lives, and `end` waits for the last of them.
 * A write never waits: what the socket cannot take at once stays in its own queue until the event loop turns.
 */
import { connect, type Socket } from 'node:net';

export type MarkerFields = Readonly<Record<string, unknown>> & { readonly type: string };

const CONNECT_LIMIT_MS = 2000;
const FLUSH_LIMIT_MS = 5000;

export class Markers {
  private constructor(private socket: Socket | null) {
    socket?.on('error', () => { this.socket = null; });
  }

  static async open(path: string | undefined): Promise<Markers> {
    if (!path) return new Markers(null);
    const socket = connect(path);
    const connected = await new Promise<boolean>((resolve) => {
      const limit = setTimeout(() => resolve(false), CONNECT_LIMIT_MS);
      const settle = (value: boolean): void => { clearTimeout(limit); resolve(value); };
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
    });
    if (!connected) socket.destroy();
    return new Markers(connected ? socket : null);
  }

  send(fields: MarkerFields, ts: bigint = process.hrtime.bigint()): void {
    this.socket?.write(`${JSON.stringify({ v: 1, ts: nanoseconds(ts), rank: 0, ...fields })}\n`);
  }

  /** Resolves once every line is handed over, or the receiver is gone. */
  async end(): Promise<void> {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => { socket.destroy(); resolve(); }, FLUSH_LIMIT_MS);
      const settle = (): void => { clearTimeout(limit); resolve(); };
      socket.once('error', settle);
      socket.end(settle);
    });
    socket.destroy();
  }
}

/** Monotonic nanoseconds as JSON: a number while it is exact, a decimal string past 2^53. */
export function nanoseconds(ts: bigint): number | string {
  return ts <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ts) : ts.toString();
}
