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
import { groupPhases } from './phase-groups';

export function PhaseTable({
  session,
  tier,
  budget,
  onZoom,
}: {
  session: SessionDocument;
  tier: Tier;
  budget: Budget | null;
  onZoom(span: readonly [number, number]): void;
}) {
  const { overlay } = session;
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const groups = useMemo(() => groupPhases(overlay.phases), [overlay.phases]);
  if (overlay.phases.length === 0) {
    return (
      <p className="empty-line">
        {session.status === 'recording' ? 'No phases yet' : 'No phases'}: the workload announced
        none, and none were found in the trace.
      </p>
    );
  }
  const toggle = (index: number) => {
    const next = new Set(open);
    if (!next.delete(index)) next.add(index);
    setOpen(next);
  };
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
              {group.rows.map(({ index, phase }) => {
                const predicted = predictPhase(overlay, index, tier, budget);
                const residual = findResidual(phase, tier);
                const percent =
                  residual !== null && predicted.total ? (residual / predicted.total) * 100 : null;
                const atEnd = flaggedAtEnd(phase);
                const parts = predicted.parts ?? phase.measuredComponents;
                return (
                  <Fragment key={index}>
                    <tr data-flagged={phase.flagged && tier === 'refined'}>
                      <td className="phase-name">
                        <button
                          type="button"
                          className="disclose"
                          aria-expanded={open.has(index)}
                          disabled={!parts}
                          aria-label={`Components of ${phase.phase}`}
                          onClick={() => toggle(index)}
                        >
                          <ChevronRight size={14} />
                        </button>
                        <i className="swatch" style={{ background: PHASE_COLOR[phase.phase] }} />
                        <button
                          type="button"
                          className="link plain"
                          title="Show in the chart"
                          onClick={() => onZoom(phase.span)}
                        >
                          {phaseName(phase)}
                        </button>
                      </td>
                      <td className="right num">
                        {phase.stage === undefined ? (phase.step ?? '—') : '—'}
                      </td>
                      <td className="right num nowrap">{formatDuration(phase.span[0])}</td>
                      <td className="right num nowrap">
                        {formatDuration(phase.span[1] - phase.span[0])}
                      </td>
                      <td className="right">
                        <Bytes value={phase.measured} />
                      </td>
                      <td className="right">
                        <Bytes value={predicted.total} />
                      </td>
                      <td className="right">
                        <Bytes value={residual} signed />
                        {tier === 'refined' && atEnd !== null && (
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
                      <td className="flag-cell">
                        {phase.flagged && tier === 'refined' && (
                          <Flag size={14} aria-label="flagged" />
                        )}
                      </td>
                    </tr>
                    {open.has(index) && (
                      <Parts predicted={predicted.parts} measured={phase.measuredComponents} />
                    )}
                  </Fragment>
                );
              })}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
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
