/**
 * What the driver itself has sampled: it keeps the last readings of some counters, each with its time, at the pace at
 * which they are renewed. Asking for those newer than the last one costs one call for many readings and misses none.
 */
import type { Micros } from '../../../shared/base/units';
import { INSUFFICIENT_SIZE, NOT_FOUND, SUCCESS } from './codes';
import { ASTRAY_US, DriverStamps } from './driver-stamps';
import type { NvmlLibrary } from './library';
import { SAMPLE, sampleValue } from './struct-layout';

/** nvmlSamplingType_t. */
export const SAMPLES = { power: 0, utilization: 1, memoryUtilization: 2 } as const;
export type SampleType = (typeof SAMPLES)[keyof typeof SAMPLES];

export class SampleBuffer {
  readonly #library: NvmlLibrary;
  readonly #handle: bigint;
  readonly #type: SampleType;
  readonly #valueType = new Uint32Array(1);
  readonly #count = new Uint32Array(1);
  #bytes = new Uint8Array(256 * SAMPLE.size);
  readonly #stamps: DriverStamps;

  constructor(
    library: NvmlLibrary,
    handle: bigint,
    type: SampleType,
    stamps: DriverStamps = new DriverStamps(),
  ) {
    this.#stamps = stamps;
    this.#library = library;
    this.#handle = handle;
    this.#type = type;
  }

  /**
   * Gives each reading newer than those given before, oldest first, with how long ago the driver took it. Returns
   * NVML's code; nothing new is success.
   */
  read(each: (agoUs: Micros, value: number) => void): number {
    this.#stamps.look();
    return this.#ask(each);
  }

  #ask(each: (agoUs: Micros, value: number) => void): number {
    this.#count[0] = this.#bytes.length / SAMPLE.size;
    const code = this.#library.call(
      'nvmlDeviceGetSamples',
      this.#handle,
      this.#type,
      this.#stamps.since,
      this.#valueType,
      this.#count,
      this.#bytes,
    );
    if (code === INSUFFICIENT_SIZE && this.#bytes.length < 1 << 20) {
      this.#bytes = new Uint8Array(Math.max(this.#count[0]! * SAMPLE.size, this.#bytes.length * 2));
      return this.#ask(each);
    }
    if (code === NOT_FOUND) return SUCCESS;
    if (code === SUCCESS)
      this.#give(Math.min(this.#count[0]!, this.#bytes.length / SAMPLE.size), each);
    return code;
  }

  #give(count: number, each: (agoUs: Micros, value: number) => void): void {
    const view = new DataView(this.#bytes.buffer);
    const readStamp = (index: number) =>
      view.getBigUint64(index * SAMPLE.size + SAMPLE.timeStamp, true);
    const news = Array.from({ length: count }, (_, index) => index)
      .filter((index) => this.#stamps.isNew(readStamp(index)))
      .sort((a, b) => (readStamp(a) < readStamp(b) ? -1 : 1));
    const last = news.at(-1);
    if (last === undefined) return;
    const newest = readStamp(last);
    this.#stamps.take(newest);
    const { now } = this.#stamps;
    const newestAgo = Number(now - newest);
    const offset = Math.abs(newestAgo) > ASTRAY_US ? newestAgo : Math.min(0, newestAgo);
    for (const index of news)
      each(
        Number(now - readStamp(index)) - offset,
        sampleValue(view, index * SAMPLE.size + SAMPLE.value, this.#valueType[0]!),
      );
  }
}
