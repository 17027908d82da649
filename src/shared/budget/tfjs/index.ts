/**
 * The refined budget of the bundled workload: a dry run of the same program, which equals what the workload counts to
 * the byte, by component, at the end and at the high-water mark of every phase, on every backend.
 *
 * Only what differs is run: training's first step (which makes the optimizer's states) and the update of its second (all
 * later ones repeat it); of decoding the last token, since nothing shrinks as the sequence grows. All components count
 * only tensors: what a backend's allocator adds around them is not in here.
 */

import type { Digest } from '../../base/running-digest';
import type { Bytes } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { ComponentBytes, PhaseBudget, TierBudget, TimelinePhase } from '../types';
import type { OperationCurve, PhaseBytes } from './dry-run';
import { DryGeneration } from './generation';
import { dryInference } from './inference';
import { dryTraining } from './training';

/** tfjs's own count (tf.memory().numBytes): a buffer counts once for every tensor that views it. */
export interface FrameworkCount {
  readonly end: Bytes;
  readonly peak: Bytes;
}
export interface TfjsPhaseBudget extends PhaseBudget {
  readonly frameworkCount: FrameworkCount;
}
export interface TfjsTimelinePhase extends TimelinePhase {
  readonly frameworkCount: FrameworkCount;
  readonly operations: Digest;
}
export interface TfjsBudget extends TierBudget {
  readonly framework: 'tfjs';
  readonly phases: readonly TfjsPhaseBudget[];
  readonly timeline: readonly TfjsTimelinePhase[];
}

/** Predicted bytes when the given token exists: as the memory marker after it reports them. */
export interface TokenBudget {
  /** From 1, the token that prefill yields. */
  readonly index: number;
  readonly allocated: Bytes;
  readonly components: ComponentBytes;
  /** High-water mark since the token's phase (prefill or decode) began. */
  readonly peak: Bytes;
  readonly peakComponents: ComponentBytes;
  readonly frameworkCount: FrameworkCount;
  /** Since the token before, or since its phase began. */
  readonly operations: Digest;
}

/** Refined tier for a run that `checkRun` lets pass. */
export function tfjsBudget(model: ModelSpec, run: RunSpec): TfjsBudget {
  const timeline = buildTimeline(model, run);
  const phases = groupPhases(timeline);
  const highest = phases.reduce((best, phase) => (phase.total > best.total ? phase : best));
  return {
    framework: 'tfjs',
    components: highest.components,
    total: highest.total,
    peak: { bytes: highest.total, phase: highest.phase },
    phases,
    timeline,
  };
}

/** Every token of a generation; empty in other modes. */
export function tfjsTokenBudgets(model: ModelSpec, run: RunSpec): readonly TokenBudget[] {
  if (run.mode !== 'generate') return [];
  const generation = new DryGeneration(model, run);
  return Array.from({ length: run.tokens }, (_, position) => {
    const { end, endComponents, total, components, frameworkCount, operations } =
      position === 0 ? generation.prefill() : generation.decode();
    return {
      index: position + 1,
      allocated: end,
      components: endComponents,
      peak: total,
      peakComponents: components,
      frameworkCount,
      operations,
    };
  });
}

/** A phase as the dry run walked it, and the steps it stands for. */
interface Walked {
  readonly phase: Phase;
  readonly bytes: PhaseBytes;
  readonly step: number | null;
  readonly lastStep: number | null;
}

/** What is allocated at every operation of each phase; of decoding at those of its last token. */
export function tfjsCurves(
  model: ModelSpec,
  run: RunSpec,
): (Omit<Walked, 'bytes'> & OperationCurve)[] {
  return walkPhases(model, run).map(({ bytes, ...phase }) => ({ ...phase, ...bytes.curve }));
}

/** Bytes of the largest single buffer of the run: a GPU binds no buffer beyond its adapter's limit. */
export const tfjsLargestBuffer = (model: ModelSpec, run: RunSpec): Bytes =>
  Math.max(...walkPhases(model, run).map(({ bytes }) => bytes.largest));

function buildTimeline(model: ModelSpec, run: RunSpec): TfjsTimelinePhase[] {
  return walkPhases(model, run).map(
    ({ bytes: { curve: _walked, largest: _single, ...bytes }, ...phase }) => ({
      ...phase,
      ...bytes,
    }),
  );
}

function walkPhases(model: ModelSpec, run: RunSpec): Walked[] {
  if (run.mode === 'generate') {
    const generation = new DryGeneration(model, run);
    const rows = [
      row('load', generation.loaded, null, null),
      row('prefill', generation.prefill(), null, null),
    ];
    if (run.tokens > 1) {
      generation.skipTo(run.tokens);
      rows.push(row('decode', generation.decode(), null, null));
    }
    return rows;
  }
  if (run.mode === 'infer') {
    const { loaded, forward } = dryInference(model, run);
    return [row('load', loaded, null, null), row('forward', forward, 1, run.steps)];
  }
  const { loaded, steps } = dryTraining(model, run);
  return [
    row('load', loaded, null, null),
    ...steps.flatMap((moments, index) => {
      const last = index === steps.length - 1 ? run.steps : index + 1;
      return [
        row('forward', moments.forward, index + 1, last),
        row('backward', moments.backward, index + 1, last),
        row('optimizer', moments.optimizer, index + 1, last),
      ];
    }),
  ];
}

function row(
  phase: Phase,
  bytes: PhaseBytes,
  step: number | null,
  lastStep: number | null,
): Walked {
  return { phase, bytes, step, lastStep };
}

/** One row a phase: the highest moment of all its occurrences, and the end of the last. */
function groupPhases(timeline: readonly TfjsTimelinePhase[]): TfjsPhaseBudget[] {
  const occurrences = new Map<Phase, TfjsTimelinePhase[]>();
  for (const entry of timeline)
    occurrences.set(entry.phase, [...(occurrences.get(entry.phase) ?? []), entry]);
  return [...occurrences].map(([phase, entries]) => {
    const highest = entries.reduce((best, entry) => (entry.total > best.total ? entry : best));
    const last = entries[entries.length - 1]!;
    const frameworkPeak = Math.max(...entries.map(({ frameworkCount }) => frameworkCount.peak));
    return {
      phase,
      components: highest.components,
      total: highest.total,
      end: last.end,
      endComponents: last.endComponents,
      frameworkCount: { end: last.frameworkCount.end, peak: frameworkPeak },
    };
  });
}
