/** Measured against predicted, phase by phase; each row opens to its components. */

import { ChevronRight, Flag } from 'lucide-react';
import { Fragment, useMemo, useState } from 'react';
import { formatDuration, formatInteger, formatSignedPercent } from '../../../shared/base/format';
import type { Component, Tier } from '../../../shared/base/vocabulary';
import type { Budget } from '../../../shared/budget/types';
import type { OverlayPhase } from '../../../shared/divergence/overlay/types';
import { componentLabel } from '../../../shared/present/names';
import { phaseName } from '../../../shared/present/phase-name';
import type { SessionDocument } from '../../../shared/session/session-document';
import { predictPhase } from '../../chart/bands';
import { COMPONENT_COLOR, PHASE_COLOR, STACK_ORDER } from '../../chart/palette';
import { findResidual } from '../../chart/phase-blocks';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { groupPhases, type PhaseRow } from './phase-groups';

interface PhaseTableProps {
  readonly session: SessionDocument;
  readonly tier: Tier;
  readonly budget: Budget | null;
  onZoom(span: readonly [number, number]): void;
}

export function PhaseTable(props: PhaseTableProps) {
  const { session, tier } = props;
  const { phases } = session.overlay;
  const groups = useMemo(() => groupPhases(phases), [phases]);
  if (phases.length === 0) {
    return (
      <p className="empty-line">
        {session.status === 'recording' ? 'No phases yet' : 'No phases'}: the workload announced
        none, and none were found in the trace.
      </p>
    );
  }
  return (
    <div className="table-frame">
      <table className="table phases">
        <thead>
          <tr>
            <th>Phase</th>
            <th className="right">Step</th>
            <th className="right">Start</th>
            <th className="right">Lasted</th>
            <th className="right">Measured</th>
            <th className="right">Predicted, {tier}</th>
            <th className="right">Residual</th>
            <th className="right">%</th>
            <th>
              <span className="sr-only">Flagged</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group.title}>
              {group.title !== '' && (
                <tr className="group">
                  <th colSpan={9} scope="rowgroup">
                    {group.title}
                    <span className="num count">{formatInteger(group.total)}</span>
                  </th>
                </tr>
              )}
              {group.rows.map((row) => (
                <PhaseRows key={row.index} {...props} row={row} />
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A phase and, once opened, its components. */
function PhaseRows({
  session: { overlay },
  tier,
  budget,
  onZoom,
  row: { index, phase },
}: PhaseTableProps & { readonly row: PhaseRow }) {
  const [isOpen, setOpen] = useState(false);
  const predicted = predictPhase(overlay, index, tier, budget);
  const residual = findResidual(phase, tier);
  const percent = residual !== null && predicted.total ? (residual / predicted.total) * 100 : null;
  const atEnd = tier === 'refined' ? flaggedAtEnd(phase) : null;
  const isFlagged = phase.flagged && tier === 'refined';
  return (
    <>
      <tr data-flagged={isFlagged}>
        <PhaseName
          phase={phase}
          isOpen={isOpen}
          hasParts={(predicted.parts ?? phase.measuredComponents) !== null}
          onToggle={() => setOpen(!isOpen)}
          onZoom={() => onZoom(phase.span)}
        />
        <td className="right num">{phase.stage === undefined ? (phase.step ?? '—') : '—'}</td>
        <td className="right num nowrap">{formatDuration(phase.span[0])}</td>
        <td className="right num nowrap">{formatDuration(phase.span[1] - phase.span[0])}</td>
        <td className="right">
          <Bytes value={phase.measured} />
        </td>
        <td className="right">
          <Bytes value={predicted.total} />
        </td>
        <td className="right">
          <Bytes value={residual} signed />
          {atEnd !== null && (
            <span className="change">
              at its end <Bytes value={atEnd} signed />
            </span>
          )}
        </td>
        <td className="right num">
          <span className="tone" data-tone={residualTone(percent)}>
            {formatSignedPercent(percent)}
          </span>
        </td>
        <td className="flag-cell">{isFlagged && <Flag size={14} aria-label="flagged" />}</td>
      </tr>
      {isOpen && <Parts predicted={predicted.parts} measured={phase.measuredComponents} />}
    </>
  );
}

function PhaseName({
  phase,
  isOpen,
  hasParts,
  onToggle,
  onZoom,
}: {
  phase: OverlayPhase;
  isOpen: boolean;
  hasParts: boolean;
  onToggle(): void;
  onZoom(): void;
}) {
  return (
    <td className="phase-name">
      <button
        type="button"
        className="disclose"
        aria-expanded={isOpen}
        disabled={!hasParts}
        aria-label={`Components of ${phase.phase}`}
        onClick={onToggle}
      >
        <ChevronRight size={14} />
      </button>
      <i className="swatch" style={{ background: PHASE_COLOR[phase.phase] }} />
      <button type="button" className="link plain" title="Show in the chart" onClick={onZoom}>
        {phaseName(phase)}
      </button>
    </td>
  );
}

/** What is left over at the end of a phase that is flagged though it was as high as predicted. */
function flaggedAtEnd({ flagged, residualBytes, end, predictedEnd }: OverlayPhase): number | null {
  return flagged &&
    residualBytes === 0 &&
    end !== null &&
    predictedEnd.refined !== null &&
    end !== predictedEnd.refined
    ? end - predictedEnd.refined
    : null;
}

type Parts = Readonly<Partial<Record<Component, number>>> | null;

function Parts({ predicted, measured }: { predicted: Parts; measured: Parts }) {
  const components = STACK_ORDER.filter(
    (name) => predicted?.[name] !== undefined || measured?.[name] !== undefined,
  );
  return components.map((name) => {
    const [p, m] = [predicted?.[name] ?? null, measured?.[name] ?? null];
    return (
      <tr key={name} className="part">
        <td colSpan={4}>
          <i className="swatch" style={{ background: COMPONENT_COLOR[name] }} />
          {componentLabel(name)}
        </td>
        <td className="right">
          <Bytes value={m} />
        </td>
        <td className="right">
          <Bytes value={p} />
        </td>
        <td className="right">
          <Bytes value={p === null || m === null ? null : m - p} signed />
        </td>
        <td />
        <td />
      </tr>
    );
  });
}
