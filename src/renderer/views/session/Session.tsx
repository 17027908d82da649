/** One session, recorded or being recorded: the same picture either way. */
import { useMemo, useRef, useState } from 'react';
import { formatInteger } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import type { SessionDocument } from '../../../shared/session/session-document';
import { buildPredictedSpans } from '../../chart/bands';
import type { Hover } from '../../chart/hover';
import { Legend } from '../../chart/Legend';
import { TraceChart } from '../../chart/TraceChart';
import { focusOn, type View } from '../../chart/view';
import { FailureNote } from '../../components/FailureNote';
import { Segmented } from '../../components/Segmented';
import { Skeleton } from '../../components/Skeleton';
import { useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { createStore } from '../../state/store';
import { EnvironmentTab } from './EnvironmentTab';
import { Explained } from './Explained';
import { Findings } from './Findings';
import { KeyFigures } from './KeyFigures';
import { Logs } from './Logs';
import { PhaseTable } from './PhaseTable';
import { RankTable } from './RankTable';
import { SessionHeader } from './SessionHeader';

/** Four times a second is as often as a changing number can be read. */
const LIVE_MS = 250;
type Tab = 'phases' | 'ranks' | 'explained' | 'logs' | 'environment';

export function Session({ id }: { id: string }) {
  const [series, setSeries] = useState<string | undefined>(undefined);
  const shown = useQuery(`show ${id} ${series ?? ''}`, (engine) =>
    engine.show(series === undefined ? { id } : { id, series }),
  );
  const budget = useQuery(`budgetOf ${id}`, (engine) => engine.budgetOf({ id }));
  const recording = shown.data?.status === 'recording';
  const refresh = useThrottled(() => {
    shown.refresh();
    if (budget.data === null) budget.refresh();
  }, LIVE_MS);
  useEngineEvent((event) => {
    if (event.type === 'session' ? event.id === id : recording) refresh();
  });
  // The session of another source stays in sight until the new one is here.
  const latest = useRef<SessionDocument | null>(null);
  if (shown.data) latest.current = shown.data;
  const session = shown.data ?? latest.current;

  if (session === null) {
    return (
      <main className="page">
        {shown.error === null ? (
          <Skeleton rows={9} />
        ) : (
          <>
            <FailureNote error={shown.error} onRetry={shown.refresh} />
            <p>
              <a className="button" href="#/">
                All sessions
              </a>
            </p>
          </>
        )}
      </main>
    );
  }
  return (
    <main className="page session" data-loading={shown.loading}>
      {shown.error !== null && <FailureNote error={shown.error} onRetry={shown.refresh} />}
      <SessionHeader session={session} onChanged={shown.refresh} />
      <Body
        session={session}
        budget={budget.data}
        budgetError={budget.error}
        onSeries={setSeries}
      />
    </main>
  );
}

function Body({
  session,
  budget,
  budgetError,
  onSeries,
}: {
  session: SessionDocument;
  budget: Parameters<typeof buildPredictedSpans>[2];
  budgetError: unknown;
  onSeries(series: string): void;
}) {
  const [tier, setTier] = useState<Tier>('refined');
  const [view, setView] = useState<View | null>(null);
  const [tab, setTab] = useState<Tab>('phases');
  const hover = useRef(createStore<Hover | null>(null)).current;
  const { overlay } = session;
  const bands = useMemo(() => buildPredictedSpans(overlay, tier, budget), [overlay, tier, budget]);
  const zoomTo = (span: readonly [number, number]) => setView(focusOn(span, session.durationUs));
  const sources = [
    ...new Set([overlay.series, ...overlay.alternatives].filter((id) => id !== null)),
  ];

  return (
    <>
      <KeyFigures session={session} tier={tier} />
      {budgetError !== null && <FailureNote error={budgetError} />}
      <div className="session-grid">
        <section className="card chart-card">
          <div className="chart-tools">
            <label className="source">
              <span className="line-key" aria-hidden="true" />
              Measured
              <select
                aria-label="Measured series"
                value={overlay.series ?? ''}
                disabled={sources.length < 2}
                onChange={(event) => onSeries(event.target.value)}
              >
                {sources.length === 0 && <option value="">nothing was measured</option>}
                {sources.map((id) => (
                  <option key={id}>{id}</option>
                ))}
              </select>
            </label>
            {bands.length > 0 && (
              <span className="source">
                <span className="line-key dashed" aria-hidden="true" />
                Predicted
              </span>
            )}
            {session.model !== null && (
              <Segmented
                label="Budget tier"
                value={tier}
                onChange={setTier}
                options={[
                  {
                    value: 'textbook',
                    label: 'Textbook',
                    title: 'The formulas as the textbook gives them',
                  },
                  { value: 'refined', label: 'Refined', title: 'With what the textbook forgets' },
                ]}
              />
            )}
            <span className="grow" />
            <span className="keys" aria-hidden="true">
              <kbd>W</kbd>
              <kbd>A</kbd>
              <kbd>S</kbd>
              <kbd>D</kbd> move <kbd>P</kbd> peak
            </span>
            <button
              type="button"
              className="button small"
              disabled={view === null}
              onClick={() => setView(null)}
              title="Show the whole run (F or 0)"
            >
              {session.status === 'recording' && view !== null ? 'Follow' : 'Fit'}
            </button>
          </div>
          <TraceChart
            session={session}
            spans={bands}
            tier={tier}
            view={view}
            hover={hover}
            onView={setView}
          />
        </section>
        <aside className="rail">
          <Legend session={session} budget={budget} spans={bands} tier={tier} hover={hover} />
          <Findings session={session} onZoom={zoomTo} />
        </aside>
      </div>
      <div className="tabs" role="tablist" aria-label="Details">
        {(
          [
            ['phases', 'Phases', overlay.phases.length],
            ...(session.ranks ? [['ranks', 'Ranks', session.ranks.length] as const] : []),
            ['explained', 'Ledger and time', null],
            ['logs', 'Logs', session.logs.length],
            ['environment', 'Environment', null],
          ] as const
        ).map(([key, label, count]) => (
          <button
            key={key}
            type="button"
            role="tab"
            id={`tab-${key}`}
            aria-selected={tab === key}
            aria-controls="tab-panel"
            onClick={() => setTab(key)}
          >
            {label}
            {count !== null && <span className="num count">{formatInteger(count)}</span>}
          </button>
        ))}
      </div>
      <section id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} className="tab-panel">
        {tab === 'phases' && (
          <PhaseTable session={session} tier={tier} budget={budget} onZoom={zoomTo} />
        )}
        {tab === 'ranks' && <RankTable session={session} onSeries={onSeries} />}
        {tab === 'explained' && <Explained session={session} />}
        {tab === 'logs' && <Logs logs={session.logs} />}
        {tab === 'environment' && <EnvironmentTab session={session} />}
      </section>
    </>
  );
}
