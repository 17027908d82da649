/**
 * PyTorch's caching allocator for blocks of 10 MiB and more, step by step (c10/cuda/CUDACachingAllocator.cpp): the
 * smallest free block that is large enough, split where more than 1 MiB is left of it; else a new segment, rounded up
 * to 2 MiB; a freed block joins its free neighbours. Segments are never given back.
 */
const MiB = 2 ** 20;

interface Block {
  size: number;
  free: boolean;
}

export class CachingAllocator {
  private readonly segments: Block[][] = [];

  get reserved(): number {
    return this.segments.reduce(
      (sum, blocks) => sum + blocks.reduce((total, { size }) => total + size, 0),
      0,
    );
  }

  /** Bytes of segments nothing lives in. */
  get empty(): number {
    return this.segments.reduce(
      (sum, blocks) => sum + (blocks.every(({ free }) => free) ? blocks[0]!.size : 0),
      0,
    );
  }

  allocate(bytes: number): Block {
    const wanted = Math.ceil(bytes / 512) * 512;
    let best: { readonly blocks: Block[]; readonly index: number } | undefined;
    let smallest = Number.POSITIVE_INFINITY;
    for (const blocks of this.segments) {
      for (const [index, { free, size }] of blocks.entries()) {
        if (!free || size < wanted || size >= smallest) continue;
        best = { blocks, index };
        smallest = size;
      }
    }
    if (!best) {
      const blocks = [{ size: Math.ceil(wanted / (2 * MiB)) * 2 * MiB, free: true }];
      this.segments.push(blocks);
      best = { blocks, index: 0 };
    }
    const { blocks, index } = best;
    const block = blocks[index]!;
    if (block.size - wanted > MiB) {
      blocks.splice(index + 1, 0, { size: block.size - wanted, free: true });
      block.size = wanted;
    }
    block.free = false;
    return block;
  }

  release(block: Block): void {
    const blocks = this.segments.find((some) => some.includes(block))!;
    block.free = true;
    for (let index = blocks.length - 1; index > 0; index--) {
      if (!blocks[index]!.free || !blocks[index - 1]!.free) continue;
      blocks[index - 1]!.size += blocks[index]!.size;
      blocks.splice(index, 1);
    }
  }
}
