/**
 * What a workload writes: split into lines, stamped as they arrive, and bounded. Guarantees that a stream which never
 * ends holds nothing up for longer than the limit given, and that no line follows `drain`.
 */
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../../shared/base/units';
import type { LogLine } from '../../shared/trace/types';
import { LineSplitter } from './line-splitter';
import { LogLimit } from './log-limit';
import type { WorkloadListener } from './types';

export class WorkloadOutput {
  readonly #clock: WorkloadListener['clock'];
  readonly #limit: LogLimit;
  readonly #drains: ((limitMs: Millis) => Promise<void>)[] = [];

  constructor({ clock, onLog }: WorkloadListener) {
    this.#clock = clock;
    this.#limit = new LogLimit(onLog);
  }

  capture(stdout: Readable, stderr: Readable): void {
    this.#captureStream(stdout, 'stdout');
    this.#captureStream(stderr, 'stderr');
  }

  /** Resolves when every stream has ended, at the latest after `limitMs`; then the last lines are told. */
  async drain(limitMs: Millis): Promise<void> {
    await Promise.all(this.#drains.map((drain) => drain(limitMs)));
  }

  /** A sentence on what the limit left out, or null. */
  describeDropped(): string | null {
    return this.#limit.describeDropped();
  }

  #captureStream(stream: Readable, name: LogLine['stream']): void {
    const lines = new LineSplitter(
      () => this.#clock.now(),
      (text, t) => this.#limit.take({ t, stream: name, text }),
    );
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.on('error', () => {});
    this.#drains.push(async (limitMs) => {
      const timer = new AbortController();
      await Promise.race([
        closed,
        sleep(limitMs, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
      stream.destroy();
      lines.end();
    });
  }
}
