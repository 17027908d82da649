/**
 * A series asked about one short span after another, as the phases of a session are: a stretch of samples that was read
 * answers for the spans that lie in it. What is asked out of order, or of a long span, is asked of the series itself.
 */
import type { Micros } from '../base/units';
import type { SampleSource } from './sample-source';
import { EVER } from './series';
import type { SampledSeries, SeriesData } from './types';

/** Spans that begin further behind the one before are not asked in order. */
const IN_ORDER: Micros = 600_000_000;
/** Samples of the first stretch; each that follows in order has twice as many, up to the last. */
const FIRST = 64;
const LAST = 16_384;

interface Stretch {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly samples: SampledSeries;
}

export class NearSamples {
  readonly #whole: SeriesData;
  #stretch: Stretch | null = null;
  #begun: Micros = Number.POSITIVE_INFINITY;
  #size = FIRST;

  constructor(whole: SeriesData) {
    this.#whole = whole;
  }

  /** The series, or all of its samples in the span and some beside them. */
  around(t0: Micros, t1: Micros): SeriesData {
    const { source } = this.#whole;
    if (source === undefined) return this.#whole;
    const isNext = t0 >= this.#begun && t0 - this.#begun < IN_ORDER;
    this.#begun = t0;
    if (isNext && !holds(this.#stretch, t0, t1)) this.#stretch = this.#read(source, t0);
    if (!isNext) this.#size = FIRST;
    return holds(this.#stretch, t0, t1) ? this.#stretch.samples : this.#whole;
  }

  #read(source: SampleSource, from: Micros): Stretch {
    const { info, gaps } = this.#whole;
    const { times, values } = source.samples(from, EVER.t1, this.#size);
    const isRest = times.length < this.#size;
    this.#size = Math.min(2 * this.#size, LAST);
    return {
      t0: from,
      t1: isRest ? EVER.t1 : (times.at(-1) ?? from),
      samples: { info, gaps, times, values },
    };
  }
}

const holds = (stretch: Stretch | null, t0: Micros, t1: Micros): stretch is Stretch =>
  stretch !== null && t0 >= stretch.t0 && t1 <= stretch.t1;
