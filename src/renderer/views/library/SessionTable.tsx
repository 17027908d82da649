/** The table of sessions, newest first as the engine gives them. */
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { formatDuration, formatSignedPercent } from '../../../shared/base/format';
import { formatMoment, START_UNKNOWN } from '../../../shared/present/moments';
import type { SessionSummary } from '../../../shared/session/types';
import { Bytes } from '../../components/Bytes';
import { residualTone } from '../../components/residual-tone';
import { StatusBadge } from '../../components/StatusBadge';
import { sessionHref } from '../../state/router';

export function SessionTable({
  sessions,
  selected,
  onSelect,
  onRename,
}: {
  sessions: readonly SessionSummary[];
  selected: ReadonlySet<string>;
  onSelect(selected: ReadonlySet<string>): void;
  onRename(id: string, name: string): void;
}) {
  const all = sessions.every(({ id }) => selected.has(id));
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  return (
    <div className="table-frame">
      <table className="table sessions">
        <thead>
          <tr>
            <th className="check">
              <input
                type="checkbox"
                aria-label="Select all sessions shown"
                checked={all}
                onChange={() => onSelect(all ? new Set() : new Set(sessions.map(({ id }) => id)))}
              />
            </th>
            <th>Name</th>
            <th>Status</th>
            <th>Model</th>
            <th>Mode</th>
            <th>Started</th>
            <th className="right">Duration</th>
            <th className="right">Measured peak</th>
            <th className="right">Predicted peak</th>
            <th className="right" title="Measured minus predicted, in percent of predicted">
              Residual
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <SessionRow
              key={session.id}
              session={session}
              isSelected={selected.has(session.id)}
              onToggle={() => toggle(session.id)}
              onRename={(name) => onRename(session.id, name)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SessionRow({
  session,
  isSelected,
  onToggle,
  onRename,
}: {
  session: SessionSummary;
  isSelected: boolean;
  onToggle(): void;
  onRename(name: string): void;
}) {
  return (
    <tr data-selected={isSelected}>
      <td className="check">
        <input
          type="checkbox"
          aria-label={`Select ${session.name}`}
          checked={isSelected}
          onChange={onToggle}
        />
      </td>
      <td className="name-cell">
        <Name session={session} onRename={onRename} />
      </td>
      <td className="nowrap">
        <StatusBadge status={session.status} />
        {session.simulated && <span className="badge simulated">simulated</span>}
      </td>
      <td>{session.model ?? <span className="muted nowrap">not declared</span>}</td>
      <td>{session.mode ?? <span className="muted">—</span>}</td>
      <td className="num nowrap" title={session.startedAt ?? START_UNKNOWN}>
        {formatMoment(session.startedAt)}
      </td>
      <td className="right num nowrap">{formatDuration(session.durationUs)}</td>
      <td className="right">
        <Bytes value={session.measuredPeak} />
      </td>
      <td className="right">
        <Bytes value={session.predictedPeak} />
      </td>
      <td className="right num">
        <span className="tone" data-tone={residualTone(session.residualPercent)}>
          {formatSignedPercent(session.residualPercent)}
        </span>
      </td>
    </tr>
  );
}

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
