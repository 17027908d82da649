/**
 * Where samples come from that are not in memory: a session file, or lines that are made of others. Each answer takes
 * time and memory by what was asked, not by the length of the series. Spans hold both their ends; extremes are exact.
 */
import type { Micros } from '../base/units';

export interface TimedSample {
  readonly t: Micros;
  readonly value: number;
}

/** What is known of a stretch of samples without reading them again. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly minT: Micros;
  readonly max: number;
  readonly maxT: Micros;
  readonly first: number;
  readonly t0: Micros;
  readonly last: number;
  readonly t1: Micros;
  /** Of the values. */
  readonly sum: number;
  /** Of value times microseconds, from the first sample to the last; NaN where it was not kept. */
  readonly integral: number;
}

/** Points to draw. A NaN value is a break in the line, never a sample. */
export interface Envelope {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** What is said of a span. Values count by how long they were held, not by how often they were read. */
export interface SpanStatistics {
  /** Samples in the span. */
  readonly count: number;
  readonly min: { readonly t: Micros; readonly value: number } | null;
  readonly max: { readonly t: Micros; readonly value: number } | null;
  /** Of the time in which a value is known. */
  readonly mean: number | null;
  /** Of value times microseconds: of milliwatts, nanojoules. */
  readonly integral: number;
  /** How long a value is known: each from its sample until the next one, or until a gap begins. */
  readonly heldUs: Micros;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** How long the value was above the level that was asked for; null where none was. */
  readonly aboveUs: Micros | null;
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
