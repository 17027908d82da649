/**
 * Two running totals of a dry run and their high-water marks, kept as the workload keeps them of its live tensors:
 *   allocated   bytes of distinct live buffers, by component
 *   numBytes    tfjs's own count: every tensor counts its full size, even when it shares a buffer with others
 * A phase's marks start with the values at its begin and move only on strictly greater ones. Beside them the bytes
 * allocated after each new buffer, one for every operation that makes one, and the block of the model it is of: the
 * curve within the phase.
 */
import { type Digest, RunningDigest } from '../../base/running-digest';
import { COMPONENTS, type Component } from '../../base/vocabulary';
import type { ComponentBytes } from '../types';

const COMPONENT_INDEX = Object.fromEntries(
  COMPONENTS.map((name, index) => [name, index]),
) as Readonly<Record<Component, number>>;

export interface DryBuffer {
  references: number;
  readonly bytes: number;
  component: number;
  /** Number of its allocation, by which a later retag knows whether it stood at the high-water mark. */
  readonly order: number;
}

/** What a phase has allocated at its end and at its high-water mark. */
export interface PhaseBytes {
  readonly end: number;
  readonly endComponents: ComponentBytes;
  readonly total: number;
  readonly components: ComponentBytes;
  readonly frameworkCount: { readonly end: number; readonly peak: number };
  /** The largest single buffer made until now. */
  readonly largest: number;
  /** Of the bytes allocated after each new buffer since the phase began or was last read. */
  readonly operations: Digest;
  readonly curve: OperationCurve;
}

/** At each new buffer in order: bytes allocated with it, and the block of the model that made it, -1 outside all. */
export interface OperationCurve {
  readonly allocated: Float64Array;
  readonly block: Int32Array;
}

/** What a stretch of a program does to the totals, all told from where it begins. */
export interface Stretch {
  /** After each new buffer. */
  readonly allocated: readonly number[];
  /** By component, at its highest moment (the first of equals) and at its end. */
  readonly high: Float64Array;
  readonly end: Float64Array;
  readonly highest: number;
  /** Which of its new buffers, counted from 1, made the highest moment; 0 where nothing rose above the beginning. */
  readonly highestAllocation: number;
  readonly counted: { readonly end: number; readonly peak: number };
}

/** Where no block of the model is at work. */
const NO_BLOCK = -1;

export class DryTotals {
  readonly #live = new Float64Array(COMPONENTS.length);
  readonly #high = new Float64Array(COMPONENTS.length);
  #context = 0;
  #allocated = 0;
  #peak = 0;
  #allocations = 0;
  #largest = 0;
  #peakAllocations = 0;
  #numBytes = 0;
  #peakNumBytes = 0;
  #curve: number[] = [];
  #blocks: number[] = [];
  #block = NO_BLOCK;

  setContext(component: Component): void {
    this.#context = COMPONENT_INDEX[component];
  }

  within<T>(component: Component, f: () => T): T {
    const outer = this.#context;
    this.setContext(component);
    const result = f();
    this.#context = outer;
    return result;
  }

  /** The block of the model that what follows is of; NO_BLOCK where it is of none. */
  get block(): number {
    return this.#block;
  }

  withinBlock<T>(block: number, f: () => T): T {
    const outer = this.#block;
    this.#block = block;
    const result = f();
    this.#block = outer;
    return result;
  }

  /** Moves a buffer to another component, and in the high-water split too if it was alive at that moment. */
  retag({ buffer }: { readonly buffer: DryBuffer }, component: Component): void {
    const index = COMPONENT_INDEX[component];
    if (buffer.component === index) return;
    this.#move(this.#live, buffer, index);
    if (buffer.order <= this.#peakAllocations) this.#move(this.#high, buffer, index);
    buffer.component = index;
  }

  beginPhase(): void {
    this.#markPeak();
    this.#peakNumBytes = this.#numBytes;
    this.#takeCurve();
  }

  read(): PhaseBytes {
    const curve = this.#takeCurve();
    return {
      end: this.#allocated,
      endComponents: split(this.#live),
      total: this.#peak,
      components: split(this.#high),
      frameworkCount: { end: this.#numBytes, peak: this.#peakNumBytes },
      largest: this.#largest,
      operations: digest(curve.allocated),
      curve,
    };
  }

  /** How many buffers have been made. */
  protected get allocations(): number {
    return this.#allocations;
  }

  protected get context(): number {
    return this.#context;
  }

  /** A new buffer with one reference, in the component of the context. */
  protected allocate(bytes: number): DryBuffer {
    const buffer = { references: 1, bytes, component: this.#context, order: ++this.#allocations };
    this.#live[buffer.component]! += bytes;
    this.#allocated += bytes;
    if (this.#allocated > this.#peak) this.#markPeak();
    if (bytes > this.#largest) this.#largest = bytes;
    this.#curve.push(this.#allocated);
    this.#blocks.push(this.#block);
    return buffer;
  }

  /** One reference less; the last frees. */
  protected release(buffer: DryBuffer): void {
    if (--buffer.references > 0) return;
    this.#live[buffer.component]! -= buffer.bytes;
    this.#allocated -= buffer.bytes;
  }

  /** tfjs's count of tensors, up or down. */
  protected count(bytes: number): void {
    this.#numBytes += bytes;
    if (this.#numBytes > this.#peakNumBytes) this.#peakNumBytes = this.#numBytes;
  }

  /** Runs `f`, in which nothing is retagged. */
  protected record(f: () => void): Stretch {
    const before = {
      live: this.#live.slice(),
      allocated: this.#allocated,
      numBytes: this.#numBytes,
      operations: this.#curve.length,
      marks: {
        high: this.#high.slice(),
        peak: this.#peak,
        allocations: this.#peakAllocations,
        numBytes: this.#peakNumBytes,
      },
    };
    const firstAllocation = this.#allocations;
    this.#markPeak();
    this.#peakNumBytes = this.#numBytes;
    f();
    const stretch: Stretch = {
      allocated: this.#curve.slice(before.operations).map((bytes) => bytes - before.allocated),
      end: this.#live.map((bytes, index) => bytes - before.live[index]!),
      high: this.#high.map((bytes, index) => bytes - before.live[index]!),
      highest: this.#peak - before.allocated,
      highestAllocation: this.#peakAllocations - firstAllocation,
      counted: {
        end: this.#numBytes - before.numBytes,
        peak: this.#peakNumBytes - before.numBytes,
      },
    };
    if (this.#peak <= before.marks.peak) {
      this.#peak = before.marks.peak;
      this.#high.set(before.marks.high);
      this.#peakAllocations = before.marks.allocations;
    }
    this.#peakNumBytes = Math.max(this.#peakNumBytes, before.marks.numBytes);
    return stretch;
  }

  /** Does to the totals what the stretch did where it was recorded. */
  protected repeat({ allocated, end, high, highest, highestAllocation, counted }: Stretch): void {
    const base = this.#allocated;
    if (base + highest > this.#peak) {
      this.#markPeak();
      this.#peak = base + highest;
      this.#peakAllocations += highestAllocation;
      high.forEach((bytes, index) => {
        this.#high[index]! += bytes;
      });
    }
    for (const bytes of allocated) {
      this.#curve.push(base + bytes);
      this.#blocks.push(this.#block);
    }
    this.#allocations += allocated.length;
    end.forEach((bytes, index) => {
      this.#live[index]! += bytes;
      this.#allocated += bytes;
    });
    this.#peakNumBytes = Math.max(this.#peakNumBytes, this.#numBytes + counted.peak);
    this.#numBytes += counted.end;
  }

  #takeCurve(): OperationCurve {
    const taken = {
      allocated: new Float64Array(this.#curve),
      block: new Int32Array(this.#blocks),
    };
    this.#curve = [];
    this.#blocks = [];
    return taken;
  }

  #markPeak(): void {
    this.#peak = this.#allocated;
    this.#high.set(this.#live);
    this.#peakAllocations = this.#allocations;
  }

  #move(totals: Float64Array, buffer: DryBuffer, index: number): void {
    totals[buffer.component]! -= buffer.bytes;
    totals[index]! += buffer.bytes;
  }
}

/**
 * A phase that was walked from one resting state of the engine, as it is from another that holds more: the same
 * operations, with as much more beneath them. `before` and `after` are phases that ended in the two states, `after` later.
 */
export function raised(phase: PhaseBytes, before: PhaseBytes, after: PhaseBytes): PhaseBytes {
  const bytes = after.end - before.end;
  const counted = after.frameworkCount.end - before.frameworkCount.end;
  const raise = (components: ComponentBytes): ComponentBytes =>
    split(
      Float64Array.from(
        COMPONENTS,
        (name) =>
          (components[name] ?? 0) +
          (after.endComponents[name] ?? 0) -
          (before.endComponents[name] ?? 0),
      ),
    );
  const allocated = phase.curve.allocated.map((value) => value + bytes);
  return {
    end: phase.end + bytes,
    endComponents: raise(phase.endComponents),
    total: phase.total + bytes,
    components: raise(phase.components),
    frameworkCount: {
      end: phase.frameworkCount.end + counted,
      peak: phase.frameworkCount.peak + counted,
    },
    largest: after.largest,
    operations: digest(allocated),
    curve: { allocated, block: phase.curve.block },
  };
}

function digest(allocated: Float64Array): Digest {
  const running = new RunningDigest();
  for (const bytes of allocated) running.add(bytes);
  return running.take();
}

function split(bytes: Float64Array): ComponentBytes {
  const result: Partial<Record<Component, number>> = {};
  COMPONENTS.forEach((name, index) => {
    if (bytes[index]) result[name] = bytes[index];
  });
  return result;
}
