/**
 * Where the recording thread takes in what a sampling thread hands over: its numbered series become named ones. A
 * reading that arrives late, when a gap was reported for its time already, is dropped: the times of a series only rise.
 */

import { upperBound } from '../../../shared/base/search';
import type { Micros } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { SeriesInfo } from '../../../shared/trace/types';
import type { LearntOfSeries, SampleSink } from '../sampler';
import { runsIn, type SampleBatch } from './sample-batch';

export class BatchReceiver {
  readonly #sink: SampleSink;
  readonly #table: SeriesInfo[];
  readonly #lastAt = new Map<string, Micros>();

  /** `table`: the series by the numbers that batches give them. */
  constructor(sink: SampleSink, table: readonly SeriesInfo[]) {
    this.#sink = sink;
    this.#table = [...table];
  }

  /** `series`: their numbers. */
  refine(series: readonly number[], learnt: LearntOfSeries): void {
    for (const number of series) {
      this.#table[number] = { ...this.#table[number]!, ...learnt };
      this.#sink.refine(this.#table[number].id, learnt);
    }
  }

  take(batch: SampleBatch): void {
    for (const { series, times, values, absent } of runsIn(batch)) {
      const { id } = this.#table[series]!;
      if (absent !== null) {
        for (const t of times) this.push(id, t, { kind: 'absent', reason: absent });
        continue;
      }
      const from = upperBound(times, this.#lastAt.get(id) ?? -1);
      const last = times.at(-1);
      if (last === undefined || from === times.length) continue;
      this.#lastAt.set(id, last);
      this.#sink.pushRun(id, times.subarray(from), values.subarray(from));
    }
  }

  push(id: string, t: Micros, reading: Reading): void {
    if (t <= (this.#lastAt.get(id) ?? -1)) return;
    this.#lastAt.set(id, t);
    this.#sink.push(id, t, reading);
  }

  /** The thread is silent: every series, and `others`, are not read from one interval after their last reading on. */
  silent(t: Micros, others: readonly string[] = []): void {
    for (const { id, intervalUs } of this.#table) {
      const last = this.#lastAt.get(id);
      if (last !== undefined) this.push(id, Math.min(t, last + (intervalUs ?? 0)), NOT_READ);
      this.push(id, t, NOT_READ);
    }
    for (const id of others) this.push(id, t, NOT_READ);
  }
}

const NOT_READ: Reading = { kind: 'absent', reason: 'not_read' };
