/** The table of sessions, in the order of the head that was pressed last; of any number of them only those in sight are drawn. */

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, Pencil } from 'lucide-react';
import { Fragment, memo, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { formatDuration, formatSignedPercent } from '../../../shared/base/format';
import { formatMoment, START_UNKNOWN } from '../../../shared/present/moments';
import type { SessionSummary } from '../../../shared/session/types';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { StatusBadge } from '../../components/StatusBadge';
import { sessionHref } from '../../state/router';
import { Sparkline } from './Sparkline';
import { pressHead, type Sorting, type SortKey } from './sort-sessions';

interface Column {
  readonly key: SortKey;
  readonly name: string;
  readonly isFigure?: boolean;
  readonly about?: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', name: 'Name' },
  { key: 'status', name: 'Status' },
  { key: 'model', name: 'Model' },
  { key: 'addedAt', name: 'Added', about: 'When it came into this library' },
  { key: 'startedAt', name: 'Run', about: 'When the run began' },
  { key: 'durationUs', name: 'Duration', isFigure: true },
  { key: 'measuredPeak', name: 'Measured peak', isFigure: true },
  { key: 'predictedPeak', name: 'Predicted', isFigure: true },
  {
    key: 'residualPercent',
    name: 'Residual',
    isFigure: true,
    about: 'Measured minus predicted, in percent of predicted',
  },
];

export function SessionTable({
  sessions,
  selected,
  sorting,
  onSelect,
  onSort,
  onRename,
}: {
  sessions: readonly SessionSummary[];
  selected: ReadonlySet<string>;
  sorting: Sorting;
  onSort(sorting: Sorting): void;
  onSelect(selected: ReadonlySet<string>): void;
  onRename(id: string, name: string): void;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const { rows, above, below } = useRowsInSight(sessions, body);
  const all = sessions.every(({ id }) => selected.has(id));
  const toggle = useStable((id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  });
  const rename = useStable(onRename);
  return (
    <div className="table-frame sessions-frame">
      <table className="table sessions" aria-rowcount={sessions.length + 1}>
        <TableHead
          isAllSelected={all}
          sorting={sorting}
          onSelectAll={() => onSelect(all ? new Set() : new Set(sessions.map(({ id }) => id)))}
          onSort={onSort}
        />
        <tbody ref={body}>
          <Spacer height={above} />
          {rows.map(({ session, index }) => (
            <SessionRow
              key={session.id}
              session={session}
              place={index + 2}
              isSelected={selected.has(session.id)}
              onToggle={toggle}
              onRename={rename}
            />
          ))}
          <Spacer height={below} />
        </tbody>
      </table>
    </div>
  );
}

/** As the style sheet has it, with its border. */
const ROW_HEIGHT = 53;

/** Of ten thousand rows those that are in sight of the page, and how high the others are. */
function useRowsInSight(
  sessions: readonly SessionSummary[],
  body: { readonly current: HTMLElement | null },
) {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY);
  }, [body]);
  const virtual = useWindowVirtualizer({
    count: sessions.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 15,
    scrollMargin: top,
  });
  const items = virtual.getVirtualItems();
  return {
    rows: items.flatMap(({ index }) => {
      const session = sessions[index];
      return session === undefined ? [] : [{ session, index }];
    }),
    above: (items[0]?.start ?? top) - top,
    below: virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top),
  };
}

const Spacer = ({ height }: { height: number }) =>
  height > 0 && (
    <tr className="spacer">
      <td colSpan={COLUMNS.length + 2} style={{ height }} />
    </tr>
  );

function TableHead({
  isAllSelected,
  sorting,
  onSelectAll,
  onSort,
}: {
  isAllSelected: boolean;
  sorting: Sorting;
  onSelectAll(): void;
  onSort(sorting: Sorting): void;
}) {
  return (
    <thead>
      <tr>
        <th className="check">
          <input
            type="checkbox"
            aria-label="Select all sessions shown"
            checked={isAllSelected}
            onChange={onSelectAll}
          />
        </th>
        {COLUMNS.map((column) => (
          <Fragment key={column.key}>
            <SortedHead
              column={column}
              sorting={sorting}
              onPress={() => onSort(pressHead(sorting, column.key))}
            />
            {column.key === 'name' && <th className="sparkline-cell">Memory</th>}
          </Fragment>
        ))}
      </tr>
    </thead>
  );
}

function SortedHead({
  column: { key, name, isFigure = false, about },
  sorting,
  onPress,
}: {
  column: Column;
  sorting: Sorting;
  onPress(): void;
}) {
  const isSorted = sorting.key === key;
  const order = sorting.isFalling ? 'descending' : 'ascending';
  const Arrow = sorting.isFalling ? ArrowDown : ArrowUp;
  return (
    <th className={isFigure ? 'right' : undefined} aria-sort={isSorted ? order : undefined}>
      <button type="button" className="sort-head" title={about} onClick={onPress}>
        {name}
        {isSorted && <Arrow size={12} aria-hidden="true" />}
      </button>
    </th>
  );
}

/** The same function for as long as the table stands, which does what the last one given does: rows are not drawn anew for it. */
function useStable<Args extends readonly unknown[]>(
  act: (...args: Args) => void,
): (...args: Args) => void {
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  return useCallback((...args: Args) => latest.current(...args), []);
}

/** Scrolling draws the rows that come into sight, and leaves the others as they are. */
const SessionRow = memo(function SessionRow({
  session,
  place,
  isSelected,
  onToggle,
  onRename,
}: {
  session: SessionSummary;
  /** Among the rows of the table, its head included. */
  place: number;
  isSelected: boolean;
  onToggle(id: string): void;
  onRename(id: string, name: string): void;
}) {
  return (
    <tr data-selected={isSelected} aria-rowindex={place}>
      <td className="check">
        <input
          type="checkbox"
          aria-label={`Select ${session.name}`}
          checked={isSelected}
          onChange={() => onToggle(session.id)}
        />
      </td>
      <td className="name-cell">
        <Name session={session} onRename={(name) => onRename(session.id, name)} />
        <Words session={session} />
      </td>
      <td className="sparkline-cell">
        <Sparkline session={session} />
      </td>
      <td className="nowrap">
        <StatusBadge status={session.status} />
        {session.simulated && <span className="badge simulated">simulated</span>}
      </td>
      <td className="model-cell" title={session.model ?? undefined}>
        {session.model ?? <span className="muted nowrap">not declared</span>}
        {session.mode !== null && <small className="below muted">{session.mode}</small>}
      </td>
      <td className="num nowrap">{formatMoment(session.addedAt ?? session.startedAt)}</td>
      <td className="num nowrap" title={session.startedAt ?? START_UNKNOWN}>
        <span className={session.addedAt === undefined ? 'muted' : undefined}>
          {formatMoment(session.startedAt)}
        </span>
      </td>
      <td className="right num nowrap">{formatDuration(session.durationUs)}</td>
      <td className="right">
        <Bytes value={session.measuredPeak} />
      </td>
      <td className="right">
        <Bytes value={session.predictedPeak} />
      </td>
      <td className="right num">
        <span className="tone" data-tone={residualTone(session.residualPercent, session.status)}>
          {formatSignedPercent(session.residualPercent)}
        </span>
      </td>
    </tr>
  );
});

/** What a person said of it. */
const Words = ({ session: { tags = [], note } }: { session: SessionSummary }) =>
  (tags.length > 0 || note !== undefined) && (
    <small className="below muted" title={note}>
      {tags.map((tag) => (
        <span key={tag} className="tag">
          {tag}
        </span>
      ))}
      {note}
    </small>
  );

function Name({ session, onRename }: { session: SessionSummary; onRename(name: string): void }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <span className="name">
        <a href={sessionHref(session.id)} title={session.name}>
          {session.name}
        </a>
        <button
          type="button"
          className="icon-button quiet"
          aria-label={`Rename ${session.name}`}
          title="Rename"
          onClick={() => setDraft(session.name)}
        >
          <Pencil size={13} />
        </button>
      </span>
    );
  }
  const commit = () => {
    const name = draft.trim();
    setDraft(null);
    if (name !== '' && name !== session.name) onRename(name);
  };
  return (
    <input
      className="rename"
      aria-label={`New name of ${session.name}`}
      value={draft}
      ref={(element) => element?.focus()}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}
