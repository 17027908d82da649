/**
 * The shape of a prediction: bytes by component, by phase, in two tiers. Field names are the contract of
 * `plumbline budget --json`.
 */

import type { Bytes } from '../base/units';
import type { Component, Phase } from '../base/vocabulary';
import type { ModelSpec, RunSpec } from '../model/spec';

/** Bytes by component; a component that plays no part is left out. */
export type ComponentBytes = Readonly<Partial<Record<Component, Bytes>>>;

export interface PhaseBudget {
  readonly phase: Phase;
  /** Bytes at the phase's highest moment. */
  readonly components: ComponentBytes;
  readonly total: Bytes;
  /** Bytes at the phase's end. */
  readonly end: Bytes;
  readonly endComponents: ComponentBytes;
}

/** One occurrence of a phase: which steps (or tokens) it stands for. */
export interface TimelinePhase extends PhaseBudget {
  /** First step this row holds for, counted from 1; null outside steps. */
  readonly step: number | null;
  /** Last step it holds for. */
  readonly lastStep: number | null;
}

/** Peaks of one run at each level of accounting, from live tensors to what nvidia-smi shows of the process. */
export interface MemoryLevels {
  readonly requested: Bytes;
  readonly allocated: Bytes;
  readonly reserved: Bytes;
  readonly process: Bytes;
  /** Free segments of sizes a growing cache has left behind; kept until the device runs short, so in none of the above. */
  readonly outgrown: Bytes;
}

export interface TierBudget {
  /** Components and total of the peak phase at its highest moment. */
  readonly components: ComponentBytes;
  readonly total: Bytes;
  readonly peak: { readonly bytes: Bytes; readonly phase: Phase };
  /** One row per phase: its highest moment over all steps, and its end in the last step. */
  readonly phases: readonly PhaseBudget[];
  /** Every distinct occurrence in order; step 1 of training differs from those after it. */
  readonly timeline: readonly TimelinePhase[];
  /** PyTorch's refined tier alone; its totals are at process level. */
  readonly levels?: MemoryLevels;
}

/** One GPU of the catalogue against the predicted peak of the refined tier. */
export interface GpuFit {
  readonly gpu: string;
  readonly memoryBytes: Bytes;
  readonly fits: boolean;
  /** Memory less peak; negative where it does not fit. */
  readonly headroomBytes: Bytes;
  /** Largest batch that fits, all else equal; 0 where not even one sequence does. */
  readonly maxBatch: number;
}

/** A rank of one pipeline stage: what it holds of the model, and its peak in both tiers. */
export interface StageBudget {
  readonly stage: number;
  readonly layers: number;
  readonly embedding: boolean;
  readonly head: boolean;
  /** Micro-batches whose activations it holds at once. */
  readonly inFlight: number;
  readonly peak: { readonly textbook: Bytes; readonly refined: Bytes };
}

/** The fullest rank of a sharded run. */
export interface RankBudget {
  /** Ranks of the run, and the pipeline stage of this one. */
  readonly ranks: number;
  readonly stage: number;
  readonly layers: number;
  readonly textbook: TierBudget;
  readonly refined: TierBudget;
  /** Every stage of the pipeline in order; ranks of one stage are alike. */
  readonly stages: readonly StageBudget[];
}

/** The peak that has to fit: of the fullest rank, at the level that the framework's memory is seen at. */
export interface BudgetAnswer {
  readonly bytes: Bytes;
  /** Counted from 0 over the whole run; the ranks of one pipeline stage are alike, and this is their first. */
  readonly rank: number;
  /** process: what nvidia-smi shows of it (PyTorch); allocated: live tensors (the bundled workload). */
  readonly level: 'process' | 'allocated';
}

export interface Budget {
  readonly model: { readonly name: string; readonly parameters: number };
  readonly spec: ModelSpec;
  readonly run: RunSpec;
  /** The whole model on one device. */
  readonly tiers: { readonly textbook: TierBudget; readonly refined: TierBudget };
  readonly perRank?: RankBudget;
  readonly answer: BudgetAnswer;
  /** What the prediction had to assume, in sentences; left out where nothing. */
  readonly assumed?: readonly string[];
  readonly fits?: readonly GpuFit[];
}
