/**
 * PyTorch's caching allocator, in closed form: what a set of live tensors asks for, what rounding adds, and what the
 * segments that hold them take from the device.
 *
 * c10/cuda/CUDACachingAllocator.cpp: a block is rounded up to 512 B; up to 1 MiB it lives in 2 MiB segments shared with
 * others; below 10 MiB in shared segments of 20 MiB; from there on in a segment of its own, rounded up to 2 MiB.
 */
import type { Bytes } from '../../units';

const BLOCK = 512;
const SMALL = 1_048_576;
const SMALL_SEGMENT = 2_097_152;
const MIDDLE = 10_485_760;
const MIDDLE_SEGMENT = 20_971_520;
const LARGE_STEP = 2_097_152;

/** Live tensors, summed: bytes asked for, and what is needed to know the segments behind them. */
export class Tally {
  /** Bytes asked for. */
  requested: Bytes = 0;
  /** Bytes added by rounding each block to 512 B. */
  rounding: Bytes = 0;
  /** Rounded bytes in 2 MiB and in 20 MiB segments. */
  private small: Bytes = 0;
  private middle: Bytes = 0;
  /** Bytes that segments of single blocks are larger than their block. */
  private large: Bytes = 0;

  /** `count` tensors of `bytes` each. */
  add(bytes: Bytes, count = 1): this {
    if (bytes <= 0 || count <= 0) return this;
    const block = Math.ceil(bytes / BLOCK) * BLOCK;
    this.requested += bytes * count;
    this.rounding += (block - bytes) * count;
    if (block <= SMALL) this.small += block * count;
    else if (block < MIDDLE) this.middle += block * count;
    else this.large += (Math.ceil(block / LARGE_STEP) * LARGE_STEP - block) * count;
    return this;
  }

  /** All of `other`, `times` over. */
  addAll(other: Tally, times = 1): this {
    this.requested += other.requested * times;
    this.rounding += other.rounding * times;
    this.small += other.small * times;
    this.middle += other.middle * times;
    this.large += other.large * times;
    return this;
  }

  /** Bytes of the blocks: what torch.cuda.memory_allocated counts. */
  get allocated(): Bytes {
    return this.requested + this.rounding;
  }

  /** Bytes of the segments, were these tensors all there ever was: the least memory_reserved can be. */
  get reserved(): Bytes {
    const small = Math.ceil(this.small / SMALL_SEGMENT) * SMALL_SEGMENT - this.small;
    const middle = Math.ceil(this.middle / MIDDLE_SEGMENT) * MIDDLE_SEGMENT - this.middle;
    return this.allocated + this.large + small + middle;
  }
}

export function tally(bytes: Bytes, count = 1): Tally {
  return new Tally().add(bytes, count);
}
