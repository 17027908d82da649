/**
 * Bytes of live tensors, counted by listening at the one gate through which tfjs's engine counts: trackTensor and
 * disposeTensor. Two figures, both exact:
 *
 *   allocated   bytes of distinct live data buffers, split by component: what memory really holds
 *   numBytes    the framework's own count, which counts a buffer once for every tensor that views it
 *
 * Each has a high-water mark per phase: it starts at the phase's begin with the value then and moves only on strictly
 * greater values. A buffer belongs to the component named by the context in which it was allocated; `retag` moves it
 * when its role becomes known later, and corrects the high-water split when the buffer was alive at that moment.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Digest, RunningDigest } from '../../shared/base/running-digest';
import { COMPONENTS, type Component } from '../../shared/base/vocabulary';
import { engineInternals } from '../tfjs/internals';

/** A live buffer. */
interface LiveBuffer {
  /** Index into COMPONENTS. */
  component: number;
  readonly bytes: number;
  /** How many buffers were allocated until it was, itself included. */
  readonly order: number;
}

export type Split = Partial<Record<Component, number>>;
interface LiveBytesReading {
  readonly allocated: number;
  readonly components: Split;
  readonly peak: number;
  readonly peakComponents: Split;
  /** Monotonic nanoseconds at which the high-water mark was reached. */
  readonly peakTs: bigint;
  readonly numBytes: number;
  readonly peakNumBytes: number;
  /** Of the bytes allocated after each new buffer since the phase began or was last read. */
  readonly operations: Digest;
  /** Moments since the last reading, in order of time, at most MAX_TRAIL_LENGTH of them and the high-water mark. */
  readonly trail: readonly TrailPoint[];
}

/** Bytes allocated at a moment; where a new buffer made them so, with its number among those of the phase, from 1. */
export type TrailPoint = readonly [ts: bigint, allocated: number, operation?: number];

/** Between two points of the trail, at first. */
const TRAIL_NS = 2_000_000n;
const MAX_TRAIL_LENGTH = 512;

/** Index into COMPONENTS by name. */
const INDEX = Object.fromEntries(COMPONENTS.map((name, index) => [name, index])) as Readonly<
  Record<Component, number>
>;

export class LiveTensorBytes {
  readonly #internals = engineInternals();
  readonly #buffers = new Map<object, LiveBuffer>();
  readonly #live = new Float64Array(COMPONENTS.length);
  readonly #high = new Float64Array(COMPONENTS.length);
  #context: Component = 'workspace';
  #allocations = 0;
  #allocated = 0;
  #peak = 0;
  #peakAllocations = 0;
  /** Number of the operation that reached the high-water mark; null where it stood when the phase began. */
  #peakOperation: number | null = null;
  #peakTs = process.hrtime.bigint();
  #peakNumBytes = 0;
  readonly #operations = new RunningDigest();
  /** Since the phase began or was last read. */
  #operationCount = 0;
  #trail: TrailPoint[] = [];
  #trailInterval = TRAIL_NS;

  /** Starts listening. Call once, before the first tensor. */
  attach(): this {
    const internals = this.#internals;
    const track = internals.trackTensor.bind(internals);
    const dispose = internals.disposeTensor.bind(internals);
    internals.trackTensor = (tensor, backend) => {
      const known = internals.state.tensorInfo.has(tensor.dataId);
      track(tensor, backend);
      if (!known) this.#onAllocate(tensor.dataId);
      if (internals.state.numBytes > this.#peakNumBytes)
        this.#peakNumBytes = internals.state.numBytes;
    };
    internals.disposeTensor = (tensor) => {
      const { dataId } = tensor;
      dispose(tensor);
      if (!internals.state.tensorInfo.has(dataId)) this.#onFree(dataId);
    };
    return this;
  }

  /** Sets the component of buffers allocated from here on. */
  setContext(component: Component): void {
    this.#context = component;
  }

  /** Runs `f` with another context. */
  within<T>(component: Component, f: () => T): T {
    const outer = this.#context;
    this.#context = component;
    try {
      return f();
    } finally {
      this.#context = outer;
    }
  }

  /** Moves a live buffer to another component, in the present split and where due in the high-water split. */
  retag(tensor: Tensor, component: Component): void {
    const buffer = this.#buffers.get(tensor.dataId);
    const index = INDEX[component];
    if (!buffer || buffer.component === index) return;
    this.#live[buffer.component]! -= buffer.bytes;
    this.#live[index]! += buffer.bytes;
    if (buffer.order <= this.#peakAllocations) {
      this.#high[buffer.component]! -= buffer.bytes;
      this.#high[index]! += buffer.bytes;
    }
    buffer.component = index;
  }

  /** Restarts the high-water marks from the values now. */
  beginPhase(): void {
    this.#markPeak();
    this.#peakNumBytes = this.#internals.state.numBytes;
    this.#startCounting();
    this.#operations.take();
  }

  /** The figures now; the trail starts anew. */
  read(): LiveBytesReading {
    const trail = this.#takeTrail();
    this.#startCounting();
    return {
      trail,
      allocated: this.#allocated,
      components: split(this.#live),
      peak: this.#peak,
      peakComponents: split(this.#high),
      peakTs: this.#peakTs,
      numBytes: this.#internals.state.numBytes,
      peakNumBytes: this.#peakNumBytes,
      operations: this.#operations.take(),
    };
  }

  #onAllocate(dataId: object): void {
    const bytes = this.#internals.state.tensorInfo.get(dataId)?.bytes ?? 0;
    const component = INDEX[this.#context];
    this.#buffers.set(dataId, { component, bytes, order: ++this.#allocations });
    this.#live[component]! += bytes;
    this.#allocated += bytes;
    this.#operationCount += 1;
    if (this.#allocated > this.#peak) {
      this.#markPeak();
      this.#peakOperation = this.#operationCount;
    }
    this.#operations.add(this.#allocated);
    this.#extendTrail(this.#operationCount);
  }

  #onFree(dataId: object): void {
    const buffer = this.#buffers.get(dataId);
    if (!buffer) return;
    this.#buffers.delete(dataId);
    this.#live[buffer.component]! -= buffer.bytes;
    this.#allocated -= buffer.bytes;
    this.#extendTrail();
  }

  /** Points of a line to draw between the exact marks: fewer a second as a phase lasts, so that their number is bounded. */
  #extendTrail(operation?: number): void {
    const now = process.hrtime.bigint();
    const last = this.#trail.at(-1);
    if (last && now - last[0] < this.#trailInterval) return;
    this.#trail.push(
      operation === undefined ? [now, this.#allocated] : [now, this.#allocated, operation],
    );
    if (this.#trail.length < MAX_TRAIL_LENGTH) return;
    this.#trail = this.#trail.filter((_, index) => index % 2 === 0);
    this.#trailInterval *= 2n;
  }

  #takeTrail(): readonly TrailPoint[] {
    const trail = this.#trail;
    this.#trail = [];
    this.#trailInterval = TRAIL_NS;
    if (this.#peakOperation === null) return trail;
    const before = trail.findLastIndex(([ts]) => ts < this.#peakTs) + 1;
    const peak: TrailPoint = [this.#peakTs, this.#peak, this.#peakOperation];
    return [
      ...trail.slice(0, before),
      peak,
      ...trail.slice(before).filter(([, , operation]) => operation !== this.#peakOperation),
    ];
  }

  #startCounting(): void {
    this.#operationCount = 0;
    this.#peakOperation = null;
  }

  #markPeak(): void {
    this.#peak = this.#allocated;
    this.#high.set(this.#live);
    this.#peakAllocations = this.#allocations;
    this.#peakTs = process.hrtime.bigint();
  }
}

function split(bytes: Float64Array): Split {
  const result: Split = {};
  COMPONENTS.forEach((name, index) => {
    if (bytes[index]) result[name] = bytes[index];
  });
  return result;
}
