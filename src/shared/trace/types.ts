/**
 * A recorded trace: series of samples, the gaps in them, and the markers a workload announced.
 *
 * Samples are columns, never rows:
 *
 *     times   [ 0, 100_012, 200_007, … ]   integer microseconds, strictly rising
 *     values  [ 7, 7, 12, … ]              integers in the series' unit
 *     gaps    [ {t0, t1, reason}, … ]      spans without a reading; never a 0 or a NaN among the values
 */
import type { Bytes, Micros } from '../base/units';
import type { AbsentReason, Component, Phase } from '../base/vocabulary';
import type { SampleSource } from './sample-source';

export type Unit =
  | 'bytes'
  | 'milliwatts'
  | 'millipercent'
  | 'millicelsius'
  | 'hertz'
  | 'bytes_per_second'
  | 'microseconds'
  | 'count';

/** How a counter behaves: an instantaneous reading, or an average over the window that ends at its time. */
export interface SeriesInfo {
  /** For example `gpu0.memory.used`, `framework.allocated`, `tree.rss`. */
  readonly id: string;
  readonly source: string;
  readonly metric: string;
  readonly unit: Unit;
  /** Length of the averaging window the counter stands for; null for an instantaneous reading. */
  readonly windowUs: Micros | null;
  /** Interval between samples, nominal or as the source proved to keep it; null when samples come as they happen. */
  readonly intervalUs: Micros | null;
  /** What the counter means, in a few words. */
  readonly about?: string;
}

export interface Gap {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly reason: AbsentReason;
}

export interface SeriesFigures {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** When the lowest and the highest value were first seen. */
  readonly minAt: Micros | null;
  readonly maxAt: Micros | null;
}

interface SeriesBase {
  readonly info: SeriesInfo;
  /** In order of their beginning. */
  readonly gaps: readonly Gap[];
}

/** Every sample in memory. */
export interface SampledSeries extends SeriesBase {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly figures?: SeriesFigures;
  readonly source?: undefined;
}

/** Samples that lie elsewhere, and are asked for by span: a day of recording is never in memory as a whole. */
export interface SourcedSeries extends SeriesBase {
  readonly source: SampleSource;
  readonly figures: SeriesFigures;
}

/** What is asked of a series is in series.ts, alike for both. */
export type SeriesData = SampledSeries | SourcedSeries;

export interface SeriesStats extends SeriesInfo {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

/**
 * One announcement of the workload. `t` is the receiver's clock mapped from the sender's monotonic time.
 * A memory marker carries bytes: `allocated` now, `peak` the high-water mark since the phase (or the previous memory
 * marker of the phase) began, and where the workload knows them both split by component.
 */
export interface MemoryMark {
  readonly allocated: Bytes;
  readonly reserved?: Bytes;
  readonly requested?: Bytes;
  readonly peak?: Bytes;
  /** When within the span the peak was reached, as session time. */
  readonly peakAt?: Micros;
  readonly components?: Readonly<Partial<Record<Component, Bytes>>>;
  readonly peakComponents?: Readonly<Partial<Record<Component, Bytes>>>;
  /** Bytes allocated at moments on the way here; it becomes samples of the series and is not stored with the marker. */
  readonly trail?: readonly TrailPoint[];
  /** What was allocated at the edges of the model's blocks in the phase that this ends. */
  readonly blocks?: BlocksMark;
  /** Further counters of the framework by its own names, for example numBytes, numBytesInGPU. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** `operation`: the number of the operation that took it there, from 1 in each phase, where the workload counts them. */
export type TrailPoint = readonly [t: Micros, allocated: Bytes, operation?: number];

/** The module that a model repeats: its layers, by name, and in order of time what was allocated as each began and ended. */
export interface BlocksMark {
  /** Their class. */
  readonly kind: string;
  readonly names: readonly string[];
  readonly edges: readonly BlockEdge[];
}

/** `edge`: 0 where the block begins, 1 where it ends; of backward too, in the order in which backward goes. */
export type BlockEdge = readonly [block: number, edge: 0 | 1, t: Micros, allocated: Bytes];

/** Bytes of one component that the script's own objects hold in one type on one device, each storage once. */
export interface HeldPart {
  readonly component: Component;
  /** As Plumbline names types (fp32, bf16), or as the framework does. */
  readonly dtype: string;
  /** As the framework names it: "cuda:0", "cpu". */
  readonly device: string;
  readonly bytes: Bytes;
}

/** What a script's modules and optimizers hold: told at the end of a phase where it is not what it was at the last. */
export interface ObjectsMark {
  readonly phase: string | null;
  readonly parts: readonly HeldPart[];
  /** What could not be told, in sentences. */
  readonly untold?: readonly string[];
}

interface MarkerBase {
  readonly t: Micros;
  readonly rank: number;
  readonly step: number | null;
}
export type Marker =
  | (MarkerBase & {
      readonly type: 'phase';
      readonly name: string;
      readonly event: 'begin' | 'end';
      /** Shape of the first tensor the model was called with, where it is not that of the call before. */
      readonly input?: readonly number[];
    })
  | (MarkerBase & { readonly type: 'step'; readonly event: 'begin' | 'end' })
  | (MarkerBase & { readonly type: 'token'; readonly index: number })
  | (MarkerBase & {
      readonly type: 'memory';
      readonly phase: string | null;
      readonly memory: MemoryMark;
    })
  | (MarkerBase & ObjectsMark & { readonly type: 'objects' })
  | (MarkerBase & {
      readonly type: 'model' | 'run';
      readonly fields: Readonly<Record<string, unknown>>;
    })
  | (MarkerBase & { readonly type: 'note'; readonly text: string });

/** A phase that happened: a span with the step it belongs to. */
export interface PhaseSpan {
  readonly phase: Phase;
  readonly step: number | null;
  readonly rank: number;
  readonly t0: Micros;
  readonly t1: Micros;
  /** The last memory marker of this span, when the workload announced one. */
  readonly memory: MemoryMark | null;
  /** The session ended while it was still open: how high it would have gone is not known. */
  readonly isOpen?: true;
}

export interface LogLine {
  readonly t: Micros;
  readonly stream: 'stdout' | 'stderr' | 'plumbline';
  readonly text: string;
}
