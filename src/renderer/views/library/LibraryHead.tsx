/** The head of the library: how many sessions there are, the search, and what is done with those selected. */
import { Circle, FileUp, GitCompareArrows, Tag, Trash2 } from 'lucide-react';
import type { RefObject } from 'react';
import type { Failure } from '../../../shared/base/failure';
import { formatInteger } from '../../../shared/base/format';
import { MAX_COMPARED } from '../../../shared/session/comparison';
import type { SessionSummary } from '../../../shared/session/types';
import { compareHref, go } from '../../state/router';
import { SearchField } from './SearchBar';
import type { OpenDialog } from './useLibraryCommands';

export function LibraryHead({
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
      {count > 0 && <span className="muted num">{formatInteger(count)}</span>}
      <button type="button" className="link" onClick={() => onDialog('trash')}>
        Trash
      </button>
      <span className="grow" />
      {count > 0 && (
        <SearchField field={field} search={search} problem={problem} onSearch={onSearch} />
      )}
      {count > 0 && <SelectionActions chosen={chosen} onDialog={onDialog} onDelete={onDelete} />}
      <button type="button" className="button" onClick={() => onDialog('import')}>
        <FileUp size={15} aria-hidden="true" />
        Import…
      </button>
      <a className="button primary" href="#/record">
        <Circle size={12} fill="currentColor" aria-hidden="true" />
        Record
      </a>
    </div>
  );
}

function SelectionActions({
  chosen,
  onDialog,
  onDelete,
}: {
  chosen: readonly SessionSummary[];
  onDialog(dialog: OpenDialog): void;
  onDelete(): void;
}) {
  const isComparable = chosen.length >= 2 && chosen.length <= MAX_COMPARED;
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={!isComparable}
        title={isComparable ? undefined : `Select two to ${MAX_COMPARED} sessions`}
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
    </>
  );
}
