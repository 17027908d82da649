/**
 * What a GPU sampled at 100 Hz looks like, drawn from a seed: the same on every machine.
 *
 * Eight series of a GPU are read at one tick. Ticks are 10 ms apart and come up to 0.3 ms late. Levels, noise and pace of
 * renewal follow `shared/trace/metrics.ts` and what drivers report:
 *
 *     memory.used         whole pages of 2 MiB; a level that changes every 20 s or so, on it a sawtooth of a training step
 *     utilization (two)   whole percent around a level, renewed each 1/6 s
 *     power               milliwatts around a level, new noise of some ±9 W with each reading
 *     temperature         whole degrees, drifting, renewed each second
 *     clock.sm            steps of 15 MHz, renewed each 100 ms
 *     pcie.tx, pcie.rx    whole KB/s around a level, ±20%, renewed each 20 ms
 *
 * One second in 3600 a GPU does not answer, which is a gap of all its series.
 */
import { randomFrom } from '../../support/random-runs';

export const TICKS = 100;
export const METRICS = [
  'memory.used',
  'utilization',
  'memory.utilization',
  'power',
  'temperature',
  'clock.sm',
  'pcie.tx',
  'pcie.rx',
] as const;

/** A second of one GPU: the times of its ticks, and of each series a column. */
export interface Second {
  readonly times: Float64Array;
  readonly columns: readonly Float64Array[];
}

const MiB = 2 ** 20;

export class GpuGenerator {
  readonly #next: () => number;
  #load = 0.8;
  #memory = 8000;
  #temperature = 60;
  #heldUtilization = 80;
  #heldMemoryUtilization = 40;
  #heldClock = 1800;
  #heldTx = 1000;
  #heldRx = 3000;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  /** Seconds come in order. Null: the GPU did not answer. */
  second(s: number): Second | null {
    const next = this.#next;
    if (next() < 1 / 3600) return null;
    if (next() < 0.05) {
      this.#load = next() < 0.2 ? 0.05 : 0.5 + next() / 2;
      this.#memory = 1000 + Math.floor(next() * 20_000);
    }
    this.#temperature += Math.round(
      (next() - 0.5) * 2 + (this.#load * 70 - this.#temperature) / 20,
    );
    const times = new Float64Array(TICKS);
    const columns = METRICS.map(() => new Float64Array(TICKS));
    for (let i = 0; i < TICKS; i++) {
      times[i] = (s * TICKS + i) * 10_000 + Math.floor(next() ** 2 * 300);
      this.#tick(s * TICKS + i, i, columns);
    }
    return { times, columns };
  }

  #tick(tick: number, i: number, columns: readonly Float64Array[]): void {
    const next = this.#next;
    const load = this.#load;
    if (tick % 17 === 0) {
      this.#heldUtilization = Math.round(100 * Math.min(1, load + (next() - 0.5) * 0.2));
      this.#heldMemoryUtilization = Math.round(60 * Math.min(1, load + (next() - 0.5) * 0.3));
    }
    if (tick % 10 === 0) this.#heldClock = 1980 - 15 * Math.floor(next() * 6 * load);
    if (tick % 2 === 0) {
      this.#heldTx = Math.floor(2e6 * load * (0.8 + 0.4 * next()));
      this.#heldRx = Math.floor(4e6 * load * (0.8 + 0.4 * next()));
    }
    // A step of 0.7 s: activations rise in twenty allocations and fall back.
    const sawtooth = Math.floor(((tick % 70) / 70) * 20) * 16;
    columns[0]![i] = (this.#memory + (load > 0.1 ? sawtooth : 0)) * 2 * MiB;
    columns[1]![i] = Math.max(0, this.#heldUtilization) * 1000;
    columns[2]![i] = Math.max(0, this.#heldMemoryUtilization) * 1000;
    columns[3]![i] = 60_000 + Math.floor(240_000 * load + (next() + next() + next() - 1.5) * 6000);
    columns[4]![i] = this.#temperature * 1000;
    columns[5]![i] = this.#heldClock * 1e6;
    columns[6]![i] = this.#heldTx * 1000;
    columns[7]![i] = this.#heldRx * 1000;
  }
}
