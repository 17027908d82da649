/**
 * The life of a sampling thread: it does what is due, sleeps, and hands its readings over a few times a second. The
 * thread is blocked by it and shares its event loop with nothing: between reads it sleeps in `Atomics.wait`, which the
 * word that asks it to stop ends early. Deadlines are absolute, so that no delay adds up.
 */
import type { Micros } from '../../../shared/units';
import { type Batch, BatchBuilder, buffersOf } from './batch';
import { Schedule, type Task } from './schedule';

export interface LoopTask {
  /** Monotonic nanoseconds at session time 0. */
  readonly originNs: bigint;
  /** One Int32: anything but 0 asks the thread to end. */
  readonly control: SharedArrayBuffer;
}

export type PostBatch = (batch: Batch, transfer: ArrayBuffer[]) => void;

/** With the half second that the store waits, a killed recorder loses less than one. */
const FLUSH_US: Micros = 400_000;

export class SamplingLoop {
  readonly batch: BatchBuilder;
  readonly #control: Int32Array;
  readonly #post: PostBatch;
  readonly #offsetUs: number;
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** `series`: how many the batches speak of. */
  constructor(task: LoopTask, series: number, post: PostBatch) {
    this.batch = new BatchBuilder(series);
    this.#control = new Int32Array(task.control);
    this.#post = post;
    // The thread's own clock is the same monotonic clock, counted from another moment.
    this.#offsetUs = Number(process.hrtime.bigint() - task.originNs) / 1000 - performance.now() * 1000;
  }

  now(): Micros {
    return Math.round(performance.now() * 1000 + this.#offsetUs);
  }

  /** Returns when the thread is asked to end. */
  run<T extends Task>(tasks: readonly T[], widened: (task: T, medianUs: Micros, periodUs: Micros) => void): void {
    const schedule = new Schedule(tasks, { now: () => this.now(), sleepUntil: (t) => this.#sleepUntil(t), widened });
    while (Atomics.load(this.#control, 0) === 0) schedule.step();
    this.#flush(this.now());
  }

  #sleepUntil(t: Micros): void {
    const now = this.now();
    if (now - this.#flushedAt >= FLUSH_US && this.batch.length > 0) this.#flush(now);
    const us = t - this.now();
    if (us > 0) Atomics.wait(this.#control, 0, 0, us / 1000);
  }

  #flush(now: Micros): void {
    this.#flushedAt = now;
    if (this.batch.length === 0) return;
    const batch = this.batch.take();
    this.#post(batch, buffersOf(batch));
  }
}
