/** All sessions: find, open, select to compare, rename, delete, record, import. */
import { Circle, FileUp, GitCompareArrows, Search, Trash2 } from 'lucide-react';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { MAX_COMPARED } from '../../../shared/session/comparison';
import type { SessionSummary } from '../../../shared/session/types';
import { useCommands } from '../../commands/useCommands';
import { Dialog } from '../../components/Dialog';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useFileDrop } from '../../components/useFileDrop';
import { ImportDialog } from '../../forms/ImportDialog';
import { RecordDialog } from '../../forms/RecordDialog';
import { useEngine, useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { compareHref, go, useParameter } from '../../state/router';
import { changes } from '../../state/undo';
import { SessionTable } from './SessionTable';
import { readSorting, sortSessions, writeSorting } from './sort-sessions';

const REFRESH_MS = 400;

type OpenDialog = 'record' | 'delete' | 'import' | null;

export function Library() {
  const { list, error, remove, rename } = useLibrary();
  const [search, setSearch] = useState('');
  const { compared, selected, setSelected } = useSelection();
  const [sortText, setSort] = useParameter('sort', 'order');
  const sorting = useMemo(() => readSorting(sortText), [sortText]);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const sessions = list.data ?? [];
  const shown = useMemo(
    () => sortSessions(sessions, sorting).filter((session) => matches(session, search)),
    [sessions, search, sorting],
  );
  const chosen = sessions.filter(({ id }) => selected.has(id));
  const field = useRef<HTMLInputElement>(null);
  useLibraryCommands({ chosen, field, onDialog: setDialog });
  return (
    <main className="page">
      <LibraryHead
        count={sessions.length}
        chosen={chosen}
        field={field}
        search={search}
        onSearch={setSearch}
        onDialog={setDialog}
      />
      {error !== null && <FailureNote error={error} />}
      <ListState list={list} />
      {list.data?.length === 0 && (
        <EmptyLibrary onRecord={() => setDialog('record')} onImport={() => setDialog('import')} />
      )}
      {compared !== null && chosen.length === 1 && <CompareHint name={chosen[0]?.name ?? ''} />}
      {shown.length > 0 && (
        <SessionTable
          sessions={shown}
          selected={selected}
          sorting={sorting}
          onSort={(next) => setSort(writeSorting(next))}
          onSelect={setSelected}
          onRename={rename}
        />
      )}
      {sessions.length > 0 && shown.length === 0 && (
        <NothingFound search={search} onShowAll={() => setSearch('')} />
      )}
      <Imports isOpen={dialog === 'import'} onOpen={(open) => setDialog(open ? 'import' : null)} />
      {dialog === 'record' && <RecordDialog onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <DeleteDialog
          sessions={chosen}
          onClose={() => setDialog(null)}
          onDelete={async () => {
            setDialog(null);
            if (await remove(chosen)) setSelected(new Set());
          }}
        />
      )}
    </main>
  );
}

/** The sessions that are selected; at first the one that the address says is to be compared. */
function useSelection() {
  const [compared] = useParameter('compare', 'choice');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (compared !== null) setSelected(new Set([compared]));
  }, [compared]);
  return { compared, selected, setSelected };
}

function ListState({ list }: Pick<ReturnType<typeof useLibrary>, 'list'>) {
  if (list.error !== null) return <FailureNote error={list.error} onRetry={list.refresh} />;
  return list.data === null ? <Skeleton rows={8} /> : null;
}

const CompareHint = ({ name }: { name: string }) => (
  <p className="hint" role="status">
    “{name}” is selected. Select what it is to be compared with.
  </p>
);

const NothingFound = ({ search, onShowAll }: { search: string; onShowAll(): void }) => (
  <p className="empty-line">
    No session matches “{search}”.{' '}
    <button type="button" className="link" onClick={onShowAll}>
      Show all
    </button>
  </p>
);

/** The sessions as they are now, what can be done to them, and why the last of it failed. */
function useLibrary() {
  const engine = useEngine();
  const list = useQuery('list', (client) => client.list());
  const refresh = useThrottled(list.refresh, REFRESH_MS);
  useEngineEvent(refresh);
  const [error, setError] = useState<unknown>(null);
  /** Whether it went well. */
  const attempt = async (action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      setError(null);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      list.refresh();
    }
  };
  return {
    list,
    error,
    remove: (sessions: readonly SessionSummary[]) =>
      attempt(async () => {
        for (const { id } of sessions) await engine.delete({ id });
      }),
    rename: async (id: string, name: string) => {
      const old = list.data?.find((session) => session.id === id)?.name;
      const set = (to: string) => engine.rename({ id, name: to }).finally(list.refresh);
      if ((await attempt(() => set(name))) && old !== undefined)
        changes.note({ label: 'rename', undo: () => set(old), redo: () => set(name) });
    },
  };
}

function useLibraryCommands({
  chosen,
  field,
  onDialog,
}: {
  chosen: readonly SessionSummary[];
  field: RefObject<HTMLInputElement | null>;
  onDialog(dialog: OpenDialog): void;
}): void {
  useCommands([
    {
      id: 'library.search',
      title: 'Search sessions',
      group: 'Go to',
      keys: ['/'],
      run: () => field.current?.focus(),
    },
    {
      id: 'session.record',
      title: 'Record a session',
      group: 'Session',
      keys: ['KeyN'],
      words: 'new start launch',
      run: () => onDialog('record'),
    },
    {
      id: 'session.import',
      title: 'Import a file',
      group: 'Session',
      keys: ['KeyI'],
      words: 'open log nvidia-smi csv',
      run: () => onDialog('import'),
    },
    {
      id: 'session.compare',
      title: `Compare the ${chosen.length} selected sessions`,
      group: 'Session',
      keys: ['KeyC'],
      isDisabled: chosen.length < 2 || chosen.length > MAX_COMPARED,
      run: () => go(compareHref(chosen.map(({ id }) => id))),
    },
    {
      id: 'session.delete',
      title: chosen.length === 1 ? 'Delete the selected session' : 'Delete the selected sessions',
      group: 'Session',
      keys: ['Delete'],
      isDisabled: chosen.length === 0,
      run: () => onDialog('delete'),
    },
  ]);
}

function LibraryHead({
  count,
  chosen,
  field,
  search,
  onSearch,
  onDialog,
}: {
  count: number;
  chosen: readonly SessionSummary[];
  field: RefObject<HTMLInputElement | null>;
  search: string;
  onSearch(search: string): void;
  onDialog(dialog: OpenDialog): void;
}) {
  return (
    <div className="page-head">
      <h1>Sessions</h1>
      {count > 0 && <span className="muted num">{count}</span>}
      <span className="grow" />
      {count > 0 && <SearchField field={field} search={search} onSearch={onSearch} />}
      <button
        type="button"
        className="button"
        disabled={chosen.length < 2 || chosen.length > MAX_COMPARED}
        title={
          chosen.length < 2 || chosen.length > MAX_COMPARED
            ? `Select two to ${MAX_COMPARED} sessions`
            : undefined
        }
        onClick={() => go(compareHref(chosen.map(({ id }) => id)))}
      >
        <GitCompareArrows size={15} aria-hidden="true" />
        Compare{chosen.length > 1 && <span className="num"> {chosen.length}</span>}
      </button>
      <button
        type="button"
        className="button"
        disabled={chosen.length === 0}
        onClick={() => onDialog('delete')}
      >
        <Trash2 size={15} aria-hidden="true" />
        Delete
      </button>
      <button type="button" className="button" onClick={() => onDialog('import')}>
        <FileUp size={15} aria-hidden="true" />
        Import…
      </button>
      <button type="button" className="button primary" onClick={() => onDialog('record')}>
        <Circle size={12} fill="currentColor" aria-hidden="true" />
        Record
      </button>
    </div>
  );
}

function SearchField({
  field,
  search,
  onSearch,
}: {
  field: RefObject<HTMLInputElement | null>;
  search: string;
  onSearch(search: string): void;
}) {
  return (
    <label className="search">
      <Search size={14} aria-hidden="true" />
      <input
        ref={field}
        type="search"
        placeholder="Search sessions"
        aria-label="Search sessions"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
      />
    </label>
  );
}

/** Files dropped anywhere on the page, and the dialog that imports them. */
function Imports({ isOpen, onOpen }: { isOpen: boolean; onOpen(open: boolean): void }) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const dropping = useFileDrop((dropped) => {
    if (dropped.length === 0) return;
    setFiles(dropped);
    onOpen(true);
  });
  return (
    <>
      {dropping && !isOpen && (
        <div className="drop-zone" role="status">
          <FileUp size={22} aria-hidden="true" />
          Drop to import
        </div>
      )}
      {isOpen && (
        <ImportDialog
          files={files}
          onFiles={setFiles}
          onClose={() => {
            onOpen(false);
            setFiles([]);
          }}
        />
      )}
    </>
  );
}

/** More names than these say no more than their number. */
const MAX_NAMES = 8;

function DeleteDialog({
  sessions,
  onClose,
  onDelete,
}: {
  sessions: readonly SessionSummary[];
  onClose(): void;
  onDelete(): void;
}) {
  return (
    <Dialog
      title={sessions.length === 1 ? 'Delete this session?' : `Delete ${sessions.length} sessions?`}
      onClose={onClose}
      onSubmit={onDelete}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
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
        {sessions.slice(0, MAX_NAMES).map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
        {sessions.length > MAX_NAMES && (
          <li className="muted">and {sessions.length - MAX_NAMES} more</li>
        )}
      </ul>
    </Dialog>
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
