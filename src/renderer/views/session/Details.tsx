/** The tabs below the chart. */
import { useState } from 'react';
import { formatInteger } from '../../../shared/base/format';
import type { Tier } from '../../../shared/base/vocabulary';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { EnvironmentTab } from './EnvironmentTab';
import { Explained } from './Explained';
import { Logs } from './Logs';
import { PhaseTable } from './PhaseTable';
import { RankTable } from './RankTable';

type TabId = 'phases' | 'ranks' | 'explained' | 'logs' | 'environment';
interface Tab {
  readonly id: TabId;
  readonly label: string;
  /** How many things are in it; null where it is not a list. */
  readonly count: number | null;
}

const listTabs = ({ overlay, ranks, logs }: SessionDocument): readonly Tab[] => [
  { id: 'phases', label: 'Phases', count: overlay.phases.length },
  ...(ranks ? [{ id: 'ranks', label: 'Ranks', count: ranks.length } as const] : []),
  { id: 'explained', label: 'Ledger and time', count: null },
  { id: 'logs', label: 'Logs', count: logs.length },
  { id: 'environment', label: 'Environment', count: null },
];

export function Details({
  session,
  tier,
  budget,
  onZoom,
  onSeries,
}: {
  session: SessionDocument;
  tier: Tier;
  budget: Budget | null;
  onZoom(span: readonly [number, number]): void;
  onSeries(series: string): void;
}) {
  const [tab, setTab] = useState<TabId>('phases');
  return (
    <>
      <div className="tabs" role="tablist" aria-label="Details">
        {listTabs(session).map(({ id, label, count }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-selected={tab === id}
            aria-controls="tab-panel"
            onClick={() => setTab(id)}
          >
            {label}
            {count !== null && <span className="num count">{formatInteger(count)}</span>}
          </button>
        ))}
      </div>
      <section id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} className="tab-panel">
        {tab === 'phases' && (
          <PhaseTable session={session} tier={tier} budget={budget} onZoom={onZoom} />
        )}
        {tab === 'ranks' && <RankTable session={session} onSeries={onSeries} />}
        {tab === 'explained' && <Explained session={session} />}
        {tab === 'logs' && <Logs logs={session.logs} />}
        {tab === 'environment' && <EnvironmentTab session={session} />}
      </section>
    </>
  );
}
