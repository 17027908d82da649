/** Exact values at the pointer: measured, predicted, residual and the prediction by component. */

import { formatBytes, formatExactBytes, formatSignedBytes } from '../../shared/base/format';
import type { Tier } from '../../shared/base/vocabulary';
import type { OverlayPhase } from '../../shared/divergence/overlay/types';
import { componentLabel } from '../../shared/present/names';
import { phaseTitle } from '../../shared/present/phase-name';
import type { SessionDocument } from '../../shared/session/session-document';
import { listComponents, type PredictedSpan, predictedSpanAt } from './bands';
import type { Hover } from './hover';
import { COMPONENT_COLOR } from './palette';
import { findResidual, phaseAt } from './phase-blocks';
import { exactTime } from './scale';

const CARD_WIDTH = 300;

interface HoverCardProps {
  readonly at: Hover;
  readonly session: SessionDocument;
  readonly spans: readonly PredictedSpan[];
  readonly tier: Tier;
  readonly width: number;
  readonly height: number;
}

export function HoverCard({ at, session, spans, tier, width, height }: HoverCardProps) {
  const phase = phaseAt(session.overlay, at.t);
  const span = predictedSpanAt(spans, at.t);
  const onLeft = at.x + CARD_WIDTH + 24 > width;
  return (
    <div
      className="hover-card"
      role="presentation"
      style={{
        width: CARD_WIDTH,
        left: onLeft ? at.x - CARD_WIDTH - 14 : at.x + 14,
        top: Math.max(4, Math.min(at.y + 12, height - 300)),
      }}
    >
      <header>
        <strong>{describePlace(phase, span)}</strong>
        <span>{exactTime(Math.round(at.t))}</span>
      </header>
      <dl>
        <Measured measured={at.measured} />
        <Row
          name={span?.held ? 'Expected to stay' : `Predicted, ${tier}`}
          bytes={span?.total ?? null}
          strong
        />
        {phase && <PhaseResidual bytes={findResidual(phase, tier)} />}
      </dl>
      {span?.parts && <Parts span={span} parts={span.parts} />}
    </div>
  );
}

function describePlace(phase: OverlayPhase | null, span: PredictedSpan | null): string {
  if (phase) return phaseTitle(phase, ' · step ');
  return span?.held ? 'between phases' : 'outside phases';
}

function Measured({ measured }: { measured: Hover['measured'] }) {
  return (
    <>
      <Row name="Measured" bytes={measured?.value ?? null} strong />
      {measured && measured.max > measured.min && (
        <div className="row sub">
          <dt>within this pixel</dt>
          <dd>
            {formatBytes(measured.min)} to {formatBytes(measured.max)}
          </dd>
        </div>
      )}
    </>
  );
}

function PhaseResidual({ bytes }: { bytes: number | null }) {
  return (
    <div className="row">
      <dt>Phase residual</dt>
      <dd title={formatExactBytes(bytes)} data-sign={Math.sign(bytes ?? 0)}>
        {formatSignedBytes(bytes)}
      </dd>
    </div>
  );
}

function Parts({
  span,
  parts,
}: {
  span: PredictedSpan;
  parts: NonNullable<PredictedSpan['parts']>;
}) {
  return (
    <dl className="parts">
      {[...listComponents([span])].reverse().map((component) => (
        <Row
          key={component}
          name={componentLabel(component)}
          bytes={parts[component] ?? 0}
          color={COMPONENT_COLOR[component]}
        />
      ))}
    </dl>
  );
}

function Row({
  name,
  bytes,
  color,
  strong,
}: {
  name: string;
  bytes: number | null;
  color?: string;
  strong?: boolean;
}) {
  return (
    <div className={strong ? 'row strong' : 'row'}>
      <dt>
        {color && <i className="swatch" style={{ background: color }} />}
        {name}
      </dt>
      <dd>
        <span className="exact">
          {bytes === null ? '' : formatExactBytes(bytes).replace(' bytes', '')}
        </span>{' '}
        {formatBytes(bytes)}
      </dd>
    </div>
  );
}
