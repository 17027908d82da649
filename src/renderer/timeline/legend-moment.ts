/** What the legend tells: of the moment at the pointer, or without one of the peak. Pure. */
import type { Bytes, Micros } from '../../shared/base/units';
import type { Component, Tier } from '../../shared/base/vocabulary';
import type { Budget } from '../../shared/budget/types';
import { type PredictedSpan, predictedSpanAt } from '../../shared/picture/predicted-spans';
import { predictWholeRun } from '../../shared/picture/whole-run';
import { phaseTitle } from '../../shared/present/phase-name';
import type { SessionDocument } from '../../shared/session/session-document';
import { phaseAt } from '../chart/phase-blocks';
import { exactTime } from '../chart/scale';

/** What the crosshair stands on. */
export interface Pointer {
  readonly t: Micros;
  readonly measured: Bytes | null;
}

export interface LegendMoment {
  /** Where the table stands, in words. */
  readonly title: string;
  readonly span: PredictedSpan | null;
  readonly measured: Bytes | null;
  readonly measuredComponents: Readonly<Partial<Record<Component, Bytes>>> | null;
}

/** What is predicted where no phase is known: what is needed at the peak, though not when. */
export interface LegendSpans {
  readonly spans: readonly PredictedSpan[];
  readonly isWhole: boolean;
}

export function chooseSpans(
  session: SessionDocument,
  known: readonly PredictedSpan[],
  budget: Budget | null,
  tier: Tier,
): LegendSpans {
  const isWhole = known.length === 0;
  if (!isWhole || !budget) return { spans: known, isWhole };
  const { span } = predictWholeRun(budget, session.overlay, tier, session.durationUs);
  return { spans: [span], isWhole };
}

export function describeMoment(
  session: SessionDocument,
  { spans, isWhole }: LegendSpans,
  budget: Budget | null,
  tier: Tier,
  pointer: Pointer | null,
): LegendMoment {
  if (isWhole) {
    const where = budget?.tiers[tier].peak.phase ?? '';
    return {
      title: spans.length > 0 ? `at its peak, ${where}` : '',
      span: findPeakSpan(session, spans),
      measured: session.overlay.measuredPeak?.bytes ?? null,
      measuredComponents: null,
    };
  }
  return pointer ? atPointer(session, spans, pointer) : atPeak(session, spans);
}

/** The prediction is a phase's highest moment, so the measurement beside it is that too; between phases it is the moment itself. */
function atPointer(
  { overlay }: SessionDocument,
  spans: readonly PredictedSpan[],
  at: Pointer,
): LegendMoment {
  const span = predictedSpanAt(spans, at.t);
  const phase = phaseAt(overlay, at.t);
  if (phase)
    return {
      title: `${phaseTitle(phase)}, at its highest`,
      span,
      measured: phase.measured,
      measuredComponents: phase.measuredComponents,
    };
  const where = span?.held ? 'between phases, ' : '';
  return {
    title: `${where}${exactTime(Math.round(at.t))}`,
    span,
    measured: at.measured,
    measuredComponents: null,
  };
}

/** Where the measured peak is, so that the foot of the table is the residual of the peak. */
function atPeak(session: SessionDocument, spans: readonly PredictedSpan[]): LegendMoment {
  const span = findPeakSpan(session, spans);
  const phase = span && (session.overlay.phases[span.phase] ?? null);
  const at = session.overlay.measuredPeak?.at ?? null;
  const isPeak = at === null || (span !== null && span.t0 <= at && at <= span.t1);
  let where = span?.held ? 'between phases' : '';
  if (phase) where = phaseTitle(phase);
  return {
    title: span ? `${isPeak ? 'at the peak' : 'highest predicted'}, ${where}` : '',
    span,
    measured: phase?.measured ?? null,
    measuredComponents: phase?.measuredComponents ?? null,
  };
}

function findPeakSpan(
  { overlay: { measuredPeak } }: SessionDocument,
  spans: readonly PredictedSpan[],
): PredictedSpan | null {
  const highest = spans.reduce<PredictedSpan | null>(
    (best, span) => (best === null || span.total > best.total ? span : best),
    null,
  );
  return (measuredPeak && predictedSpanAt(spans, measuredPeak.at)) ?? highest;
}
