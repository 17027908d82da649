/** One session, recorded or being recorded: the same picture either way. */
import { useMemo, useRef, useState } from 'react';
import type { Tier } from '../../../shared/base/vocabulary';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { buildPredictedSpans } from '../../chart/bands';
import type { Hover } from '../../chart/hover';
import { Legend } from '../../chart/Legend';
import { TraceChart } from '../../chart/TraceChart';
import { focusOn, type View } from '../../chart/view';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { createStore } from '../../state/store';
import { ChartTools } from './ChartTools';
import { Details } from './Details';
import { Findings } from './Findings';
import { KeyFigures } from './KeyFigures';
import { SessionHeader } from './SessionHeader';

/** Four times a second is as often as a changing number can be read. */
const LIVE_MS = 250;

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
  budget: Budget | null;
  budgetError: unknown;
  onSeries(series: string): void;
}) {
  const [tier, setTier] = useState<Tier>('refined');
  const [view, setView] = useState<View | null>(null);
  const hover = useRef(createStore<Hover | null>(null)).current;
  const { overlay } = session;
  const bands = useMemo(() => buildPredictedSpans(overlay, tier, budget), [overlay, tier, budget]);
  const zoomTo = (span: readonly [number, number]) => setView(focusOn(span, session.durationUs));
  return (
    <>
      <KeyFigures session={session} tier={tier} />
      {budgetError !== null && <FailureNote error={budgetError} />}
      <div className="session-grid">
        <section className="card chart-card">
          <ChartTools
            session={session}
            hasPrediction={bands.length > 0}
            tier={tier}
            isWhole={view === null}
            onSeries={onSeries}
            onTier={setTier}
            onFit={() => setView(null)}
          />
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
      <Details session={session} tier={tier} budget={budget} onZoom={zoomTo} onSeries={onSeries} />
    </>
  );
}
