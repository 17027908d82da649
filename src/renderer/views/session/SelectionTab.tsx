/** A selected span: its statistics, what was predicted of it against what was measured, and its peak as a closed sum. */
import { Copy } from 'lucide-react';
import { toast } from 'sonner';
import { formatDuration } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import { capitalize, componentLabel } from '../../../shared/present/names';
import type { Moment } from '../../../shared/session/at-moment';
import type { SessionDocument } from '../../../shared/session/session-document';
import { COMPONENT_COLOR, STACK_ORDER } from '../../chart/palette';
import { Bytes } from '../../components/Bytes';
import { FailureNote } from '../../components/FailureNote';
import { useQuery } from '../../state/engine';
import { LedgerBar } from './MomentTab';
import {
  lessBaseline,
  overBudgetWords,
  SELECTION_HEAD,
  type SelectionFacts,
  selectionMarkdown,
  statisticsCells,
} from './selection-words';

type Span = readonly [Micros, Micros];

export function SelectionTab({
  session,
  span,
  onWhole,
}: {
  session: SessionDocument;
  span: Span | null;
  onWhole(): void;
}) {
  if (span === null)
    return (
      <div className="empty-line">
        <p>Drag over the timeline to select a span, or take what is in sight (R).</p>
        <button type="button" className="button small" onClick={onWhole}>
          Select the whole run
        </button>
      </div>
    );
  return <SpanFacts session={session} span={span} />;
}

function SpanFacts({ session, span }: { session: SessionDocument; span: Span }) {
  const { facts, error } = useSelection(session, span);
  if (error !== null) return <FailureNote error={error} />;
  const { rows, peak, overUs } = facts;
  const [t0, t1] = span;
  const copy = () =>
    navigator.clipboard.writeText(selectionMarkdown(facts)).then(
      () => toast('Copied as Markdown'),
      () => toast.error('The clipboard cannot be reached'),
    );
  return (
    <div className="selection-tab">
      <p className="moment-title">
        <strong className="num">
          {formatDuration(t0)} to {formatDuration(t1)}
        </strong>
        <span className="num">{formatDuration(t1 - t0)}</span>
        {overUs !== null && (
          <span className="num" data-testid="over-budget">
            {overBudgetWords(overUs, span)}
          </span>
        )}
        <span className="grow" />
        <button type="button" className="button small" onClick={copy}>
          <Copy size={13} aria-hidden="true" />
          Copy as Markdown
        </button>
      </p>
      <div className="selection-grid">
        <StatisticsTable rows={rows} />
        {peak && <PeakOfSpan peak={peak} />}
      </div>
    </div>
  );
}

function StatisticsTable({ rows }: { rows: SelectionFacts['rows'] }) {
  return (
    <div className="table-frame">
      <table className="table">
        <thead>
          <tr>
            {SELECTION_HEAD.map((head, i) => (
              <th key={head} className={i === 0 ? undefined : 'right'}>
                {head === '' ? 'Series' : capitalize(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.info.id} title={row.info.about}>
              {statisticsCells(row).map((cell, i) => (
                <td key={SELECTION_HEAD[i]} className={i === 0 ? undefined : 'right num nowrap'}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Predicted against measured by component where both are known; the closed sum either way. */
function PeakOfSpan({ peak }: { peak: Moment }) {
  const predicted = peak.predicted?.components ?? null;
  const measured = peak.phase?.measuredComponents ?? null;
  const names = STACK_ORDER.filter((name) => predicted?.[name] || measured?.[name]);
  return (
    <div className="card">
      <h3>At its highest moment</h3>
      {peak.ledger && <LedgerBar ledger={peak.ledger} />}
      <table className="table compact">
        <thead>
          <tr>
            <th>Component</th>
            <th className="right">Predicted</th>
            {measured && <th className="right">Measured</th>}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <td>
                <i className="swatch" style={{ background: COMPONENT_COLOR[name] }} />
                {componentLabel(name)}
              </td>
              <td className="right">
                <Bytes value={predicted?.[name] ?? null} />
              </td>
              {measured && (
                <td className="right">
                  <Bytes value={measured[name] ?? null} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>In all</td>
            <td className="right">
              <Bytes value={peak.predicted?.bytes ?? null} />
            </td>
            {measured && (
              <td className="right">
                <Bytes value={peak.measured?.bytes ?? null} />
              </td>
            )}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function useSelection(
  session: SessionDocument,
  span: Span,
): { readonly facts: SelectionFacts; readonly error: unknown } {
  const { id, overlay, name } = session;
  const [t0, t1] = [Math.round(span[0]), Math.round(span[1])];
  const line = overlay.series;
  const others = session.series.filter((each) => each.id !== line && each.count > 0);
  const series = [...(line === null ? [] : [line]), ...others.map((each) => each.id)];
  const predicted = overlay.predictedPeak.refined;
  const key = `${id} ${t0} ${t1} ${line}`;
  const statistics = useQuery(`statistics ${key}`, (engine) =>
    engine.statistics({ id, series, t0, t1 }),
  );
  const over = useQuery(`over ${key}`, async (engine) =>
    line === null || predicted === null
      ? null
      : engine.statistics({
          id,
          series: [line],
          t0,
          t1,
          above: predicted + overlay.baselineBytes,
        }),
  );
  const highest = statistics.data?.find(({ info }) => info.id === line)?.max ?? null;
  const peak = useQuery(`peak ${key} ${highest?.t}`, async (engine) =>
    highest === null || line === null ? null : engine.moment({ id, series: line, at: highest.t }),
  );
  return {
    facts: {
      name,
      span: [t0, t1],
      rows: (statistics.data ?? []).map((row) =>
        row.info.id === line ? lessBaseline(row, overlay.baselineBytes) : row,
      ),
      peak: peak.data,
      overUs: over.data?.[0]?.aboveUs ?? null,
    },
    error: statistics.error ?? peak.error,
  };
}
