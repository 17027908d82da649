/** What a log holds once it is read, and how its readers name GPUs: before it becomes a session. */
import type { Bytes, Micros } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import type { AllocationLedger } from '../../shared/session/allocations';
import type { Marker } from '../../shared/trace/types';
import type { ImportedSeries } from './imported-series';

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
  'pytorch-snapshot',
  'chrome-trace',
  'gpustat',
  'nvtop',
  'prometheus-text',
  'prometheus',
  'wandb',
  'mlflow',
  'trainer-state',
  'deepspeed',
  'engine-log',
  'nsight-systems',
  'plumbline-samples',
  'plumbline-tables',
  'plumbline-parquet',
] as const;

export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Kinds of files that other programs than nvidia-smi write. */
const NEIGHBOURS: ReadonlySet<ImportKind> = new Set(
  IMPORT_KINDS.slice(IMPORT_KINDS.indexOf('pytorch-snapshot')),
);
/** The program that read the counters. */
export const nameSource = (kind: ImportKind): string =>
  NEIGHBOURS.has(kind) ? kind : 'nvidia-smi';

/** A warning of a file in which nothing was found. */
export const NO_READING = 'The file holds no reading.';

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
  readonly series: readonly ImportedSeries[];
  /** Phases, steps and notes that the file tells, on the axis of its series. */
  readonly markers: readonly Marker[];
  /** Who held what at the peak, where the file tells every allocation. */
  readonly allocations: AllocationLedger | null;
  /** Cells that hold no value, by reason; those that feed no series included. */
  readonly gaps: readonly { readonly reason: AbsentReason; readonly count: number }[];
  readonly warnings: readonly string[];
  /** ISO 8601; the first stamp in the file, else null. */
  readonly startedAt: string | null;
  /** Where its times lack the year or the date: what the clock on the wall said at the start, in a year or on a day of no account; else null. */
  readonly undatedUs: Micros | null;
  readonly durationUs: Micros;
  /** The sentence nvidia-smi printed instead of, or beside, its answer. */
  readonly error: string | null;
  /** Lets go of what memory had no room for. Its series are gone then. */
  close(): void;
}

/** What a row says, by the name of the field. */
export type FieldReadings = readonly (readonly [field: string, reading: Reading])[];
