/** All sessions: find, open, select to compare, rename, delete, record, import. */
import { Circle, FileUp, GitCompareArrows, Search, Trash2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { SessionSummary } from '../../../shared/session/types';
import { Dialog } from '../../components/Dialog';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useFileDrop } from '../../components/useFileDrop';
import { ImportDialog } from '../../forms/ImportDialog';
import { RecordDialog } from '../../forms/RecordDialog';
import { useEngine, useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { compareHref, go } from '../../state/router';
import { SessionTable } from './SessionTable';

const REFRESH_MS = 400;

export function Library() {
  const engine = useEngine();
  const list = useQuery('list', (client) => client.list());
  const refresh = useThrottled(list.refresh, REFRESH_MS);
  useEngineEvent(refresh);
  const [search, setSearch] = useState('');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'record' | 'delete' | 'import' | null>(null);
  const [files, setFiles] = useState<readonly File[]>([]);
  const dropping = useFileDrop((dropped) => {
    if (dropped.length === 0) return;
    setFiles(dropped);
    setDialog('import');
  });
  const [error, setError] = useState<unknown>(null);

  const sessions = list.data ?? [];
  const shown = useMemo(
    () => sessions.filter((session) => matches(session, search)),
    [sessions, search],
  );
  const chosen = sessions.filter(({ id }) => selected.has(id));

  const remove = async () => {
    setDialog(null);
    try {
      for (const { id } of chosen) await engine.delete({ id });
      setSelected(new Set());
      setError(null);
    } catch (failure) {
      setError(failure);
    }
    list.refresh();
  };
  const rename = async (id: string, name: string) => {
    try {
      await engine.rename({ id, name });
      setError(null);
    } catch (failure) {
      setError(failure);
    }
    list.refresh();
  };

  return (
    <main className="page">
      <div className="page-head">
        <h1>Sessions</h1>
        {sessions.length > 0 && <span className="muted num">{sessions.length}</span>}
        <span className="grow" />
        {sessions.length > 0 && (
          <label className="search">
            <Search size={14} aria-hidden="true" />
            <input
              type="search"
              placeholder="Search sessions"
              aria-label="Search sessions"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
        )}
        <button
          type="button"
          className="button"
          disabled={chosen.length < 2}
          title={chosen.length < 2 ? 'Select two or more sessions' : undefined}
          onClick={() => go(compareHref(chosen.map(({ id }) => id)))}
        >
          <GitCompareArrows size={15} aria-hidden="true" />
          Compare{chosen.length > 1 && <span className="num"> {chosen.length}</span>}
        </button>
        <button
          type="button"
          className="button"
          disabled={chosen.length === 0}
          onClick={() => setDialog('delete')}
        >
          <Trash2 size={15} aria-hidden="true" />
          Delete
        </button>
        <button type="button" className="button" onClick={() => setDialog('import')}>
          <FileUp size={15} aria-hidden="true" />
          Import…
        </button>
        <button type="button" className="button primary" onClick={() => setDialog('record')}>
          <Circle size={12} fill="currentColor" aria-hidden="true" />
          Record
        </button>
      </div>
      {error !== null && <FailureNote error={error} />}
      {list.error !== null && <FailureNote error={list.error} onRetry={list.refresh} />}
      {list.data === null && list.error === null && <Skeleton rows={8} />}
      {list.data?.length === 0 && (
        <EmptyLibrary onRecord={() => setDialog('record')} onImport={() => setDialog('import')} />
      )}
      {sessions.length > 0 &&
        (shown.length > 0 ? (
          <SessionTable
            sessions={shown}
            selected={selected}
            onSelect={setSelected}
            onRename={rename}
          />
        ) : (
          <p className="empty-line">
            No session matches “{search}”.{' '}
            <button type="button" className="link" onClick={() => setSearch('')}>
              Show all
            </button>
          </p>
        ))}
      {dropping && dialog !== 'import' && (
        <div className="drop-zone" role="status">
          <FileUp size={22} aria-hidden="true" />
          Drop to import
        </div>
      )}
      {dialog === 'import' && (
        <ImportDialog
          files={files}
          onFiles={setFiles}
          onClose={() => {
            setDialog(null);
            setFiles([]);
          }}
        />
      )}
      {dialog === 'record' && <RecordDialog onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <Dialog
          title={chosen.length === 1 ? 'Delete this session?' : `Delete ${chosen.length} sessions?`}
          onClose={() => setDialog(null)}
          onSubmit={remove}
          footer={
            <>
              <button type="button" className="button" onClick={() => setDialog(null)}>
                Keep
              </button>
              <button type="submit" className="button danger">
                Delete
              </button>
            </>
          }
        >
          <p>The measured data is removed from the library and cannot be brought back.</p>
          <ul className="plain">
            {chosen.slice(0, 8).map(({ id, name }) => (
              <li key={id}>{name}</li>
            ))}
            {chosen.length > 8 && <li className="muted">and {chosen.length - 8} more</li>}
          </ul>
        </Dialog>
      )}
    </main>
  );
}

function matches(session: SessionSummary, search: string): boolean {
  const text = [session.name, session.model, session.mode, session.status, session.id]
    .join(' ')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function EmptyLibrary({ onRecord, onImport }: { onRecord(): void; onImport(): void }) {
  return (
    <section className="empty">
      <svg viewBox="0 0 240 96" width="240" height="96" aria-hidden="true">
        <path className="e-band a" d="M8 88V64h60V40h70v24h94v24z" />
        <path className="e-band b" d="M68 40V28h70v36h40V52h54v12h-94V40z" />
        <path className="e-line" d="M8 66h28v-4h32V38h22v-6h46v30h20v-6h22v-6h54" />
      </svg>
      <h2>Nothing recorded yet</h2>
      <p>
        Record a run, and its measured memory is laid over the budget that theory predicts for it.
        The bundled GPT-2 needs nothing but this machine.
      </p>
      <button type="button" className="button primary" onClick={onRecord}>
        <Circle size={12} fill="currentColor" aria-hidden="true" />
        Record the first session
      </button>
      <p className="muted">
        or{' '}
        <button type="button" className="link" onClick={onImport}>
          import
        </button>{' '}
        output of nvidia-smi, or a session from another machine
      </p>
      <p className="muted">or from a terminal</p>
      <code className="command">plumbline record --bundled gpt2 --mode generate</code>
      <code className="command">plumbline record -- python train.py</code>
    </section>
  );
}
