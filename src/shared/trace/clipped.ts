/** A series as it was known at a moment of it: the samples up to then, of which nothing is copied. */
import type { Micros } from '../base/units';
import type { Envelope } from './envelope';
import type { SamplePage, SampleRun, SampleSource, TimedSample } from './sample-source';
import type { SpanStatistics } from './statistics';
import type { Summary } from './summary';

export class ClippedSource implements SampleSource {
  readonly #whole: SampleSource;
  readonly #until: Micros;

  /** Nothing after `until` is told. */
  constructor(whole: SampleSource, until: Micros) {
    this.#whole = whole;
    this.#until = until;
  }

  summarize(t0: Micros, t1: Micros): Summary | null {
    return this.#whole.summarize(t0, Math.min(t1, this.#until));
  }

  before(t: Micros): TimedSample | null {
    return this.#whole.before(Math.min(t, this.#until));
  }

  after(t: Micros): TimedSample | null {
    const found = this.#whole.after(t);
    return found !== null && found.t <= this.#until ? found : null;
  }

  samples(t0: Micros, t1: Micros, limit: number): SamplePage {
    return this.#whole.samples(t0, Math.min(t1, this.#until), limit);
  }

  envelope(t0: Micros, t1: Micros, columns: number): Envelope {
    const end = Math.min(t1, this.#until);
    if (end < t0) {
      const last = this.before(t0);
      return {
        times: Float64Array.from(last ? [last.t] : []),
        values: Float64Array.from(last ? [last.value] : []),
      };
    }
    const share = t1 > t0 ? (end - t0) / (t1 - t0) : 1;
    const { times, values } = this.#whole.envelope(
      t0,
      end,
      Math.max(1, Math.ceil(columns * share)),
    );
    let n = times.length;
    while (n > 0 && (times[n - 1]! > this.#until || Number.isNaN(values[n - 1]!))) n--;
    return { times: times.subarray(0, n), values: values.subarray(0, n) };
  }

  statistics(t0: Micros, t1: Micros, above: number | null): SpanStatistics {
    return this.#whole.statistics(t0, Math.min(t1, Math.max(t0, this.#until)), above);
  }

  runs(t0: Micros, t1: Micros, most: number): SampleRun[] {
    return this.#whole.runs(t0, Math.min(t1, this.#until), most);
  }
}
