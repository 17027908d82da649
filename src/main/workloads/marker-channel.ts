/**
 * The marker channel: a local socket that a workload announces its phases on (wire format: marker-schema.ts). The
 * sender is not trusted: lines, rate, number and connections are bounded, what exceeds a bound is dropped and counted, and
 * nothing a sender does is fatal or blocks it. What was dropped is told in one warning per cause when the channel closes.
 *
 * A connection is one process. Of those that belong to no process group the first to speak is 0, and so is each of several
 * that run one after the other; one that speaks beside it goes by its pid (`rankOfProcess`), and by the lowest free number
 * where it does not say it. Beyond `processes` of them, those that follow are not taken in.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../shared/base/failure';
import type { Millis } from '../../shared/base/units';
import { processIn, rankOfProcess } from '../../shared/trace/series-ids';
import type { Marker } from '../../shared/trace/types';
import { clockOrigin, type SessionClock } from '../install/session-clock';
import { type Introduction, parseIntroduction, parseMarker } from './marker-schema';

export interface MarkerLimits {
  readonly lineBytes: number;
  /** Sustained lines a second over all connections, and the burst above it. */
  readonly perSecond: number;
  readonly burst: number;
  readonly total: number;
  readonly connections: number;
  /** Told apart by their pids, beside ranks and the first process. */
  readonly processes: number;
}
export const MARKER_LIMITS: MarkerLimits = {
  lineBytes: 64 * 1024,
  perSecond: 10_000,
  burst: 20_000,
  total: 2_000_000,
  connections: 256,
  processes: 64,
};

export interface MarkerChannelOptions {
  readonly clock: SessionClock & { readonly originNs?: bigint };
  onMarker(marker: Marker): void;
  /** A process has said that it is a rank, or has announced something beside the first that is none. */
  onProcess?(pid: number, rank: number): void;
  onWarning(text: string): void;
  readonly limits?: Partial<MarkerLimits>;
}

/** The longest path that fits sockaddr_un on every platform (macOS: 104 with the final zero). */
const MAX_SOCKET_PATH = 103;
const NEWLINE = 10;

interface Sender {
  /** By what its markers go; null before the first. */
  rank: number | null;
  introduced: Introduction | null;
  /** What `onProcess` was told. */
  known: number | null;
}
/** Markers that say a process does something, and holds something. */
const TELLING: readonly Marker['type'][] = ['phase', 'memory', 'objects'];

export class MarkerChannel {
  readonly socketPath: string;
  /** The private folder of the socket; null where sockets live in a namespace of their own. */
  readonly folder: string | null;
  readonly #server: Server;
  readonly #sockets = new Map<Socket, Sender>();
  readonly #limits: MarkerLimits;
  readonly #originNs: bigint;
  readonly #options: MarkerChannelOptions;
  readonly #dropped = { rate: 0, total: 0, long: 0, invalid: 0, connections: 0, processes: 0 };
  /** Those beside the first that were named. */
  readonly #beside = new Set<number>();
  /** A process group was seen: 0 is the first of its ranks, also when that has ended. */
  #hasRanks = false;
  #credit: number;
  #creditAt: number;
  #accepted = 0;
  #closed: Promise<void> | null = null;

  private constructor(options: MarkerChannelOptions, socketPath: string, folder: string | null) {
    this.#options = options;
    this.socketPath = socketPath;
    this.folder = folder;
    this.#limits = { ...MARKER_LIMITS, ...options.limits };
    this.#originNs = clockOrigin(options.clock);
    this.#credit = this.#limits.burst;
    this.#creditAt = performance.now();
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = this.#limits.connections;
    this.#server.on('drop', () => this.#dropped.connections++);
  }

  /** Throws `unwritable` when no socket can be made. */
  static async open(options: MarkerChannelOptions): Promise<MarkerChannel> {
    let folder: string | null = null;
    try {
      folder = process.platform === 'win32' ? null : await privateFolder();
      const path =
        folder === null
          ? `\\\\.\\pipe\\plumbline-${randomBytes(16).toString('hex')}`
          : join(folder, 'markers');
      const channel = new MarkerChannel(options, path, folder);
      await new Promise<void>((resolve, reject) =>
        channel.#server.once('error', reject).listen(path, resolve),
      );
      channel.#server.removeAllListeners('error').on('error', () => {});
      return channel;
    } catch (error) {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      throw new Failure(
        'unwritable',
        'The socket for markers could not be created.',
        `Check that ${tmpdir()} is writable, or set TMPDIR to a folder that is.`,
        error,
      );
    }
  }

  /** Resolves when every sender has hung up and its last line is delivered, at the latest after `limitMs`. */
  async drain(limitMs: Millis): Promise<void> {
    const limit = performance.now() + limitMs;
    for (;;) {
      // A whole turn of the event loop takes in connections that are still waiting to be accepted.
      await nextTurn();
      await nextTurn();
      if (this.#sockets.size === 0) return;
      const left = limit - performance.now();
      if (left <= 0) return;
      const timer = new AbortController();
      const hungUp = [...this.#sockets.keys()].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      await Promise.race([
        Promise.all(hungUp),
        sleep(left, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }

  /** Hangs up on everyone, removes the socket and its folder, tells what was dropped. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      for (const socket of this.#sockets.keys()) socket.destroy();
      await closed;
      if (this.folder !== null) await rm(this.folder, { recursive: true, force: true });
      this.#tell();
    })();
    return this.#closed;
  }

  #accept(socket: Socket): void {
    const sender: Sender = { rank: null, introduced: null, known: null };
    this.#sockets.set(socket, sender);
    let pending: Buffer = Buffer.alloc(0);
    let skipping = false;
    const take = (bytes: Buffer) => {
      if (skipping || bytes.length > this.#limits.lineBytes) this.#dropped.long++;
      else this.#line(bytes, sender);
      skipping = false;
    };
    socket.on('data', (chunk: Buffer) => {
      let rest = chunk;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        take(
          pending.length === 0
            ? rest.subarray(0, end)
            : Buffer.concat([pending, rest.subarray(0, end)]),
        );
        pending = Buffer.alloc(0);
        rest = rest.subarray(end + 1);
      }
      skipping ||= pending.length + rest.length > this.#limits.lineBytes;
      pending = skipping ? Buffer.alloc(0) : Buffer.concat([pending, rest]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      // The last line of a sender that was killed: whole without its newline, or no JSON and dropped.
      if (skipping || pending.length > 0) take(pending);
      this.#sockets.delete(socket);
    });
  }

  #line(bytes: Buffer, sender: Sender): void {
    if (bytes.length === 0) return;
    if (this.#accepted >= this.#limits.total) {
      this.#dropped.total++;
      return;
    }
    const now = performance.now();
    this.#credit = Math.min(
      this.#limits.burst,
      this.#credit + ((now - this.#creditAt) / 1000) * this.#limits.perSecond,
    );
    this.#creditAt = now;
    if (this.#credit < 1) {
      this.#dropped.rate++;
      return;
    }
    this.#credit--;
    const text = bytes.toString('utf8');
    const introduced = sender.introduced === null ? parseIntroduction(text) : null;
    if (introduced !== null) {
      sender.introduced = introduced;
      sender.rank = introduced.rank;
      if (introduced.rank !== null) {
        this.#hasRanks = true;
        this.#makeKnown(sender, introduced.rank);
      }
      return;
    }
    sender.rank ??= this.#numberOf(sender);
    const marker = parseMarker(text, this.#originNs, this.#options.clock.now(), sender.rank);
    if (marker === null) {
      this.#dropped.invalid++;
      return;
    }
    sender.rank = marker.rank;
    if (!this.#admits(marker, sender)) return;
    this.#accepted++;
    this.#options.onMarker(marker);
  }

  /** What a sender goes by that names no rank. */
  #numberOf({ introduced }: Sender): number {
    const taken = new Set([...this.#sockets.values()].map(({ rank }) => rank));
    if (introduced !== null && (this.#hasRanks || taken.has(0)))
      return rankOfProcess(introduced.pid);
    for (let rank = 0; ; rank++) if (!taken.has(rank)) return rank;
  }

  /**
   * Names a process that announces something beside the first; false where they are too many. One that says nothing of
   * what it does, as most workers of a pool, is not shown.
   */
  #admits({ type, rank, t }: Marker, sender: Sender): boolean {
    const pid = processIn(rank);
    if (pid === null) this.#makeKnown(sender, rank);
    if (pid === null || this.#beside.has(rank) || !TELLING.includes(type)) return true;
    if (this.#beside.size >= this.#limits.processes) {
      this.#dropped.processes++;
      return false;
    }
    this.#beside.add(rank);
    this.#makeKnown(sender, rank);
    const name = sender.introduced?.name;
    if (name)
      this.#options.onMarker({
        type: 'note',
        t,
        rank,
        step: null,
        text: `process ${pid} is ${name}`,
      });
    return true;
  }

  /** A script may join a process group after its first markers. */
  #makeKnown(sender: Sender, rank: number): void {
    if (sender.introduced === null || sender.known === rank) return;
    sender.known = rank;
    this.#options.onProcess?.(sender.introduced.pid, rank);
  }

  #tell(): void {
    const { rate, total, long, invalid, connections, processes } = this.#dropped;
    const { perSecond, lineBytes } = this.#limits;
    const drop = (count: number, why: string) => {
      if (count > 0)
        this.#options.onWarning(
          `Dropped from the marker channel: ${count} ${count === 1 ? 'line' : 'lines'} ${why}.`,
        );
    };
    drop(rate, `past ${perSecond} markers a second`);
    drop(total, `past ${this.#limits.total} markers`);
    drop(long, `longer than ${lineBytes / 1024} KiB`);
    drop(invalid, 'that Plumbline does not know as markers');
    drop(processes, `of processes past ${this.#limits.processes}`);
    if (connections > 0)
      this.#options.onWarning(
        `${connections} connections to the marker channel were refused: at most ${this.#limits.connections} are kept at a time.`,
      );
  }
}

/** A folder only this user can enter (mkdtemp makes it 0700), short enough for a socket's path. */
async function privateFolder(): Promise<string> {
  const fits = (base: string) =>
    Buffer.byteLength(join(base, 'plumbline-XXXXXX', 'markers')) <= MAX_SOCKET_PATH;
  const base = [tmpdir(), '/tmp', '/var/tmp'].find(
    (candidate) => fits(candidate) && existsSync(candidate),
  );
  if (base === undefined)
    throw new Error('no temporary folder with a path short enough for a socket');
  return mkdtemp(join(base, 'plumbline-'));
}
