/** The legend, which is also the table of bytes at the pointer; without a pointer, at the peak. */

import { useMemo } from 'react';
import { formatPercent } from '../../shared/base/format';
import type { Tier } from '../../shared/base/vocabulary';
import type { Budget } from '../../shared/budget/types';
import { componentLabel } from '../../shared/present/names';
import { phaseTitle } from '../../shared/present/phase-name';
import type { SessionDocument } from '../../shared/session/session-document';
import { Bytes } from '../components/Bytes';
import { type Store, useStore } from '../state/store';
import { listComponents, type PredictedSpan, predictedSpanAt, wholeRun } from './bands';
import type { Hover } from './hover';
import { COMPONENT_COLOR, WHOLE_COLOR } from './palette';
import { phaseAt } from './phase-blocks';
import { exactTime } from './scale';

export function Legend({
  session,
  budget,
  spans: known,
  tier,
  hover,
}: {
  session: SessionDocument;
  budget: Budget | null;
  spans: readonly PredictedSpan[];
  tier: Tier;
  hover: Store<Hover | null>;
}) {
  const pointer = useStore(hover);
  // Without phases it is known what is needed at the peak, though not when: nothing to be had at the pointer.
  const isWhole =
    known.length === 0 && session.overlay.phases.length === 0 && session.status !== 'recording';
  const spans = useMemo(
    () => (isWhole && budget ? [wholeRun(budget, tier, session.durationUs)] : known),
    [isWhole, budget, tier, session.durationUs, known],
  );
  const at = isWhole ? null : pointer;
  const order = useMemo(() => [...listComponents(spans)].reverse(), [spans]);
  const highest = useMemo(
    () =>
      spans.reduce<PredictedSpan | null>(
        (best, own) => (best === null || own.total > best.total ? own : best),
        null,
      ),
    [spans],
  );
  const unsplit = useMemo(() => spans.some(({ parts }) => parts === null), [spans]);
  const { overlay } = session;
  const peak = overlay.measuredPeak;
  // Without a pointer: where the measured peak is, so that the foot of the table is the residual of the peak.
  const atPeak = (peak && predictedSpanAt(spans, peak.at)) ?? highest;
  const span = at ? predictedSpanAt(spans, at.t) : atPeak;
  const phase = at ? phaseAt(overlay, at.t) : span && (overlay.phases[span.phase] ?? null);
  // The prediction is a phase's highest moment, so the measurement beside it is that too; the moment itself is at the pointer.
  const measured = phase
    ? phase.measured
    : isWhole
      ? (peak?.bytes ?? null)
      : (at?.measured?.value ?? null);
  const ofMeasured = phase?.measuredComponents ?? null;
  const where = isWhole
    ? (budget?.tiers[tier].peak.phase ?? '')
    : phase
      ? phaseTitle(phase)
      : span?.held
        ? 'between phases'
        : '';
  return (
    <section className="card legend" aria-labelledby="legend-title">
      <div className="legend-head">
        <h2 id="legend-title">Budget</h2>
        <span className="muted num">
          {at
            ? phase
              ? `${where}, at its highest`
              : `${where}${where ? ', ' : ''}${exactTime(Math.round(at.t))}`
            : span
              ? `at ${isWhole ? 'its' : 'the'} peak, ${where}`
              : ''}
        </span>
      </div>
      {spans.length === 0 ? (
        <p className="muted">
          {session.model === null
            ? 'No model and run are declared for this session, so theory has nothing to say about it.'
            : 'The budget appears with the first phase.'}
        </p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>Component</th>
              {ofMeasured && <th className="right">Measured</th>}
              <th className="right">Predicted</th>
              {!ofMeasured && <th className="right">Share</th>}
            </tr>
          </thead>
          <tbody>
            {order.map((component) => {
              const bytes = span?.parts?.[component] ?? null;
              return (
                <tr key={component} data-absent={bytes === null}>
                  <td>
                    <i className="swatch" style={{ background: COMPONENT_COLOR[component] }} />
                    {componentLabel(component)}
                  </td>
                  {ofMeasured && (
                    <td className="right">
                      <Bytes value={ofMeasured[component] ?? null} />
                    </td>
                  )}
                  <td className="right">
                    <Bytes value={bytes} />
                  </td>
                  {!ofMeasured && (
                    <td className="right num muted">
                      {bytes === null || !span ? '' : formatPercent((bytes / span.total) * 100)}
                    </td>
                  )}
                </tr>
              );
            })}
            {unsplit && (
              <tr>
                <td>
                  <i className="swatch" style={{ background: WHOLE_COLOR }} />
                  Not split
                </td>
                {ofMeasured && <td />}
                <td className="right">
                  <Bytes value={span && !span.parts ? span.total : null} />
                </td>
                {!ofMeasured && <td />}
              </tr>
            )}
          </tbody>
          <tfoot>
            <tr>
              <td>Predicted, {tier}</td>
              {ofMeasured && <td />}
              <td className="right" data-testid="legend-total">
                <Bytes value={span?.total} />
              </td>
              {!ofMeasured && <td />}
            </tr>
            <tr>
              <td>Measured</td>
              {ofMeasured && <td />}
              <td className="right">
                <Bytes value={measured} />
              </td>
              {!ofMeasured && <td />}
            </tr>
            <tr>
              <td>Residual</td>
              {ofMeasured && <td />}
              <td className="right">
                <Bytes value={measured !== null && span ? measured - span.total : null} signed />
              </td>
              {!ofMeasured && <td />}
            </tr>
          </tfoot>
        </table>
      )}
    </section>
  );
}
