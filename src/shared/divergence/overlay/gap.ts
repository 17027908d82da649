/**
 * Where measured and predicted part furthest: the phase that is, or the run as a whole where no phase is known. A line
 * that rests on one level alone has no phases, and still says whether the declared run can have been it.
 */
import type { Bytes, Micros } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { EVER } from '../../trace/series';
import { flagLimit, isHeldBeyond } from './flags';
import { worstPhase } from './phase-rows';
import { showsRun } from './shows-run';
import type { DiagnosisInput, Overlay, TierPair } from './types';

export interface Gap {
  /** Of the run as a whole those of its predicted peak. */
  readonly phase: Phase;
  readonly step: number | null;
  readonly span: readonly [Micros, Micros];
  readonly measured: Bytes;
  readonly predicted: TierPair & { readonly refined: Bytes };
  readonly residualBytes: Bytes;
  /** A phase that was announced, one that was found in the trace, or the run as a whole. */
  readonly of: 'announced' | 'found' | 'run';
}

/** `overlay`: the line to look at. Null where nothing is flagged. */
export function findWidestGap(input: DiagnosisInput, overlay: Overlay): Gap | null {
  const worst = worstPhase(overlay.phases);
  if (worst !== null) return { ...worst, of: worst.inferred ? 'found' : 'announced' };
  return overlay.phases.length > 0 ? null : findGapOfRun(input, overlay);
}

/** Beyond the limit, for as many samples as the limits ask. */
function findGapOfRun(
  { budget, lines, durationUs, live }: DiagnosisInput,
  overlay: Overlay,
): Gap | null {
  const { residualBytes, measuredPeak, predictedPeak, baselineBytes } = overlay;
  const { textbook, refined } = predictedPeak;
  if (budget === null || residualBytes === null || !measuredPeak || refined === null) return null;
  // Where nothing rose no run was seen, and there is nothing to explain.
  if (!showsRun(overlay)) return null;
  const limit = flagLimit(refined, overlay);
  // The highest moment may be yet to come.
  if (Math.abs(residualBytes) <= limit || (live === true && residualBytes < 0)) return null;
  const line = lines.find(({ info }) => info.id === overlay.series);
  const side = residualBytes > 0 ? limit : -limit;
  if (line && !isHeldBeyond(line, EVER, baselineBytes + refined, side, overlay)) return null;
  return {
    phase: budget.tiers.refined.peak.phase,
    step: null,
    span: [0, durationUs],
    measured: measuredPeak.bytes,
    predicted: { textbook, refined },
    residualBytes,
    of: 'run',
  };
}
