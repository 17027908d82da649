/**
 * The ledger of live tensor bytes, kept by listening at the one gate through which tfjs's engine counts: trackTensor
 * and disposeTensor. Two figures, both exact:
 *
 *   allocated   bytes of distinct live data buffers, split by component: what memory really holds
 *   numBytes    the framework's own count, which counts a buffer once for every tensor that views it
 *
 * Each has a high-water mark per phase: it starts at the phase's begin with the value then and moves only on strictly
 * greater values. A buffer belongs to the component named by the context in which it was allocated; `retag` moves it
 * when its role becomes known later, and corrects the high-water split when the buffer was alive at that moment.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { COMPONENTS, type Component } from '../../shared/base/vocabulary';

interface TensorInfo {
  readonly bytes: number;
}
interface EngineInternals {
  readonly state: { readonly numBytes: number; readonly tensorInfo: WeakMap<object, TensorInfo> };
  trackTensor(tensor: Tensor, backend: unknown): void;
  disposeTensor(tensor: Tensor): void;
}
interface Entry {
  component: number;
  readonly bytes: number;
  readonly order: number;
}

export type Split = Partial<Record<Component, number>>;
export interface LedgerReading {
  readonly allocated: number;
  readonly components: Split;
  readonly peak: number;
  readonly peakComponents: Split;
  /** Monotonic nanoseconds at which the high-water mark was reached. */
  readonly peakTs: bigint;
  readonly numBytes: number;
  readonly peakNumBytes: number;
  /** Moments since the last reading with the bytes allocated then, at most TRAIL_LENGTH of them. */
  readonly trail: readonly (readonly [ts: bigint, allocated: number])[];
}

const TRAIL_NS = 2_000_000n;
const TRAIL_LENGTH = 512;

const componentIndex = new Map<Component, number>(COMPONENTS.map((name, index) => [name, index]));

export class Ledger {
  private readonly internals = engine() as unknown as EngineInternals;
  private readonly entries = new Map<object, Entry>();
  private readonly live = new Float64Array(COMPONENTS.length);
  private readonly high = new Float64Array(COMPONENTS.length);
  private context: Component = 'workspace';
  private allocations = 0;
  private allocated = 0;
  private peak = 0;
  private peakAllocations = 0;
  private peakTs = process.hrtime.bigint();
  private peakNumBytes = 0;
  private trail: (readonly [bigint, number])[] = [];
  private trailInterval = TRAIL_NS;

  /** Starts listening. Call once, before the first tensor. */
  attach(): this {
    const { internals } = this;
    const track = internals.trackTensor.bind(internals);
    const dispose = internals.disposeTensor.bind(internals);
    internals.trackTensor = (tensor, backend) => {
      const known = internals.state.tensorInfo.has(tensor.dataId);
      track(tensor, backend);
      if (!known) this.onAllocate(tensor.dataId);
      if (internals.state.numBytes > this.peakNumBytes)
        this.peakNumBytes = internals.state.numBytes;
    };
    internals.disposeTensor = (tensor) => {
      const { dataId } = tensor;
      dispose(tensor);
      if (!internals.state.tensorInfo.has(dataId)) this.onFree(dataId);
    };
    return this;
  }

  /** Sets the component of buffers allocated from here on. */
  setContext(component: Component): void {
    this.context = component;
  }

  /** Runs `f` with another context. */
  within<T>(component: Component, f: () => T): T {
    const outer = this.context;
    this.context = component;
    try {
      return f();
    } finally {
      this.context = outer;
    }
  }

  /** Moves a live buffer to another component, in the present split and where due in the high-water split. */
  retag(tensor: Tensor, component: Component): void {
    const entry = this.entries.get(tensor.dataId);
    const index = componentIndex.get(component);
    if (!entry || index === undefined || entry.component === index) return;
    this.live[entry.component]! -= entry.bytes;
    this.live[index]! += entry.bytes;
    if (entry.order <= this.peakAllocations) {
      this.high[entry.component]! -= entry.bytes;
      this.high[index]! += entry.bytes;
    }
    entry.component = index;
  }

  /** Restarts the high-water marks from the values now. */
  beginPhase(): void {
    this.markPeak();
    this.peakNumBytes = this.internals.state.numBytes;
  }

  /** The figures now; the trail starts anew. */
  read(): LedgerReading {
    const { trail } = this;
    this.trail = [];
    this.trailInterval = TRAIL_NS;
    return {
      trail,
      allocated: this.allocated,
      components: split(this.live),
      peak: this.peak,
      peakComponents: split(this.high),
      peakTs: this.peakTs,
      numBytes: this.internals.state.numBytes,
      peakNumBytes: this.peakNumBytes,
    };
  }

  private onAllocate(dataId: object): void {
    const bytes = this.internals.state.tensorInfo.get(dataId)?.bytes ?? 0;
    const component = componentIndex.get(this.context)!;
    this.entries.set(dataId, { component, bytes, order: ++this.allocations });
    this.live[component]! += bytes;
    this.allocated += bytes;
    if (this.allocated > this.peak) this.markPeak();
    this.follow();
  }

  private onFree(dataId: object): void {
    const entry = this.entries.get(dataId);
    if (!entry) return;
    this.entries.delete(dataId);
    this.live[entry.component]! -= entry.bytes;
    this.allocated -= entry.bytes;
    this.follow();
  }

  /** A line to draw between the exact marks: thinner as a phase lasts, so that its length has a bound. */
  private follow(): void {
    const now = process.hrtime.bigint();
    const last = this.trail.at(-1);
    if (last && now - last[0] < this.trailInterval) return;
    this.trail.push([now, this.allocated]);
    if (this.trail.length < TRAIL_LENGTH) return;
    this.trail = this.trail.filter((_, index) => index % 2 === 0);
    this.trailInterval *= 2n;
  }

  private markPeak(): void {
    this.peak = this.allocated;
    this.high.set(this.live);
    this.peakAllocations = this.allocations;
    this.peakTs = process.hrtime.bigint();
  }
}

function split(bytes: Float64Array): Split {
  const result: Split = {};
  COMPONENTS.forEach((name, index) => {
    if (bytes[index]) result[name] = bytes[index];
  });
  return result;
}
