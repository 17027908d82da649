/** What there is to read beside the picture, by tab; below it or at its right, as the person left it. */
import { PanelBottom, PanelRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatInteger } from '../../../shared/base/format';
import { rankKind } from '../../../shared/present/ranks';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useKept } from './useKept';

export const TABS = [
  'findings',
  'moment',
  'selection',
  'phases',
  'ranks',
  'allocations',
  'time',
  'marks',
  'log',
  'machine',
] as const;
export type TabId = (typeof TABS)[number];

const LABELS: Readonly<Record<TabId, string>> = {
  findings: 'Findings',
  moment: 'This moment',
  selection: 'Selection',
  phases: 'Phases',
  ranks: 'Ranks',
  allocations: 'Allocations',
  time: 'Time',
  marks: 'Marks',
  log: 'Log',
  machine: 'Run and machine',
};

const RANK_TABS = { rank: LABELS.ranks, process: 'Processes', GPU: 'GPUs' } as const;

export type Place = 'bottom' | 'right';
export const usePlace = () => useKept<Place>('plumbline.drawer', ['bottom', 'right'], 'bottom');

export function Drawer({
  session,
  tab,
  place,
  onTab,
  onPlace,
  children,
}: {
  session: SessionDocument;
  tab: TabId;
  place: Place;
  onTab(tab: TabId): void;
  onPlace(place: Place): void;
  children: ReactNode;
}) {
  const counts: Readonly<Partial<Record<TabId, number>>> = {
    findings: session.findings.length,
    phases: session.counts.phases,
    marks: session.marks?.length ?? 0,
    log: session.counts.logs,
  };
  const shown = TABS.filter(
    (id) => (id !== 'ranks' && id !== 'allocations') || session[id] !== undefined,
  );
  const move = (by: number) => {
    const next = shown[(shown.indexOf(tab) + by + shown.length) % shown.length] ?? tab;
    onTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section className="drawer" aria-label="Details">
      <div className="tabs">
        <div role="tablist" aria-label="Details">
          {shown.map((id) => (
            <TabButton
              key={id}
              id={id}
              label={id === 'ranks' ? RANK_TABS[rankKind(session)] : LABELS[id]}
              count={counts[id] ?? 0}
              isSelected={tab === id}
              onSelect={() => onTab(id)}
              onMove={move}
            />
          ))}
        </div>
        <span className="grow" />
        <PlaceButton place={place} onPlace={onPlace} />
      </div>
      <section
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        className="tab-panel"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
      >
        {children}
      </section>
    </section>
  );
}

function PlaceButton({ place, onPlace }: { place: Place; onPlace(place: Place): void }) {
  const other = place === 'bottom' ? 'right' : 'bottom';
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Move the details to the ${other}`}
      title={`Move to the ${other}`}
      onClick={() => onPlace(other)}
    >
      {place === 'bottom' ? <PanelRight size={15} /> : <PanelBottom size={15} />}
    </button>
  );
}

function TabButton({
  id,
  label,
  count,
  isSelected,
  onSelect,
  onMove,
}: {
  id: TabId;
  label: string;
  count: number;
  isSelected: boolean;
  onSelect(): void;
  onMove(by: 1 | -1): void;
}) {
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${id}`}
      aria-selected={isSelected}
      aria-controls="tab-panel"
      tabIndex={isSelected ? 0 : -1}
      onClick={onSelect}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') onMove(1);
        else if (event.key === 'ArrowLeft') onMove(-1);
      }}
    >
      {label}
      {count > 0 && <span className="num count">{formatInteger(count)}</span>}
    </button>
  );
}
