/**
 * The life of a sampling thread: it does what is due, sleeps, and hands its readings over about once a second, or a few
 * times while somebody looks at them (see ThreadControl). The thread is blocked by it and shares its event loop with
 * nothing. Deadlines are absolute, so that no delay adds up, and lie on one grid of session time: all threads are awake
 * and hand over at the same moments, and the recording thread is woken once for all of them.
 */
import { performance } from 'node:perf_hooks';
import type { Micros } from '../../../shared/base/units';
import { deliveryMs, isStopped, STOP } from './control';
import { BatchBuilder, listBuffers, type SampleBatch } from './sample-batch';
import { Schedule, type Task } from './schedule';

export interface LoopTask {
  /** Monotonic nanoseconds at session time 0. */
  readonly originNs: bigint;
  /** Of a ThreadControl. */
  readonly control: SharedArrayBuffer;
}

/** An empty batch says that the thread is there. */
export type PostBatch = (batch: SampleBatch, transfer: ArrayBuffer[]) => void;

/** Sleeps for some microseconds, which nothing ends early. */
export type NativeSleep = (us: Micros) => void;

/** So long a request to end may be slept over. */
const MAX_NATIVE_SLEEP_US: Micros = 20_000;

export class SamplingLoop {
  readonly batch: BatchBuilder;
  readonly #control: Int32Array;
  readonly #post: PostBatch;
  readonly #offsetUs: number;
  readonly #sleep: NativeSleep | null;
  #delivery = Number.NEGATIVE_INFINITY;

  /** `series`: how many the batches speak of. `sleep`: cheaper than `Atomics.wait`, where there is such a thing. */
  constructor(task: LoopTask, series: number, post: PostBatch, sleep: NativeSleep | null = null) {
    this.batch = new BatchBuilder(series);
    this.#control = new Int32Array(task.control);
    this.#post = post;
    this.#sleep = sleep;
    // The thread's own clock is the same monotonic clock, counted from another moment.
    this.#offsetUs =
      Number(process.hrtime.bigint() - task.originNs) / 1000 - performance.now() * 1000;
  }

  now(): Micros {
    return Math.round(performance.now() * 1000 + this.#offsetUs);
  }

  /** Returns when the thread is asked to end. */
  run<T extends Task>(
    tasks: readonly T[],
    widened: (task: T, medianUs: Micros, periodUs: Micros) => void,
  ): void {
    const schedule = new Schedule(tasks, {
      now: () => this.now(),
      sleepUntil: (t, now) => this.#sleepUntil(t, now),
      widened,
    });
    while (!isStopped(this.#control)) schedule.step();
    this.#deliver();
  }

  #sleepUntil(t: Micros, now: Micros): void {
    const delivery = Math.floor(now / (deliveryMs(this.#control) * 1000));
    let us = t - now;
    if (delivery !== this.#delivery) {
      this.#delivery = delivery;
      this.#deliver();
      us = t - this.now();
    }
    if (us <= 0) return;
    if (this.#sleep !== null && us <= MAX_NATIVE_SLEEP_US) this.#sleep(us);
    else Atomics.wait(this.#control, STOP, 0, us / 1000);
  }

  #deliver(): void {
    const batch = this.batch.take();
    this.#post(batch, listBuffers(batch));
  }
}

/** The last moment at or before `now` on the grid of session time, `part` of a period later where that is told. */
export const onGrid = (now: Micros, periodUs: Micros, part = 0): Micros =>
  Math.floor(now / periodUs) * periodUs + Math.round(periodUs * part);
