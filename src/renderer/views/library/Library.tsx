/** All sessions: find, open, select to compare, tag, delete, record, import. */
import { FileUp } from 'lucide-react';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { searchSessions } from '../../../shared/library/query';
import type { SessionSummary } from '../../../shared/session/types';
import { ComingCards } from '../../components/ComingCards';
import { FailureNote } from '../../components/FailureNote';
import { useFileDrop } from '../../components/useFileDrop';
import { go, useParameter } from '../../state/router';
import { DamagedFiles } from './DamagedFiles';
import { EmptyLibrary } from './EmptyLibrary';
import { LibraryHead } from './LibraryHead';
import { Filters, SearchProblem } from './SearchBar';
import { SessionTable } from './SessionTable';
import { readSorting, sortSessions, writeSorting } from './sort-sessions';
import { TrashDialog } from './TrashDialog';
import { useLibrary } from './useLibrary';
import { type OpenDialog, useLibraryCommands } from './useLibraryCommands';
import { WordsDialog } from './WordsDialog';

// With it comes all that reads a model and a run.
const ImportDialog = lazy(async () => ({
  default: (await import('../../forms/ImportDialog')).ImportDialog,
}));

/** One and the same list, so that nothing is searched again for it. */
const NO_SESSIONS: readonly SessionSummary[] = [];

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
  const onSearch = (text: string) => setSearch(text === '' ? null : text);
  useLibraryCommands({ chosen, field, onDialog: setDialog, onDelete });
  return (
    <main className="page">
      <LibraryHead
        count={sessions.length}
        chosen={chosen}
        field={field}
        search={search}
        problem={problem}
        onSearch={onSearch}
        onDialog={setDialog}
        onDelete={onDelete}
      />
      {problem !== null && <SearchProblem problem={problem} />}
      <Filters sessions={sessions} search={search} onSearch={onSearch} />
      {error !== null && <FailureNote error={error} />}
      <ListState list={list} />
      {list.data !== null && <DamagedFiles count={sessions.length} />}
      {list.data?.length === 0 && (
        <EmptyLibrary onRecord={() => go('#/record')} onImport={() => setDialog('import')} />
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
      <Imports isOpen={dialog === 'import'} onOpen={(open) => setDialog(open ? 'import' : null)} />
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

/** The row of words to search by, and the table. */
const TABLE = ['23px', 'min(64vh, 640px)'];

function ListState({ list }: Pick<ReturnType<typeof useLibrary>, 'list'>) {
  if (list.error !== null) return <FailureNote error={list.error} onRetry={list.refresh} />;
  return list.data === null ? <ComingCards heights={TABLE} /> : null;
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
        <Suspense fallback={null}>
          <ImportDialog
            files={files}
            onFiles={setFiles}
            onClose={() => {
              onOpen(false);
              setFiles([]);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
