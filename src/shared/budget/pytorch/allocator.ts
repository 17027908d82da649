/**
 * PyTorch's caching allocator, in closed form: what a set of live tensors asks for, what rounding adds, and what the
 * segments that hold them take from the device.
 *
 * c10/cuda/CUDACachingAllocator.cpp: a block is rounded up to 512 B; up to 1 MiB it lives in 2 MiB segments shared with
 * others; below 10 MiB in shared segments of 20 MiB; from there on in a segment of its own, rounded up to 2 MiB. Shared
 * segments are taken to be full but for the last of 20 MiB, which is counted as 12 MiB empty (a cuBLAS workspace alone
 * makes 22 MiB reserved). So more or larger tensors never take less.
 */
import type { Bytes } from '../../base/units';

const BLOCK = 512;
const SMALL = 1_048_576;
const MIDDLE = 10_485_760;
const SEGMENT_STEP = 2_097_152;
const OPEN_SEGMENT = 12_582_912;

/** Live tensors, summed: bytes asked for, and what is needed to know the segments behind them. */
export class TensorSum {
  /** Bytes asked for. */
  requested: Bytes = 0;
  /** Bytes added by rounding each block to 512 B. */
  rounding: Bytes = 0;
  /** Blocks above 1 MiB, and the bytes that segments of single blocks are larger than their block. */
  #beyondSmall: Bytes = 0;
  #large: Bytes = 0;

  /** `count` tensors of `bytes` each. */
  add(bytes: Bytes, count = 1): this {
    if (bytes <= 0 || count <= 0) return this;
    const block = Math.ceil(bytes / BLOCK) * BLOCK;
    this.requested += bytes * count;
    this.rounding += (block - bytes) * count;
    if (block > SMALL) this.#beyondSmall += block * count;
    if (block >= MIDDLE)
      this.#large += (Math.ceil(block / SEGMENT_STEP) * SEGMENT_STEP - block) * count;
    return this;
  }

  /** All of `other`, `times` over. */
  addAll(other: TensorSum, times = 1): this {
    this.requested += other.requested * times;
    this.rounding += other.rounding * times;
    this.#beyondSmall += other.#beyondSmall * times;
    this.#large += other.#large * times;
    return this;
  }

  /** Bytes of the blocks: what torch.cuda.memory_allocated counts. */
  get allocated(): Bytes {
    return this.requested + this.rounding;
  }

  /** Bytes of the segments, were these tensors all there ever was: the least memory_reserved can be. */
  get reserved(): Bytes {
    const whole = Math.ceil((this.allocated + this.#large) / SEGMENT_STEP) * SEGMENT_STEP;
    return whole + (this.#beyondSmall > 0 ? OPEN_SEGMENT : 0);
  }
}
