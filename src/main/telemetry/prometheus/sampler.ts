/**
 * Readings of a cluster, through the Prometheus server that scrapes it: raw samples since the last answer, with the
 * times they were scraped at.
 *
 * Guarantees: one question at a time; no sample is asked for in vain or kept twice, those that a server held back while
 * it did not answer included; a line whose samples end while the server answers has a gap. Times are the server's, less
 * what this machine slept, since the session's clock stands still meanwhile: what was scraped then is left out.
 */
import { Failure } from '../../../shared/base/failure';
import type { Micros, Millis } from '../../../shared/base/units';
import type { SessionClock } from '../../install/session-clock';
import { describeGpuSeries } from '../../nvidia-smi-format/gpu-fields';
import type { PrometheusServer, Seconds } from '../../prometheus/server';
import type { Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import type { ClusterLine, ClusterLines } from './cluster-lines';

/** Asked for again each time, since a sample may reach the server late. */
const OVERLAP: Seconds = 30;
/** What a server kept while it was not to be reached is asked for up to so far back. */
const MAX_BEHIND: Seconds = 3600;
const ANSWER_MS: Millis = 20_000;
const LAST_ANSWER_MS: Millis = 3000;
/** A clock that is drawn towards the right time is not set. */
const STEP_US: Micros = 2_000_000;
/** A line is silent that has missed so many of its samples. */
const MISSED = 3;

export interface PrometheusSamplerOptions {
  readonly server: PrometheusServer;
  readonly selector: string;
  readonly lines: ClusterLines;
  /** Between two questions. */
  readonly intervalMs: Millis;
  /** How far the server's clock is ahead of this machine's. */
  readonly aheadMs: Millis;
}

export class PrometheusSampler implements Sampler {
  readonly id = 'prometheus';
  readonly #options: PrometheusSamplerOptions;
  #sink: SampleSink | null = null;
  #clock: SessionClock = { now: () => 0 };
  /** The server's time at the session's zero, in microseconds since 1970. */
  #zeroUs = 0;
  /** The same by this machine's clock of day. */
  #localZeroUs = 0;
  /** When in the session the machine woke last. */
  #wokeAt: Micros = 0;
  #answeredTo: Seconds = 0;
  /** Lines that have a gap which goes on. */
  readonly #silent = new Set<ClusterLine>();
  #asking: Promise<void> | null = null;
  #end = () => {};

  constructor(options: PrometheusSamplerOptions) {
    this.#options = options;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { lines, intervalMs, aheadMs } = this.#options;
    this.#sink = sink;
    this.#clock = clock;
    this.#localZeroUs = Date.now() * 1000 - clock.now();
    this.#zeroUs = this.#localZeroUs + aheadMs * 1000;
    this.#answeredTo = this.#zeroUs / 1e6;
    for (const { gpu, field } of lines.lines)
      sink.declare({ ...describeGpuSeries(gpu, field, this.#lineUs), source: this.id });
    for (const text of lines.warnings) sink.warn(text);
    this.#end = every(intervalMs, () => {
      this.#asking ??= this.#ask(ANSWER_MS).finally(() => {
        this.#asking = null;
      });
    });
  }

  async stop(): Promise<void> {
    this.#end();
    this.#end = () => {};
    await this.#asking;
    if (this.#sink === null) return;
    await this.#ask(LAST_ANSWER_MS);
    this.#tellSilent(this.#clock.now());
    this.#sink = null;
  }

  /** Between two samples of a line, as far as is known. */
  get #lineUs(): Micros {
    return this.#options.lines.intervalUs ?? this.#options.intervalMs * 1000;
  }

  async #ask(withinMs: Millis): Promise<void> {
    const { server, selector, lines } = this.#options;
    try {
      await this.#followClocks();
      const t = this.#clock.now();
      const now: Seconds = (this.#zeroUs + t) / 1e6;
      const span = Math.min(MAX_BEHIND, Math.ceil(now - this.#answeredTo) + OVERLAP);
      const samples = lines.read(await server.ask(`${selector}[${span}s]`, now, withinMs));
      for (const { line, us, reading } of samples) {
        this.#silent.delete(line);
        const at = us - this.#zeroUs;
        if (at >= this.#wokeAt) this.#sink?.push(line.id, at, reading);
      }
      this.#answeredTo = now;
      for (const text of lines.warnings) this.#sink?.warn(text);
      this.#tellSilent(t);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // What is missing now may come with a later answer, so it is no gap yet.
      this.#sink?.warn(`${error.message} What it keeps meanwhile is read once it answers again.`);
    }
  }

  /**
   * Where this machine's clock of day was set, or it slept, the server is asked for its time: after a sleep it is further
   * on than the session is.
   */
  async #followClocks(): Promise<void> {
    const localZeroUs = Date.now() * 1000 - this.#clock.now();
    if (Math.abs(localZeroUs - this.#localZeroUs) < STEP_US) return;
    const before = this.#clock.now();
    const there = (await this.#options.server.askTime()) * 1e6;
    const t = this.#clock.now();
    const zeroUs = there - (before + t) / 2;
    this.#localZeroUs = localZeroUs;
    if (Math.abs(zeroUs - this.#zeroUs) < STEP_US) return;
    this.#zeroUs = zeroUs;
    this.#wokeAt = t;
    this.#answeredTo = there / 1e6;
  }

  /** Where the samples of a line have ended by `t`. */
  #tellSilent(t: Micros): void {
    for (const line of this.#options.lines.lines) {
      const since = this.#silentSince(line);
      if (t - since < MISSED * this.#lineUs) continue;
      const times = this.#silent.has(line) ? [t] : [since + this.#lineUs, t];
      this.#silent.add(line);
      for (const at of times) this.#sink?.push(line.id, at, { kind: 'absent', reason: 'not_read' });
    }
  }

  #silentSince({ latestUs }: ClusterLine): Micros {
    return Math.max(this.#wokeAt, latestUs - this.#zeroUs);
  }
}
