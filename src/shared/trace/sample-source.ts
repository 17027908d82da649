/**
 * Where samples come from that are not in memory: a session file, or lines that are made of others. Each answer takes
 * time and memory by what was asked, not by the length of the series. Spans hold both their ends; extremes are exact.
 */
import type { Micros } from '../base/units';
import type { Envelope } from './envelope';
import type { SpanStatistics } from './statistics';
import type { Summary } from './summary';

export interface TimedSample {
  readonly t: Micros;
  readonly value: number;
}

/** Some samples in a row, with the lowest and the highest value of them. */
export interface SampleRun {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

export interface SamplePage {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export interface SampleSource {
  /** Null where the span holds no sample. */
  summarize(t0: Micros, t1: Micros): Summary | null;
  /** The last sample at or before t, whatever gap follows it. */
  before(t: Micros): TimedSample | null;
  /** The first sample after t. */
  after(t: Micros): TimedSample | null;
  /** The first `limit` samples of the span. */
  samples(t0: Micros, t1: Micros, limit: number): SamplePage;
  envelope(t0: Micros, t1: Micros, columns: number): Envelope;
  statistics(t0: Micros, t1: Micros, above: number | null): SpanStatistics;
  /** The samples of the span in runs of about as many each, at most `most` runs. */
  runs(t0: Micros, t1: Micros, most: number): SampleRun[];
}
