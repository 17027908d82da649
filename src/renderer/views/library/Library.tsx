/** All sessions: find, open, select to compare, tag, delete, record, import. */
import { Circle, FileUp, GitCompareArrows, Tag, Trash2 } from 'lucide-react';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { toast } from 'sonner';
import type { Failure } from '../../../shared/base/failure';
import { searchSessions } from '../../../shared/library/query';
import { TRASH_DAYS } from '../../../shared/library/trashed-session';
import { MAX_COMPARED } from '../../../shared/session/comparison';
import type { SessionSummary } from '../../../shared/session/types';
import { useCommands } from '../../commands/useCommands';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useFileDrop } from '../../components/useFileDrop';
import { ImportDialog } from '../../forms/ImportDialog';
import { RecordDialog } from '../../forms/RecordDialog';
import { useEngine, useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { compareHref, go, useParameter } from '../../state/router';
import { changes } from '../../state/undo';
import { EmptyLibrary } from './EmptyLibrary';
import { Filters, SearchField, SearchProblem } from './SearchBar';
import { SessionTable } from './SessionTable';
import { readSorting, sortSessions, writeSorting } from './sort-sessions';
import { TrashDialog } from './TrashDialog';
import { WordsDialog } from './WordsDialog';

const REFRESH_MS = 400;

/** One and the same list, so that nothing is searched again for it. */
const NO_SESSIONS: readonly SessionSummary[] = [];

type OpenDialog = 'record' | 'words' | 'import' | 'trash' | null;

export function Library() {
  const { list, error, remove, rename } = useLibrary();
  const [searchText, setSearch] = useParameter('find', 'search');
  const search = searchText ?? '';
  const { compared, selected, setSelected } = useSelection();
  const [sortText, setSort] = useParameter('sort', 'order');
  const sorting = useMemo(() => readSorting(sortText), [sortText]);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const sessions = list.data ?? NO_SESSIONS;
  const { found, problem } = useMemo(() => searchSessions(sessions, search), [sessions, search]);
  const shown = useMemo(() => sortSessions(found, sorting), [found, sorting]);
  const chosen = sessions.filter(({ id }) => selected.has(id));
  const field = useRef<HTMLInputElement>(null);
  const onDelete = async () => {
    if (await remove(chosen)) setSelected(new Set());
  };
  useLibraryCommands({ chosen, field, onDialog: setDialog, onDelete });
  return (
    <main className="page">
      <LibraryHead
        count={sessions.length}
        chosen={chosen}
        field={field}
        search={search}
        problem={problem}
        onSearch={(text) => setSearch(text === '' ? null : text)}
        onDialog={setDialog}
        onDelete={onDelete}
      />
      {problem !== null && <SearchProblem problem={problem} />}
      <Filters
        sessions={sessions}
        search={search}
        onSearch={(text) => setSearch(text === '' ? null : text)}
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
      {sessions.length > 0 && shown.length === 0 && problem === null && (
        <NothingFound search={search} onShowAll={() => setSearch(null)} />
      )}
      {list.data !== null && (
        <p className="library-foot">
          <button type="button" className="link" onClick={() => setDialog('trash')}>
            Trash
          </button>
        </p>
      )}
      <Imports isOpen={dialog === 'import'} onOpen={(open) => setDialog(open ? 'import' : null)} />
      {dialog === 'record' && <RecordDialog onClose={() => setDialog(null)} />}
      {dialog === 'trash' && <TrashDialog onClose={() => setDialog(null)} />}
      {dialog === 'words' && chosen[0] && (
        <WordsDialog session={chosen[0]} onClose={() => setDialog(null)} />
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
    remove: async (sessions: readonly SessionSummary[]) => {
      const remove = async () => {
        for (const { id } of sessions) await engine.delete({ id });
      };
      const restore = () =>
        attempt(async () => {
          for (const { id } of sessions) await engine.restore({ id });
        });
      if (!(await attempt(remove))) return false;
      const undo = async () => void (await restore());
      changes.note({ label: 'delete', undo, redo: async () => void (await attempt(remove)) });
      toast(sessions.length === 1 ? 'Session deleted' : `${sessions.length} sessions deleted`, {
        description: `It can be had back from the trash for ${TRASH_DAYS} days.`,
        action: { label: 'Undo', onClick: undo },
      });
      return true;
    },
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
  onDelete,
}: {
  chosen: readonly SessionSummary[];
  field: RefObject<HTMLInputElement | null>;
  onDialog(dialog: OpenDialog): void;
  onDelete(): void;
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
      run: onDelete,
    },
    {
      id: 'session.words',
      title: 'Tags and note of the selected session',
      group: 'Session',
      keys: ['KeyT'],
      words: 'label comment annotate',
      isDisabled: chosen.length !== 1,
      run: () => onDialog('words'),
    },
    {
      id: 'library.trash',
      title: 'Trash: deleted sessions',
      group: 'Go to',
      words: 'restore undelete',
      run: () => onDialog('trash'),
    },
  ]);
}

function LibraryHead({
  count,
  chosen,
  field,
  search,
  problem,
  onSearch,
  onDialog,
  onDelete,
}: {
  count: number;
  chosen: readonly SessionSummary[];
  field: RefObject<HTMLInputElement | null>;
  search: string;
  problem: Failure | null;
  onSearch(search: string): void;
  onDialog(dialog: OpenDialog): void;
  onDelete(): void;
}) {
  return (
    <div className="page-head">
      <h1>Sessions</h1>
      {count > 0 && <span className="muted num">{count}</span>}
      <span className="grow" />
      {count > 0 && (
        <SearchField field={field} search={search} problem={problem} onSearch={onSearch} />
      )}
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
        disabled={chosen.length !== 1}
        title="Tags and note of the selected session"
        onClick={() => onDialog('words')}
      >
        <Tag size={15} aria-hidden="true" />
        Tags
      </button>
      <button type="button" className="button" disabled={chosen.length === 0} onClick={onDelete}>
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
