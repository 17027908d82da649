/**
 * The one shape of every telemetry source. A sampler owns its timing and its child processes; it reports readings on
 * the recorder's clock and never throws after `start`: what goes wrong becomes an absent reading with its reason, and
 * where a source dies for good, one warning in plain words.
 */

import type { Micros } from '../../shared/base/units';
import type { Reading } from '../../shared/base/vocabulary';
import type { SeriesInfo } from '../../shared/trace/types';
import type { SessionClock } from '../install/session-clock';

/** Where samplers put what they read. `t` is session time. */
export interface SampleSink {
  /** Declares a series; a second declaration of the same id is ignored. */
  declare(info: SeriesInfo): void;
  push(seriesId: string, t: Micros, reading: Reading): void;
  /** The same for many values of one series, in order of time. The columns are the sink's from then on. */
  pushRun(seriesId: string, times: Float64Array, values: Float64Array): void;
  /** Something was learnt of a declared series: how often it really comes, what it means. */
  refine(seriesId: string, learnt: LearntOfSeries): void;
  warn(text: string): void;
}

export type LearntOfSeries = Partial<Pick<SeriesInfo, 'windowUs' | 'intervalUs' | 'about'>>;

export interface Sampler {
  readonly id: string;
  start(sink: SampleSink, clock: SessionClock): Promise<void>;
  /** Whether somebody looks at the trace now: readings that are handed over together come sooner then. */
  setWatched?(isWatched: boolean): void;
  /** Ends the source and everything it started; resolves when that is done. Safe to call twice. */
  stop(): Promise<void>;
}

/** Pids a process-wise sampler should look at; it changes as the workload forks. */
export interface ProcessScope {
  /** `fresh`: as they are now, where the system tells at once; else as they were a moment ago. */
  pids(fresh?: boolean): readonly number[];
  /** Rank by pid, of those processes that belong to one. */
  ranks?(): ReadonlyMap<number, number>;
}
