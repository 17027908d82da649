/**
 * Rows of several GPUs that do not say which GPU they are of. nvidia-smi prints the GPUs of one round in one order,
 * within a few milliseconds, so a row's place in its round tells its GPU. A round that is not complete tells nothing,
 * but for the first one in a file: its beginning is missing, and its end is known.
 */
import type { GpuIdentity } from './imported-trace';
import type { Stamp } from './stamps';

export interface OrderedRow {
  readonly identity: GpuIdentity;
  readonly stamp: Stamp;
  readonly payload: readonly string[];
}

/** Rounds closer than this cannot be told from the rows of one. */
const MIN_PERIOD_US = 50_000;

export class TickOrder {
  /** Rows in a complete round. */
  readonly size: number;
  dropped = 0;
  readonly #withinUs: number;
  #round: OrderedRow[] = [];
  #first = true;

  private constructor(size: number, withinUs: number) {
    this.size = size;
    this.#withinUs = withinUs;
  }

  /** Null where each row is a round of its own. */
  static detect(stamps: readonly Stamp[]): TickOrder | null {
    const steps = stamps.slice(1).map(({ us }, i) => us - stamps[i]!.us);
    const sorted = steps.filter((step) => step >= 0).sort((a, b) => a - b);
    const period = sorted.at(-1) ?? 0;
    const longest = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
    const scale = Math.max(longest, sorted.length < 20 ? period : 0);
    if (scale < MIN_PERIOD_US) return null;
    const withinUs = Math.min(scale / 4, 20_000);
    const sizes = new Map<number, number>();
    let size = 1;
    for (const step of [...steps, Number.POSITIVE_INFINITY]) {
      if (step >= 0 && step <= withinUs) {
        size++;
        continue;
      }
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
      size = 1;
    }
    const usual = [...sizes].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 1;
    return usual > 1 ? new TickOrder(usual, withinUs) : null;
  }

  /** Rows that are placed now that this one has come. */
  push(identity: GpuIdentity, stamp: Stamp, payload: readonly string[]): OrderedRow[] {
    const last = this.#round.at(-1);
    const step = last === undefined ? 0 : stamp.us - last.stamp.us;
    const done =
      last !== undefined && (step < 0 || step > this.#withinUs || this.#round.length === this.size)
        ? this.end()
        : [];
    this.#round.push({ identity, stamp, payload });
    return done;
  }

  end(): OrderedRow[] {
    const round = this.#round;
    const first = this.#first;
    this.#round = [];
    if (round.length > 0) this.#first = false;
    const missing = this.size - round.length;
    if (missing > 0 && !first) {
      this.dropped += round.length;
      return [];
    }
    return round.map((row, i) => ({ ...row, identity: { ...row.identity, index: missing + i } }));
  }
}
