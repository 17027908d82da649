/** What was deleted and is not gone yet: to be had back, or to be gone for good. */
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { formatBytes, formatInteger } from '../../../shared/base/format';
import type { TrashedSession } from '../../../shared/library/trashed-session';
import { Dialog } from '../../components/Dialog';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useEngine, useQuery } from '../../state/engine';
import { useSettings } from '../../state/settings';

export function TrashDialog({ onClose }: { onClose(): void }) {
  const engine = useEngine();
  const { trashDays } = useSettings().settings;
  const trash = useQuery('trash', (client) => client.trash());
  const [error, setError] = useState<unknown>(null);
  const attempt = (action: Promise<unknown>) =>
    action.then(() => setError(null), setError).finally(trash.refresh);
  const sessions = trash.data ?? [];
  // Nothing brings them back: it is asked twice for.
  const [isSure, setSure] = useState(false);
  return (
    <Dialog
      title="Trash"
      wide
      onClose={onClose}
      onSubmit={onClose}
      footer={
        <>
          <button
            type="button"
            className="button danger"
            disabled={sessions.length === 0}
            onClick={() => (isSure ? attempt(engine.emptyTrash({})) : setSure(true))}
            onBlur={() => setSure(false)}
          >
            {isSure
              ? `Delete ${sessions.length === 1 ? 'it' : `all ${formatInteger(sessions.length)}`} for good`
              : 'Empty the trash'}
          </button>
          <button type="submit" className="button">
            Close
          </button>
        </>
      }
    >
      <p className="muted">Deleted sessions are kept for {trashDays} days.</p>
      {trash.data === null && trash.error === null && <Skeleton rows={3} />}
      {(error ?? trash.error) !== null && <FailureNote error={error ?? trash.error} />}
      {trash.data !== null && sessions.length === 0 && <p>The trash is empty.</p>}
      {sessions.length > 0 && (
        <TrashedSessions sessions={sessions} onRestore={(id) => attempt(engine.restore({ id }))} />
      )}
    </Dialog>
  );
}

function TrashedSessions({
  sessions,
  onRestore,
}: {
  sessions: readonly TrashedSession[];
  onRestore(id: string): void;
}) {
  return (
    <ul className="plain trash">
      {sessions.map(({ id, name, deletedOn, bytes }) => (
        <li key={id}>
          <span className="grow">
            {name ?? id}
            <small className="muted">
              {' '}
              deleted {deletedOn}, {formatBytes(bytes)}
            </small>
          </span>
          <button
            type="button"
            className="button"
            aria-label={`Restore ${name ?? id}`}
            onClick={() => onRestore(id)}
          >
            <RotateCcw size={14} aria-hidden="true" />
            Restore
          </button>
        </li>
      ))}
    </ul>
  );
}
