/**
 * One moment of a session: what was measured, what was predicted for it by component, and the ledger that closes the
 * two. A budget knows each phase at its highest moment and at its end, so the prediction of a moment is that of the
 * phase it lies in, between phases that of the end of the last one, and of a session without phases that of its peak.
 */

import type { Bytes, Micros } from '../base/units';
import { sumComponents } from '../budget/tier';
import type { ComponentBytes } from '../budget/types';
import { buildLedgerAt } from '../divergence/ledger/ledger';
import { seriesById } from '../divergence/overlay/lines';
import { predictedPeak } from '../divergence/overlay/predicted';
import { nameWithin } from '../divergence/overlay/ranks';
import type { LedgerRow, OverlayPhase } from '../divergence/overlay/types';
import { sampleAt } from '../trace/series';
import type { SessionAnalysis } from './analysis';

export interface Moment {
  readonly at: Micros;
  /** The line that was read; null where the session has none. */
  readonly series: string | null;
  /** Value of the last sample, less the baseline, and when it was taken; null before the first and inside a gap. */
  readonly measured: { readonly bytes: Bytes; readonly at: Micros } | null;
  /** The innermost phase of the line's rank at that moment; null between phases. */
  readonly phase: OverlayPhase | null;
  /** What the prediction is of; null where nothing is predicted. */
  readonly basis: 'phase' | 'end-of-last-phase' | 'peak' | null;
  readonly predicted: { readonly bytes: Bytes; readonly components: ComponentBytes } | null;
  /** Entries add up to the measured bytes; null where either side is not known. */
  readonly ledger: LedgerRow | null;
}

export function describeMoment(analysis: SessionAnalysis, at: Micros): Moment {
  const { overlay, input, diagnosis, budget } = analysis;
  const within = input.overlay;
  const { phase, basis, components } = predictMoment(analysis, at);
  const line = within.series === null ? undefined : seriesById(input.lines, within.series);
  const sample = line ? sampleAt(line, at) : null;
  const measured = sample && { bytes: sample.value - within.baselineBytes, at: sample.t };
  const ledger =
    within.series === null ||
    within.hostBesideGpu ||
    budget === null ||
    measured === null ||
    components === null
      ? null
      : buildLedgerAt({ ...input, overlay: within, budget }, diagnosis, {
          phase: phase?.phase ?? null,
          ...(phase?.stage && { stage: phase.stage }),
          step: phase?.step ?? null,
          rank: phase?.rank ?? overlay.rank ?? 0,
          at: measured.at,
          measured: measured.bytes,
          predicted: components,
          of: phase ?? (basis === 'peak' ? basis : 'end-of-last-phase'),
        });
  return {
    at,
    series: overlay.series,
    measured,
    phase,
    basis,
    predicted: components && { bytes: sumComponents(components), components },
    ledger,
  };
}

function predictMoment(
  { overlay, budget }: SessionAnalysis,
  at: Micros,
): Pick<Moment, 'phase' | 'basis'> & { readonly components: ComponentBytes | null } {
  const phase = overlay.phases.findLast(({ span }) => span[0] <= at && at <= span[1]) ?? null;
  if (phase?.predictedComponents)
    return { phase, basis: 'phase', components: phase.predictedComponents };
  const last = overlay.phases.findLast(({ span }) => span[1] <= at);
  if (phase === null && last?.predictedEndComponents)
    return { phase, basis: 'end-of-last-phase', components: last.predictedEndComponents };
  if (budget === null || overlay.series === null || overlay.phases.length > 0)
    return { phase, basis: null, components: null };
  const line = nameWithin(overlay.series) ?? overlay.series;
  return { phase, basis: 'peak', components: predictedPeak(budget.tiers.refined, line).components };
}
