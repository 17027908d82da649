/**
 * The log of an inference engine as a trace: per rank what its memory is made of while it starts, as the engine itself
 * counts it. Loading ends where the weights are told; a trial run is the prefill that the engine tried; from where its
 * pools are told on it stands as it decodes. Each figure is a component, so that it lies beside the budget's own.
 *
 * Guarantees: bytes are those of the log, or the difference of two of its lines; what it tells of one rank is never
 * taken for another's; of several starts in a file the last counts, and that is said.
 */
import { formatBytes, formatInteger } from '../../../shared/base/format';
import type { Bytes, Micros } from '../../../shared/base/units';
import { ENGINE_LOG } from '../../../shared/base/vocabulary';
import { SERVER_NAMES, type Server } from '../../../shared/model/choices';
import type { Head, ImportFormat, LineSink } from '../protocol';
import { parseInstant, type Stamp } from '../stamps';
import type { TraceBuilder } from '../trace';
import {
  type EngineComponent,
  type EngineTold,
  type How,
  readEngineLine,
  recognizeEngine,
} from './engine-lines';
import { findSeat, numberSeats, readEngineTime, type Seat } from './engine-ranks';
import { describeFramework } from './framework';

/** Between lines of one second, so that a moment lies between any two. */
const STEP_US: Micros = 2;
/** Between lines of a log without times. */
const LINE_US: Micros = 1_000_000;

export const engineLog: ImportFormat = {
  kind: ENGINE_LOG,
  recognizes: ({ lines }) => recognizeEngine(lines) !== null,
  open: (trace, head) => new EngineLogReader(trace, head),
};

interface Held {
  readonly bytes: Bytes;
  readonly at: Micros;
}

/** One rank, from its last start on. */
class Rank {
  readonly seat: Seat;
  began: Micros;
  readonly held = new Map<EngineComponent, Held>();
  passing: Held | null = null;
  #last: Micros;
  #freeBefore: Bytes | null = null;
  /** Weights were told since something was reserved: what comes is another model's. */
  #isOtherModel = false;

  constructor(seat: Seat, began: Micros) {
    this.seat = seat;
    this.began = began;
    this.#last = began - STEP_US;
  }

  /** Lines of one second stay in their order. */
  tell(told: EngineTold, given: Micros): void {
    const at = Math.max(given, this.#last + STEP_US);
    if (told.kind === 'held') this.#hold(told.component, told.bytes, told.how, at);
    else if (told.kind === 'free-before') this.#freeBefore = told.bytes;
    else if (told.kind === 'free-after') {
      if (this.#freeBefore !== null)
        this.#hold(told.component, Math.max(0, this.#freeBefore - told.bytes), 'more', at);
      this.#freeBefore = null;
    } else if (told.kind === 'passing') {
      this.passing = { bytes: told.bytes, at: this.held.get('kv_cache')?.at ?? at };
      this.#last = at;
    } else if (told.kind === 'projected') this.held.clear();
  }

  /** When everything that is told of it is there. */
  get end(): Micros {
    return [...this.held.values()].reduce((last, { at }) => Math.max(last, at), this.began);
  }

  #hold(component: EngineComponent, told: Bytes, how: How, at: Micros): void {
    const known = this.held.get(component);
    if (known && how === 'unless-known') return;
    this.#last = at;
    // An allocator that gave more back than it took holds nothing of it.
    const bytes = Math.max(0, told);
    const isMore = how === 'more' || (how === 'latest' && this.#isOtherModel);
    this.held.set(component, {
      bytes: isMore && known ? known.bytes + bytes : bytes,
      at: isMore ? at : (known?.at ?? at),
    });
    this.#isOtherModel = component === 'params' || (this.#isOtherModel && how !== 'latest');
  }
}

class EngineLogReader implements LineSink {
  readonly #trace: TraceBuilder;
  readonly #engine: Server;
  readonly #ranks = new Map<string, Rank>();
  /** Whether the engine's own times count, or those in front of all lines. */
  readonly #hasOwnTimes: boolean;
  #first: Stamp | null = null;
  #began: Micros | null = null;
  #at: Micros = 0;
  #rows = 0;
  #isReady = false;
  #restarts = 0;
  #hostBytes: Bytes = 0;

  constructor(trace: TraceBuilder, head: Head) {
    this.#trace = trace;
    this.#engine = recognizeEngine(head.lines) ?? 'vllm';
    this.#hasOwnTimes = head.lines.some((line) => readEngineTime(line) !== null);
  }

  line(text: string): void {
    const stamp = this.#hasOwnTimes ? readEngineTime(text) : this.#trace.moment;
    if (stamp) this.#setTime(stamp);
    for (const told of readEngineLine(this.#engine, text)) this.#tell(told, text);
  }

  end(): void {
    const told = [...this.#ranks.values()].filter(({ held }) => held.size > 0);
    const numbers = numberSeats(told.map(({ seat }) => seat));
    if (this.#first && !this.#first.undated) {
      const instant = parseInstant(this.#first).getTime() * 1000;
      this.#trace.epochUs = instant - this.#first.us;
    }
    this.#trace.lacksYear = this.#first?.undated === 'date';
    if (told.length > 0) this.#trace.originUs = this.#began;
    for (const rank of told) writeRank(this.#trace, rank, numbers.get(rank.seat.key) ?? 0);
    this.#remark(told);
  }

  #setTime(stamp: Stamp): void {
    this.#first ??= stamp;
    this.#at = stamp.us;
    this.#began ??= stamp.us;
  }

  #tell(told: EngineTold, line: string): void {
    if (told.kind === 'ready') {
      this.#isReady = true;
      return;
    }
    if (told.kind === 'host') {
      this.#hostBytes += told.bytes;
      return;
    }
    if (this.#first === null) this.#at = this.#rows++ * LINE_US;
    this.#began ??= this.#at;
    if (this.#isReady && told.kind === 'held' && told.component === 'params') this.#restart();
    if (told.kind === 'tokens' || told.kind === 'outside') this.#note(told, line);
    else if (told.kind === 'projected') for (const rank of this.#ranks.values()) rank.tell(told, 0);
    else this.#rankOf(told, line).tell(told, this.#at);
  }

  /** The engine was started anew: nothing of what it held before is there any more. */
  #restart(): void {
    this.#restarts++;
    this.#isReady = false;
    this.#began = this.#at;
    this.#hostBytes = 0;
    this.#ranks.clear();
  }

  #rankOf(told: EngineTold, line: string): Rank {
    const device = told.kind === 'held' ? told.device : undefined;
    const seat: Seat =
      device === undefined ? findSeat(line) : { key: `device ${device}`, axes: [0, 0, device] };
    const found = this.#ranks.get(seat.key) ?? new Rank(seat, this.#began ?? this.#at);
    this.#ranks.set(seat.key, found);
    return found;
  }

  #note(told: Extract<EngineTold, { kind: 'tokens' | 'outside' }>, line: string): void {
    const text =
      told.kind === 'tokens'
        ? `KV cache for ${formatInteger(told.tokens)} tokens`
        : `${formatBytes(told.bytes)} outside PyTorch`;
    const rank = findSeat(line).axes[2];
    this.#trace.mark({ type: 'note', t: this.#at, rank, step: null, text });
  }

  #remark(told: readonly Rank[]): void {
    const say = (words: string) => this.#trace.warn(words);
    if (told.length === 0) return;
    say(
      `${SERVER_NAMES[this.#engine]} tells what it reserves while it starts; what it uses of it afterwards is not in its log.`,
    );
    if (this.#restarts > 0) say(`The log holds ${this.#restarts + 1} starts; the last one counts.`);
    if (this.#first === null)
      say('The lines have no time of their own: they are taken in order, a second apart.');
    if (this.#hostBytes > 0)
      say(
        `${formatBytes(this.#hostBytes)} in host memory are left out: the budget is that of a device.`,
      );
    const without = told.filter(({ held }) => !held.has('kv_cache'));
    if (without.length > 0 && without.length < told.length)
      say(
        `Of ${without.length} of ${told.length} ranks the log tells no KV cache: theirs is not shown, not none.`,
      );
  }
}

/** The curve of a rank, its phases, and what each of them holds by component. */
function writeRank(trace: TraceBuilder, rank: Rank, number: number): void {
  const { held, passing, began, end } = rank;
  const series = describeFramework(
    ENGINE_LOG,
    'allocated',
    number,
    'what the engine says it reserves',
  );
  const order = [...held].sort(([, a], [, b]) => a.at - b.at);
  const components: Partial<Record<EngineComponent, Bytes>> = {};
  let allocated: Bytes = 0;
  const phase = (name: 'load' | 'prefill' | 'decode', t0: Micros, t1: Micros) => {
    const at = { rank: number, step: null };
    trace.mark({ type: 'phase', t: t0, name, event: 'begin', ...at });
    const isTrial = name === 'prefill' && passing !== null;
    trace.mark({
      type: 'memory',
      t: t1,
      phase: name,
      ...at,
      memory: {
        allocated,
        components: { ...components },
        ...(isTrial && {
          peak: allocated + passing.bytes,
          peakComponents: { ...components, activations: passing.bytes },
        }),
      },
    });
    trace.mark({ type: 'phase', t: t1, name, event: 'end', ...at });
  };
  const loaded = held.get('params')?.at ?? began;
  const pooled = passing?.at ?? held.get('kv_cache')?.at ?? loaded;
  let next = 0;
  const holdUntil = (t: Micros) => {
    for (; next < order.length && order[next]![1].at <= t; next++) {
      const [component, { bytes, at }] = order[next]!;
      components[component] = bytes;
      allocated += bytes;
      trace.point(series, at, allocated);
    }
  };
  holdUntil(loaded);
  phase('load', began, loaded);
  if (passing) {
    trace.point(series, Math.max(loaded, pooled - 1), allocated + passing.bytes);
    phase('prefill', loaded, Math.max(loaded, pooled - 1));
  }
  if (end <= loaded && next === order.length) return;
  holdUntil(end);
  phase('decode', pooled, end + 1);
}
