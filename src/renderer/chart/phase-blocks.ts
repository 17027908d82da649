/**
 * Phase spans made ready for a lane of limited width: as they are where each has room, else runs of spans narrower
 * than a few pixels become one block, and the largest residual among them is the block's.
 */

import type { Bytes, Micros } from '../../shared/base/units';
import type { Phase, Tier } from '../../shared/base/vocabulary';
import { FLAG_LIMITS } from '../../shared/divergence/overlay/flags';
import type { Overlay, OverlayPhase } from '../../shared/divergence/overlay/types';
import type { View } from './view';

export interface PhaseBlock {
  readonly t0: Micros;
  readonly t1: Micros;
  /** Null where spans of several phases were joined. */
  readonly phase: Phase | null;
  /** Of a phase that was found in the trace. */
  readonly stage?: OverlayPhase['stage'];
  readonly firstStep: number | null;
  readonly lastStep: number | null;
  readonly residual: Bytes | null;
  readonly flagged: boolean;
  readonly count: number;
}

export function findResidual(phase: OverlayPhase, tier: Tier): Bytes | null {
  if (tier === 'refined') return phase.residualBytes ?? phase.residualObservedBytes ?? null;
  const { textbook: predicted, refined } = phase.predicted;
  // What the refined tier is not held against, no tier is.
  if (phase.residualBytes === null && refined !== null) return null;
  return phase.measured === null || predicted === null ? null : phase.measured - predicted;
}

/** Widths in pixels: spans below `narrow` are joined while the block stays below `joined`; `alike` ones for as long as they follow. */
export interface Joining {
  readonly narrow: number;
  readonly joined: number;
  readonly alike: boolean;
}
export const LANE: Joining = { narrow: 14, joined: 130, alike: true };
export const RESIDUALS: Joining = { narrow: 2, joined: 3, alike: false };

/** Every phase of the overlay's rank as a block of its own, in time order. */
export function listBlocks(overlay: Overlay, tier: Tier): readonly PhaseBlock[] {
  const rank = overlay.phases[0]?.rank;
  return overlay.phases
    .filter((phase) => phase.rank === rank)
    .map((phase) => ({
      t0: phase.span[0],
      t1: phase.span[1],
      phase: phase.phase,
      ...(phase.stage && { stage: phase.stage }),
      firstStep: phase.step,
      lastStep: phase.step,
      residual: findResidual(phase, tier),
      flagged: tier === 'refined' && phase.flagged,
      count: 1,
    }));
}

/** The blocks of `view`, joined where they are too narrow to be seen. */
export function joinBlocks(
  blocks: readonly PhaseBlock[],
  view: View,
  width: number,
  { narrow, joined, alike }: Joining,
): readonly PhaseBlock[] {
  const perPixel = (view.t1 - view.t0) / Math.max(1, width);
  const least = narrow * perPixel;
  const out: PhaseBlock[] = [];
  let last: { -readonly [K in keyof PhaseBlock]: PhaseBlock[K] } | null = null;
  for (const block of blocks) {
    const { t0, t1 } = block;
    if (t1 < view.t0 || t0 > view.t1) continue;
    const isNear = last !== null && t1 - t0 < least && t0 - last.t1 < least;
    const isSmall = last !== null && (last.count > 1 || last.t1 - last.t0 < least);
    if (
      last !== null &&
      isNear &&
      isSmall &&
      (t1 - last.t0 < joined * perPixel || (alike && last.phase === block.phase))
    ) {
      last.t1 = Math.max(last.t1, t1);
      if (last.phase !== block.phase) last.phase = null;
      last.firstStep ??= block.firstStep;
      last.lastStep = block.lastStep ?? last.lastStep;
      if (last.residual === null || Math.abs(block.residual ?? 0) > Math.abs(last.residual))
        last.residual = block.residual;
      last.flagged ||= block.flagged;
      last.count += block.count;
    } else {
      last = { ...block };
      out.push(last);
    }
  }
  return out;
}

/**
 * Edge of the residual lane: the widest residual of the run, and no less than what is flagged, so that no smaller
 * difference of sampled bytes fills the lane; what a framework counts itself is exact, so there any difference counts.
 */
export function residualBound(overlay: Overlay, tier: Tier): Bytes {
  const widest = overlay.phases.reduce(
    (most, phase) => Math.max(most, Math.abs(findResidual(phase, tier) ?? 0)),
    0,
  );
  const { series, limits = FLAG_LIMITS } = overlay;
  return series?.startsWith('framework.') ? widest : Math.max(widest, limits.bytes);
}

export interface StepBlock {
  readonly step: number;
  readonly t0: Micros;
  readonly t1: Micros;
}

/** The steps as spans: from the first phase of each to its last. */
export function buildStepBlocks(overlay: Overlay): readonly StepBlock[] {
  const out: StepBlock[] = [];
  const rank = overlay.phases[0]?.rank;
  for (const { step, stage, span, rank: own } of overlay.phases) {
    if (step === null || stage !== undefined || own !== rank) continue;
    const last = out.at(-1);
    if (last?.step === step) out[out.length - 1] = { ...last, t1: span[1] };
    else out.push({ step, t0: span[0], t1: span[1] });
  }
  return out;
}

/** The phase in progress at `t`, or null between phases. */
export function phaseAt(overlay: Overlay, t: Micros): OverlayPhase | null {
  return overlay.phases.find(({ span }) => span[0] <= t && t <= span[1]) ?? null;
}
