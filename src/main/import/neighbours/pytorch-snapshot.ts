/**
 * PyTorch's memory snapshot (`torch.cuda.memory._dump_snapshot`): every event of the caching allocator with its stack.
 * It is read twice and never held: once for the curve and the moment of its peak, once more for what was alive then.
 *
 * The history is a ring and seldom begins at zero: what the blocks at its end hold beyond the net of its events was
 * there before. Events tell the bytes that were asked for; the allocator gives multiples of 512.
 *
 * Guarantees: nothing of the file is run; memory grows with the stacks and the blocks alive, not with the events.
 */
import { statSync } from 'node:fs';
import type { Bytes } from '../../../shared/base/units';
import type {
  AliveBlock,
  AllocationLedger,
  AllocationSite,
} from '../../../shared/session/allocations';
import type { FileFormat } from '../protocol';
import type { TraceBuilder } from '../trace';
import { FrameLabels } from './frames';
import { describeFramework } from './framework';
import { parsePhaseName } from './phase-names';
import { isPickle, type PickleDict, type PickleValue, readPickle } from './pickle';

const ROUNDING: Bytes = 512;
const SHOWN_SITES = 200;
const SHOWN_BLOCKS = 100;
const BEFORE = 'before the first event';
const SOURCE = 'pytorch-snapshot';

export const pytorchSnapshot: FileFormat = {
  kind: 'pytorch-snapshot',
  recognizes: (_path, head) =>
    isPickle(head) &&
    /segments|device_traces/.test(Buffer.from(head.subarray(0, 200)).toString('latin1')),
  read(path, name, trace, onBytes) {
    const { size } = statSync(path);
    const history = new History(trace);
    readPickle(
      path,
      name,
      {
        streams: { segments: 'elements', device_traces: 'lists', external_annotations: 'elements' },
        element: ({ key, list }, value) => {
          if (!isDict(value)) return;
          if (key === 'segments') history.segment(value);
          else if (key === 'device_traces') history.event(list, value);
          else history.annotation(value);
        },
      },
      (done) => onBytes(done / 2),
    );
    trace.epochUs = 0;
    const device = history.finish();
    if (device === null) return;
    const alive = new AliveAtPeak(device);
    readPickle(
      path,
      name,
      {
        streams: { segments: 'elements', device_traces: 'lists' },
        element: ({ key, list }, value) => {
          if (isDict(value) && key === 'device_traces' && list === device.index) alive.event(value);
        },
      },
      (done) => onBytes((size + done) / 2),
    );
    trace.allocations = alive.sum();
  },
};

/** What is known of one GPU's allocator while its events are read. */
class Device {
  readonly index: number;
  /** Net of the events so far. */
  allocated: Bytes = 0;
  reserved: Bytes = 0;
  /** By the segments, at the end. */
  allocatedAtEnd: Bytes = 0;
  reservedAtEnd: Bytes = 0;
  highest: Bytes = 0;
  highestAt = 0;
  /** Events up to the peak. */
  eventsToPeak = 0;
  events = 0;

  constructor(index: number) {
    this.index = index;
  }

  /** What was allocated before the first event. */
  get before(): Bytes {
    return Math.max(0, this.allocatedAtEnd - this.allocated);
  }
}

class History {
  readonly #trace: TraceBuilder;
  readonly #devices = new Map<number, Device>();
  #outOfMemory = 0;

  constructor(trace: TraceBuilder) {
    this.#trace = trace;
  }

  segment(segment: PickleDict): void {
    const device = this.#device(toCount(segment.device));
    device.allocatedAtEnd += toCount(segment.allocated_size);
    device.reservedAtEnd += toCount(segment.total_size);
  }

  event(index: number, event: PickleDict): void {
    const device = this.#device(index);
    device.events++;
    const us = toCount(event.time_us) || device.events;
    const bytes = toCount(event.size);
    switch (event.action) {
      case 'alloc':
      case 'free_requested':
        device.allocated += event.action === 'alloc' ? roundUp(bytes) : -roundUp(bytes);
        this.#trace.point(
          describeFramework(SOURCE, 'allocated', index, ABOUT),
          us,
          device.allocated,
        );
        if (device.allocated > device.highest) {
          device.highest = device.allocated;
          device.highestAt = us;
          device.eventsToPeak = device.events;
        }
        break;
      case 'segment_alloc':
      case 'segment_map':
      case 'segment_free':
      case 'segment_unmap':
        device.reserved += /alloc|_map/.test(event.action) ? bytes : -bytes;
        this.#trace.point(describeFramework(SOURCE, 'reserved', index), us, device.reserved);
        break;
      case 'oom':
        this.#outOfMemory++;
        this.#trace.mark({
          type: 'note',
          t: us,
          rank: index,
          step: null,
          text: `out of memory: ${bytes} bytes were asked for, ${toCount(event.device_free)} were free on the device`,
        });
        break;
      default:
    }
  }

  /** What the program announced with `record_function`. */
  annotation({ name, stage, time_us: at }: PickleDict): void {
    const phase = typeof name === 'string' ? parsePhaseName(name) : null;
    if (phase === null || typeof at !== 'number') return;
    const event = typeof stage === 'string' && /start|begin|push/i.test(stage) ? 'begin' : 'end';
    this.#trace.mark({ type: 'phase', t: at, rank: 0, step: null, name: phase, event });
  }

  /** Lifts the curves to where the file says they end. Returns the GPU with the highest peak; null where no event is told. */
  finish(): Device | null {
    const devices = [...this.#devices.values()];
    for (const device of devices) {
      this.#trace.raise(describeFramework(SOURCE, 'allocated', device.index).id, device.before);
      const reserved = Math.max(0, device.reservedAtEnd - device.reserved);
      this.#trace.raise(describeFramework(SOURCE, 'reserved', device.index).id, reserved);
    }
    if (this.#outOfMemory > 0)
      this.#trace.warn(
        `The allocator ran out of memory ${this.#outOfMemory} times in this history.`,
      );
    const used = devices.filter(({ events }) => events > 0);
    if (used.length === 0)
      this.#trace.warn(
        'The snapshot holds no events: record them with torch.cuda.memory._record_memory_history() before the run.',
      );
    if (used.some(({ before }) => before > 0))
      this.#trace.warn(
        'The history does not begin with an empty allocator: what was there before is taken from the blocks at its end.',
      );
    return used.reduce<Device | null>(
      (best, one) =>
        best === null || one.highest + one.before > best.highest + best.before ? one : best,
      null,
    );
  }

  #device(index: number): Device {
    const found = this.#devices.get(index) ?? new Device(index);
    this.#devices.set(index, found);
    return found;
  }
}

interface Alive {
  readonly bytes: Bytes;
  readonly label: string;
  readonly category: string;
  readonly since: number;
}

/** Follows the events of one GPU up to its peak. */
class AliveAtPeak {
  readonly #device: Device;
  readonly #labels = new FrameLabels();
  readonly #alive = new Map<number, Alive>();
  #events = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  event({ action, addr, size, frames, time_us: at, user_metadata: words }: PickleDict): void {
    if (this.#events++ >= this.#device.eventsToPeak) return;
    if (action === 'free_requested') this.#alive.delete(toCount(addr));
    if (action !== 'alloc') return;
    this.#alive.set(toCount(addr), {
      bytes: roundUp(toCount(size)),
      label: this.#labels.label(frames),
      category: typeof words === 'string' ? words.slice(0, 100) : '',
      since: toCount(at),
    });
  }

  sum(): AllocationLedger {
    const blocks = [...this.#alive.values()].sort((a, b) => b.bytes - a.bytes);
    const told = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
    const total = this.#device.highest + this.#device.before;
    // Of blocks that are older than the history some were freed before its peak.
    const before: AllocationSite = { label: BEFORE, bytes: Math.max(0, total - told), blocks: 0 };
    const categories = addUp(blocks, ({ category }) => category || 'without a category');
    return {
      at: this.#device.highestAt,
      rank: this.#device.index,
      bytes: told + before.bytes,
      beforeBytes: before.bytes,
      sites: shorten([
        ...addUp(blocks, ({ label }) => label),
        ...(before.bytes > 0 ? [before] : []),
      ]),
      categories: blocks.some(({ category }) => category !== '') ? shorten(categories) : [],
      blocks: blocks
        .slice(0, SHOWN_BLOCKS)
        .map(({ label, bytes, since }): AliveBlock => ({ label, bytes, since })),
    };
  }
}

function addUp(blocks: readonly Alive[], name: (block: Alive) => string): AllocationSite[] {
  const sums = new Map<string, { bytes: Bytes; blocks: number }>();
  for (const block of blocks) {
    const sum = sums.get(name(block)) ?? { bytes: 0, blocks: 0 };
    sum.bytes += block.bytes;
    sum.blocks++;
    sums.set(name(block), sum);
  }
  return [...sums].map(([label, sum]) => ({ label, ...sum }));
}

/** Largest first; what is too much to show as one row. */
function shorten(sites: readonly AllocationSite[]): AllocationSite[] {
  const sorted = sites.toSorted((a, b) => b.bytes - a.bytes);
  const rest = sorted.slice(SHOWN_SITES);
  if (rest.length === 0) return sorted;
  return [
    ...sorted.slice(0, SHOWN_SITES),
    {
      label: `${rest.length} others`,
      bytes: rest.reduce((sum, { bytes }) => sum + bytes, 0),
      blocks: rest.reduce((sum, { blocks }) => sum + blocks, 0),
    },
  ];
}

const ABOUT = 'bytes in blocks of the caching allocator, each event';
const isDict = (value: PickleValue): value is PickleDict =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const toCount = (value: PickleValue | undefined): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;
const roundUp = (bytes: Bytes): Bytes => Math.max(ROUNDING, Math.ceil(bytes / ROUNDING) * ROUNDING);
