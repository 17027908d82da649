/**
 * Where measured and predicted meet: the overlay of one session and the findings that explain it. Field names are the
 * contract of `plumbline show --json`.
 */

import type { Bytes, Micros, Percent } from '../../base/units';
import type { Component, Confidence, FindingKind, Phase } from '../../base/vocabulary';
import type { Budget, ComponentBytes } from '../../budget/types';
import type { FoundSpans } from '../../trace/found-spans';
import type { LogLine, Marker, PhaseSpan } from '../../trace/types';
import type { Flagging } from './flags';
import type { Lines } from './lines';

export interface TierPair {
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
  /** From the run's own first steps, where no formula predicts it; left out elsewhere and in those steps. */
  readonly observed?: Bytes;
}

export interface OverlayPhase {
  readonly phase: Phase;
  readonly step: number | null;
  readonly rank: number;
  readonly span: readonly [Micros, Micros];
  /** Highest value in the span less the baseline; null when nothing was read there. */
  readonly measured: Bytes | null;
  /** Value at the span's end less the baseline. */
  readonly end: Bytes | null;
  readonly predicted: TierPair;
  readonly predictedEnd: TierPair;
  /** Measured less refined. */
  readonly residualBytes: Bytes | null;
  readonly residualEndBytes: Bytes | null;
  /** Measured less observed, where there is an observed expectation. */
  readonly residualObservedBytes?: Bytes;
  readonly flagged: boolean;
  /** By component at the highest moment and at the end, where the workload announces them (bundled workload). */
  readonly measuredComponents: ComponentBytes | null;
  readonly predictedComponents: ComponentBytes | null;
  readonly measuredEndComponents: ComponentBytes | null;
  readonly predictedEndComponents: ComponentBytes | null;
  /** The session ended while it was still open. */
  readonly isOpen?: true;
  /** The phase was found in the trace, not announced by the workload. */
  readonly inferred?: boolean;
  /** What an inferred phase is a part of: the shape of a line does not tell forward from backward. */
  readonly stage?: Stage;
  /** How sure an inferred phase is. */
  readonly confidence?: Confidence;
}

/** The observed tier of one kind of phase: what was learned from its second to fourth. */
export interface ObservedPhase {
  readonly phase: Phase;
  readonly rank: number;
  /** First and last step that it comes from; null where steps have no numbers. */
  readonly steps: readonly [number, number] | null;
  /** Certain by the objects, at the end of what was learned from. */
  readonly certain: Bytes;
  /** The rest: median, and how far apart the phases learned from were. */
  readonly rest: Bytes;
  readonly spread: Bytes;
}

/** Either a line was measured, and it has a peak, or nothing was: `series` tells which. */
export type Overlay = MeasuredOverlay | UnmeasuredOverlay;

interface OverlayCore extends Flagging {
  /** The rank whose line and phases these are; left out where the session has but one process. */
  readonly rank?: number;
  /** Series that could be used instead, best first. */
  readonly alternatives: readonly string[];
  readonly predictedPeak: TierPair;
  readonly phases: readonly OverlayPhase[];
}

export interface MeasuredOverlay extends OverlayCore {
  /** Id of the series laid over the budget. */
  readonly series: string;
  readonly baselineBytes: Bytes;
  /** The highest value less the baseline, told with the interval it was sampled at (null: reported by the framework). */
  readonly measuredPeak: {
    readonly bytes: Bytes;
    readonly at: Micros;
    readonly intervalUs: Micros | null;
  };
  /** Null where nothing was predicted. */
  readonly residualBytes: Bytes | null;
  /** Percent of the refined prediction. */
  readonly residualPercent: Percent | null;
  /** What the observed tier was learned from; left out where a formula predicts, or too few steps were seen. */
  readonly observed?: readonly ObservedPhase[];
  /** Levels the line rests on, where the workload announced no phase. */
  readonly stairs?: Stairs;
  /** How the line repeats, where no step was announced and it does; left out while the session is recorded. */
  readonly period?: {
    readonly us: Micros;
    readonly count: number;
    /** Between its lowest and its highest value. */
    readonly swing: Bytes;
    readonly span: readonly [Micros, Micros];
  };
  /** Levels and periods found in the line, where the workload announced nothing; left out while the session is recorded. */
  readonly found?: FoundSpans;
  /**
   * The line is of host memory and the prediction of a GPU's, of which nothing was measured: neither is held against the
   * other, and no residual is told. Left out elsewhere.
   */
  readonly hostBesideGpu?: true;
  /** GPUs were read, and the workload held nothing on any of them: the line is of what it did use. */
  readonly usedNoGpu?: true;
  /** Memory of the device the series belongs to; left out where it is not known. */
  readonly deviceBytes?: Bytes;
  /** Where the framework's allocator settled over the run; left out where it does not tell. */
  readonly allocator?: AllocatorLevel;
  /** What the measured bytes are made of; left out where nothing was predicted. */
  readonly ledger?: { readonly phases: readonly LedgerRow[]; readonly peak: LedgerRow };
}

/** Where a caching allocator settled; its reserve is what it took beyond the most that was in tensors. */
export interface AllocatorLevel {
  /** High-water marks between two reports included. */
  readonly allocated: Bytes;
  /** As reported: less than allocated where a cache was emptied between a high-water mark and its report. */
  readonly reserved: Bytes;
}

/** No line was read; phases that were announced stand without figures. */
export interface UnmeasuredOverlay extends OverlayCore {
  readonly series: null;
  readonly baselineBytes: 0;
  readonly measuredPeak: null;
  readonly residualBytes: null;
  readonly residualPercent: null;
  readonly stairs?: never;
  readonly period?: never;
  readonly found?: never;
  readonly hostBesideGpu?: never;
  readonly usedNoGpu?: never;
  readonly deviceBytes?: never;
  readonly allocator?: never;
  readonly observed?: never;
  readonly ledger?: never;
}

/** What a message about missing memory says; what it leaves out is null. */
export interface MemoryError {
  /** What ran out: "GPU memory", "host memory". */
  readonly what: string;
  readonly asked: Bytes | null;
  /** Of the device. */
  readonly capacity: Bytes | null;
  readonly free: Bytes | null;
  /** All that this process held on the device. */
  readonly inUse: Bytes | null;
  /** Of that, in tensors. */
  readonly allocated: Bytes | null;
  /** Held by the allocator and in no tensor. */
  readonly unallocated: Bytes | null;
  /** Of what is in tensors: pools that others cannot use, as CUDA graphs' are. */
  readonly privatePools: Bytes | null;
  /** The most that it was allowed, where that is less than the device has. */
  readonly allowed: Bytes | null;
  /** Index of the device. */
  readonly device: number | null;
  readonly others: readonly { readonly pid: number; readonly bytes: Bytes }[];
}

export interface Finding {
  readonly kind: FindingKind;
  readonly title: string;
  readonly bytes: Bytes | null;
  readonly phase: Phase | null;
  readonly span: readonly [Micros, Micros];
  readonly confidence: Confidence;
  /** The line it shows on, where that is another than the overlay's. */
  readonly series?: string;
  /** Numbers behind the finding, each a short sentence. */
  readonly evidence: readonly string[];
  /** Every stretch that is meant, where `span` is the greatest of several; at most some tens. */
  readonly spans?: readonly (readonly [Micros, Micros])[];
  /**
   * A leak or growth: what each step, token, period of the line or second adds; the first step or token that did, or the
   * second of the session from which on it did. `sinceRange`: the first and the last that it may have been, where that
   * is not known. `low` and `high`: the 95% interval of a slope that was fitted.
   */
  readonly slope?: {
    readonly bytes: Bytes;
    readonly per: 'step' | 'token' | 'period' | 'second';
    readonly since: number;
    readonly sinceRange?: readonly [number, number];
    readonly low?: Bytes;
    readonly high?: Bytes;
  };
  /** How the bytes follow from what was declared, in words. */
  readonly formula?: string;
  /** The same with the numbers put in. */
  readonly worked?: string;
  /** Running out of memory: all that the message said. */
  readonly memoryError?: MemoryError;
  /** What to do about it; ends with `command` where there is one. */
  readonly remedy?: string;
  /** The line that does or plans it, to be copied whole. */
  readonly command?: string;
  /** The declared setting the trace contradicts, with the value that fits it; `or`: others that fit it as well. */
  readonly setting?: SettingChange & { readonly or?: readonly SettingChange[] };
}

export interface SettingChange {
  readonly field: string;
  readonly declared: string | number;
  readonly fits: string | number;
}

export type Stage = 'load' | 'first-step' | 'steady' | 'prefill' | 'decode';

export const LEDGER_KINDS = [
  'predicted',
  'allocator_rounding',
  'allocator_reserve',
  'fragmentation',
  'context',
  'other_process',
  'preallocated_pool',
  'setting',
  'leak',
  'unexplained',
] as const;

export type LedgerKind = (typeof LEDGER_KINDS)[number];

export interface LedgerEntry {
  readonly kind: LedgerKind;
  /** Of a predicted entry. */
  readonly component?: Component;
  readonly bytes: Bytes;
  /** Where the figure comes from: `budget`, series ids, or `rest`. */
  readonly source: string;
  /** How finely the source counts, in bytes; 1 is exact. */
  readonly resolution: Bytes;
}

/** Entries add up to `measured` to the byte. */
export interface LedgerRow {
  /** Null for the peak of a session without phases. */
  readonly phase: Phase | null;
  /** Of a phase that was found in the trace. */
  readonly stage?: OverlayPhase['stage'];
  readonly step: number | null;
  readonly rank: number;
  /** When the highest value was seen; null where the framework kept a high-water mark without its time. */
  readonly at: Micros | null;
  readonly measured: Bytes;
  readonly entries: readonly LedgerEntry[];
}

/** Levels of a line above its baseline, rising by more than `least` from one to the next. */
export interface Stairs {
  readonly heights: readonly Bytes[];
  /** Levels closer than this were taken together, at the height of the higher. */
  readonly least: Bytes;
}

/** A session as it is diagnosed: its overlay, and what the overlay was made of. */
export interface DiagnosisInput {
  readonly overlay: Overlay;
  readonly budget: Budget | null;
  readonly spans: readonly PhaseSpan[];
  readonly markers: readonly Marker[];
  readonly lines: Lines;
  readonly logs: readonly LogLine[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationUs: Micros;
  /** Bytes in use before launch, by series id; left out where nothing was read. */
  readonly baselines?: Readonly<Record<string, Bytes>>;
  /** The bundled workload: framework bytes must equal the prediction to the byte. */
  readonly mustMatchExactly: boolean;
  /** The session is being recorded: overlay and spans hold the phases that are over. */
  readonly live?: boolean;
}
