/**
 * Where measured and predicted meet: the overlay of one session and the findings that explain it. Field names are the
 * contract of `plumbline show --json`.
 */
import type { ComponentBytes } from '../budget/types';
import type { Bytes, Micros, Percent } from '../units';
import type { Confidence, FindingKind, Phase } from '../vocabulary';
import type { Stairs } from './fit/staircase';
import type { LedgerRow } from './ledger';
import type { Stage } from './segmentation';

export interface TierPair {
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
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

export interface Overlay {
  /** The rank whose line and phases these are; left out where the session has but one process. */
  readonly rank?: number;
  /** Id of the series laid over the budget. */
  readonly series: string | null;
  /** Series that could be used instead, best first. */
  readonly alternatives: readonly string[];
  readonly baselineBytes: Bytes;
  /** The highest value less the baseline, told with the interval it was sampled at (null: reported by the framework). */
  readonly measuredPeak: {
    readonly bytes: Bytes;
    readonly at: Micros;
    readonly intervalUs: Micros | null;
  } | null;
  readonly predictedPeak: TierPair;
  readonly residualBytes: Bytes | null;
  /** Percent of the refined prediction. */
  readonly residualPercent: Percent | null;
  readonly phases: readonly OverlayPhase[];
  /** Levels the line rests on, where the workload announced no phase. */
  readonly stairs?: Stairs;
  /** Memory of the device the series belongs to; left out where it is not known. */
  readonly deviceBytes?: Bytes;
  /** What the measured bytes are made of; left out where nothing was predicted or nothing was measured. */
  readonly ledger?: { readonly phases: readonly LedgerRow[]; readonly peak: LedgerRow };
}

export interface Finding {
  readonly kind: FindingKind;
  readonly title: string;
  readonly bytes: Bytes | null;
  readonly phase: Phase | null;
  readonly span: readonly [Micros, Micros];
  readonly confidence: Confidence;
  /** Numbers behind the finding, each a short sentence. */
  readonly evidence: readonly string[];
  /** A leak: what each step or token adds. */
  readonly slope?: { readonly bytes: Bytes; readonly per: 'step' | 'token' };
  /** How the bytes follow from what was declared, in words. */
  readonly formula?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** The declared setting the trace contradicts, with the value that fits it; `or`: others that fit it as well. */
  readonly setting?: SettingChange & { readonly or?: readonly SettingChange[] };
}

export interface SettingChange {
  readonly field: string;
  readonly declared: string | number;
  readonly fits: string | number;
}

/** When a residual counts as flagged. */
export interface FlagLimits {
  readonly percent: Percent;
  readonly bytes: Bytes;
  readonly samples: number;
}
export const DEFAULT_FLAG_LIMITS: FlagLimits = { percent: 5, bytes: 64 * 1024 ** 2, samples: 3 };
