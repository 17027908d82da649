/**
 * What an import is made of. A format is a small reader of lines: it recognizes the beginning of a file and then gets
 * every line of it once, so that a file of any size is read in one pass. What it finds goes into a `TraceBuilder`.
 */

import type { Bytes, Micros, Millis } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import type { SeriesData } from '../../shared/trace/types';
import type { TraceBuilder } from './trace';

export const IMPORT_KINDS = [
  'xml',
  'csv',
  'query-text',
  'dmon',
  'pmon',
  'table',
  'error',
  'processes-csv',
  'list',
  'help',
] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** The beginning of a file, decoded, without zero bytes. */
export interface Head {
  readonly fileName: string;
  readonly text: string;
  /** Lines that say anything, in order, without the last one when it may be cut. */
  readonly lines: readonly string[];
}

export interface ReadOptions {
  /** Between samples of a file without timestamps; 1 s is assumed unless given. */
  readonly intervalMs?: Millis;
  /** Names of the columns of a CSV file, where the file does not give them. */
  readonly columns?: readonly string[];
}

export interface LineSink {
  /** `complete` is false for a last line that does not end in a newline. */
  line(text: string, complete: boolean): void;
  end(): void;
}

export interface ImportFormat {
  readonly kind: ImportKind;
  recognizes(head: Head): boolean;
  open(trace: TraceBuilder, head: Head, options: ReadOptions): LineSink;
}

/** A GPU as a line names it; whatever the line leaves out is unknown. */
export interface GpuIdentity {
  readonly index?: number;
  readonly uuid?: string;
  readonly busId?: string;
  readonly name?: string;
  readonly memoryBytes?: Bytes;
}

/** A file read, before it becomes a session. */
export interface ImportedTrace {
  readonly kind: ImportKind;
  readonly driver: string | null;
  readonly cuda: string | null;
  readonly gpus: readonly GpuInfo[];
  /** Rows read: one GPU at one time. */
  readonly samples: number;
  readonly series: readonly SeriesData[];
  /** Cells that hold no value, by reason; those that feed no series included. */
  readonly gaps: readonly { readonly reason: AbsentReason; readonly count: number }[];
  readonly warnings: readonly string[];
  /** ISO 8601; the first stamp in the file, else null. */
  readonly startedAt: string | null;
  readonly durationUs: Micros;
  /** The sentence nvidia-smi printed instead of, or beside, its answer. */
  readonly error: string | null;
}

export type Readings = readonly (readonly [field: string, reading: Reading])[];
