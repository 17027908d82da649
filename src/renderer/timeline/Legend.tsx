/** The legend, which is also the table of bytes at the pointer; without a pointer, at the peak. */

import { type ReactNode, useMemo } from 'react';
import { formatBytes, formatPercent } from '../../shared/base/format';
import type { Bytes as ByteCount } from '../../shared/base/units';
import type { Component, Tier } from '../../shared/base/vocabulary';
import type { Budget } from '../../shared/budget/types';
import { listComponents, type PredictedSpan } from '../../shared/picture/predicted-spans';
import { componentLabel } from '../../shared/present/names';
import type { SessionDocument } from '../../shared/session/session-document';
import { COMPONENT_COLOR, WHOLE_COLOR } from '../chart/palette';
import { Bytes } from '../components/Bytes';
import { useStore } from '../state/store';
import { chooseSpans, describeMoment, type LegendMoment } from './legend-moment';
import type { TimelineState } from './timeline-state';

export function Legend({
  session,
  budget,
  spans: known,
  tier,
  state,
}: {
  session: SessionDocument;
  budget: Budget | null;
  spans: readonly PredictedSpan[];
  tier: Tier;
  state: TimelineState;
}) {
  const t = useStore(state.cursor);
  const measured = useStore(state.measured);
  const pointer = t === null ? null : { t, measured };
  const shown = useMemo(
    () => chooseSpans(session, known, budget, tier),
    [session, known, budget, tier],
  );
  const moment = describeMoment(session, shown, budget, tier, pointer);
  return (
    <section className="card legend" aria-labelledby="legend-title">
      <div className="legend-head">
        <h2 id="legend-title">Budget</h2>
        <span className="muted num">{moment.title}</span>
      </div>
      {shown.spans.length === 0 ? (
        <p className="muted">{sayNothingPredicted(session)}</p>
      ) : (
        <MomentTable
          spans={shown.spans}
          moment={moment}
          tier={tier}
          isObserved={session.overlay.observed !== undefined}
        />
      )}
    </section>
  );
}

function sayNothingPredicted({ model, overlay }: SessionDocument): string {
  const expected = overlay.predictedPeak.observed;
  if (expected !== undefined)
    return `No formula predicts this run; at most ${formatBytes(expected)} are expected from its own first steps.`;
  return model === null
    ? 'No model and run are declared for this session, so theory has nothing to say about it.'
    : 'The model is known, and no run of it that a budget could be made of: nothing is predicted.';
}

function MomentTable({
  spans,
  moment,
  tier,
  isObserved,
}: {
  spans: readonly PredictedSpan[];
  moment: LegendMoment;
  tier: Tier;
  isObserved: boolean;
}) {
  const order = useMemo(() => [...listComponents(spans)].reverse(), [spans]);
  const { span, measured, measuredComponents } = moment;
  const isMeasured = measuredComponents !== null;
  return (
    <table>
      <thead>
        <tr>
          <th>Component</th>
          {isMeasured && <th className="right">Measured</th>}
          <th className="right">Predicted</th>
          {!isMeasured && <th className="right">Share</th>}
        </tr>
      </thead>
      <tbody>
        {order.map((component) => (
          <ComponentRow key={component} component={component} moment={moment} />
        ))}
        {spans.some(({ parts }) => parts === null) && (
          <SumRow
            isMeasured={isMeasured}
            name={
              <>
                <i className="swatch" style={{ background: WHOLE_COLOR }} />
                Not split
              </>
            }
            bytes={span && !span.parts ? span.total : null}
          />
        )}
      </tbody>
      <tfoot>
        <SumRow
          isMeasured={isMeasured}
          name={isObserved ? 'Expected, observed' : `Predicted, ${tier}`}
          bytes={span?.total ?? null}
          testId="legend-total"
        />
        <SumRow isMeasured={isMeasured} name="Measured" bytes={measured} />
        <SumRow
          isMeasured={isMeasured}
          name="Residual"
          bytes={measured !== null && span ? measured - span.total : null}
          isSigned
        />
      </tfoot>
    </table>
  );
}

function ComponentRow({ component, moment }: { component: Component; moment: LegendMoment }) {
  const { span, measuredComponents } = moment;
  const bytes = span?.parts?.[component] ?? null;
  return (
    <tr data-absent={bytes === null}>
      <td>
        <i className="swatch" style={{ background: COMPONENT_COLOR[component] }} />
        {componentLabel(component)}
      </td>
      {measuredComponents && (
        <td className="right">
          <Bytes value={measuredComponents[component] ?? null} />
        </td>
      )}
      <td className="right">
        <Bytes value={bytes} />
      </td>
      {!measuredComponents && (
        <td className="right num muted">
          {bytes === null || !span ? '' : formatPercent((bytes / span.total) * 100)}
        </td>
      )}
    </tr>
  );
}

/** A row that stands for the whole: beside columns by component it leaves them empty. */
function SumRow({
  name,
  bytes,
  isMeasured,
  isSigned = false,
  testId,
}: {
  name: ReactNode;
  bytes: ByteCount | null;
  isMeasured: boolean;
  isSigned?: boolean;
  testId?: string;
}) {
  return (
    <tr>
      <td>{name}</td>
      {isMeasured && <td />}
      <td className="right" data-testid={testId}>
        <Bytes value={bytes} signed={isSigned} />
      </td>
      {!isMeasured && <td />}
    </tr>
  );
}
