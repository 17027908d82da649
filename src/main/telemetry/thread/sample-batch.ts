/**
 * Readings on their way from a sampling thread to the one that records: columns, so that they move without a copy and
 * are stored without an object for each. Readings are collected as they come and handed over by series.
 */
import type { Micros } from '../../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../../shared/base/vocabulary';

/** A run is four numbers: the series, where it begins and ends in the columns, and 0 or 1 + the reason of absence. */
const RUN_WORDS = 4;

/** Within a series in order of time. */
export interface SampleBatch {
  readonly kind: 'batch';
  readonly runs: Uint32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

export interface SampleRun {
  readonly series: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Why these are no values; null where they are. */
  readonly absent: AbsentReason | null;
}

export class BatchBuilder {
  #series = new Uint16Array(256);
  #absent = new Uint8Array(256);
  #times = new Float64Array(256);
  #values = new Float64Array(256);
  #length = 0;
  readonly #ends: Uint32Array;

  /** `series`: how many there are. */
  constructor(series: number) {
    this.#ends = new Uint32Array(series + 1);
  }

  get length(): number {
    return this.#length;
  }

  value(series: number, t: Micros, value: number): void {
    this.#row(series, t, value, 0);
  }

  absent(series: number, t: Micros, reason: AbsentReason): void {
    this.#row(series, t, 0, 1 + ABSENT_REASONS.indexOf(reason));
  }

  /** Hands everything over, series by series, and begins anew. */
  take(): SampleBatch {
    const length = this.#length;
    const places = this.#ends.fill(0);
    for (let row = 0; row < length; row++) places[this.#series[row]! + 1]!++;
    for (let i = 1; i < places.length; i++) places[i]! += places[i - 1]!;
    const [times, values] = [new Float64Array(length), new Float64Array(length)];
    const [series, absent] = [new Uint16Array(length), new Uint8Array(length)];
    for (let row = 0; row < length; row++) {
      const at = places[this.#series[row]!]!++;
      times[at] = this.#times[row]!;
      values[at] = this.#values[row]!;
      series[at] = this.#series[row]!;
      absent[at] = this.#absent[row]!;
    }
    this.#length = 0;
    return { kind: 'batch', runs: splitRuns(series, absent), times, values };
  }

  #row(series: number, t: Micros, value: number, absent: number): void {
    if (this.#length === this.#series.length) this.#grow();
    const at = this.#length++;
    this.#series[at] = series;
    this.#times[at] = t;
    this.#values[at] = value;
    this.#absent[at] = absent;
  }

  #grow(): void {
    const size = this.#series.length * 2;
    const [series, times, values, absent] = [
      new Uint16Array(size),
      new Float64Array(size),
      new Float64Array(size),
      new Uint8Array(size),
    ];
    series.set(this.#series);
    times.set(this.#times);
    values.set(this.#values);
    absent.set(this.#absent);
    [this.#series, this.#times, this.#values, this.#absent] = [series, times, values, absent];
  }
}

function splitRuns(series: Uint16Array, absent: Uint8Array): Uint32Array<ArrayBuffer> {
  const runs: number[] = [];
  for (let from = 0; from < series.length; ) {
    let to = from + 1;
    while (to < series.length && series[to] === series[from] && absent[to] === absent[from]) to++;
    runs.push(series[from]!, from, to, absent[from]!);
    from = to;
  }
  return Uint32Array.from(runs);
}

export const listBuffers = ({ runs, times, values }: SampleBatch): ArrayBuffer[] => [
  runs.buffer,
  times.buffer,
  values.buffer,
];

export function* runsIn({ runs, times, values }: SampleBatch): Generator<SampleRun> {
  for (let at = 0; at < runs.length; at += RUN_WORDS) {
    const [from, to, absent] = [runs[at + 1]!, runs[at + 2]!, runs[at + 3]!];
    yield {
      series: runs[at]!,
      times: times.subarray(from, to),
      values: values.subarray(from, to),
      absent: absent === 0 ? null : (ABSENT_REASONS[absent - 1] ?? 'not_read'),
    };
  }
}
