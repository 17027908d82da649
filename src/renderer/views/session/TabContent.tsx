/** What the open tab of the drawer holds. */
import { useEffect, useMemo, useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import type { Tier } from '../../../shared/base/vocabulary';
import type { Budget } from '../../../shared/budget/types';
import { buildPredictedSpans } from '../../../shared/picture/predicted-spans';
import { HELD_TITLE, heldTable } from '../../../shared/present/held-objects';
import { OBSERVED_TITLE, observedTable } from '../../../shared/present/observed';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useStore } from '../../state/store';
import { Legend } from '../../timeline/Legend';
import type { TimelineActions } from '../../timeline/timeline-actions';
import type { TimelineState } from '../../timeline/timeline-state';
import { AllocationsTab } from './AllocationsTab';
import type { TabId } from './Drawer';
import { FindingsTab } from './FindingsTab';
import { LogTab } from './LogTab';
import { MachineTab } from './MachineTab';
import { type FreshMark, MarksTab } from './MarksTab';
import { MomentTab } from './MomentTab';
import { PhasesTab } from './PhasesTab';
import { RankTable } from './RankTable';
import { SelectionTab } from './SelectionTab';
import { TimeTab } from './TimeTab';
import type { MarkActions } from './useMarks';
import { WordsTable } from './WordsTable';

export function TabContent({
  tab,
  session,
  budget,
  tier,
  state,
  actions,
  marks,
  freshMark,
  onSeries,
}: {
  tab: TabId;
  session: SessionDocument;
  budget: Budget | null;
  tier: Tier;
  state: TimelineState;
  actions: TimelineActions;
  marks: MarkActions;
  freshMark: FreshMark;
  onSeries(series: string): void;
}) {
  const show = (span: readonly [Micros, Micros]) => actions.show(span);
  const light = (span: readonly [Micros, Micros] | null) => state.lit.set(span);
  switch (tab) {
    case 'findings':
      return <FindingsTab session={session} onShow={show} onLight={light} />;
    case 'moment':
      return <AtCursor session={session} budget={budget} tier={tier} state={state} />;
    case 'selection':
      return <Selected session={session} state={state} actions={actions} />;
    case 'phases':
      return <PhasesTab session={session} onShow={show} onLight={light} />;
    case 'ranks':
      return <RankTable session={session} onSeries={onSeries} />;
    case 'allocations':
      return session.allocations ? (
        <AllocationsTab ledger={session.allocations} onMoment={actions.goTo} />
      ) : null;
    case 'time':
      return <TimeTab session={session} />;
    case 'marks':
      return (
        <MarksTab marks={session.marks} fresh={freshMark} actions={marks} onMoment={actions.goTo} />
      );
    case 'log':
      return <LogTab session={session} onMoment={(t) => state.cursor.set(t)} />;
    case 'machine':
      return <MachineTab session={session} />;
  }
}

/** A pointer moves more often than anyone reads a table. */
const REST_MS = 120;

/** The budget as it stands at the cursor, and what the measured bytes there are made of. */
function AtCursor({
  session,
  budget,
  tier,
  state,
}: {
  session: SessionDocument;
  budget: Budget | null;
  tier: Tier;
  state: TimelineState;
}) {
  const { overlay } = session;
  const spans = useMemo(() => buildPredictedSpans(overlay, tier, budget), [overlay, tier, budget]);
  const cursor = useStore(state.cursor);
  const [at, setAt] = useState(cursor);
  useEffect(() => {
    const timer = window.setTimeout(() => setAt(cursor), REST_MS);
    return () => window.clearTimeout(timer);
  }, [cursor]);
  return (
    <>
      <div className="moment-grid">
        <MomentTab session={session} at={at} />
        <Legend session={session} budget={budget} spans={spans} tier={tier} state={state} />
      </div>
      <HeldTables session={session} />
    </>
  );
}

/** What the script's own objects held, and what its first steps let one expect: both where there are any. */
function HeldTables({ session }: { session: SessionDocument }) {
  const held = useMemo(() => heldTable(session), [session]);
  const expected = useMemo(() => observedTable(session), [session]);
  return (
    <>
      {held && <WordsTable title={HELD_TITLE} table={held} />}
      {expected && <WordsTable title={OBSERVED_TITLE} table={expected} />}
    </>
  );
}

function Selected({
  session,
  state,
  actions,
}: {
  session: SessionDocument;
  state: TimelineState;
  actions: TimelineActions;
}) {
  const span = useStore(state.selection);
  return (
    <SelectionTab
      session={session}
      span={span}
      onWhole={() => actions.select([0, session.durationUs])}
    />
  );
}
