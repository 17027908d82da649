/** What the library can be told by keys, menus and the palette. */
import type { RefObject } from 'react';
import { MAX_COMPARED } from '../../../shared/session/comparison';
import type { SessionSummary } from '../../../shared/session/types';
import { useCommands } from '../../commands/useCommands';
import { compareHref, go } from '../../state/router';

export type OpenDialog = 'words' | 'import' | 'trash' | null;

export function useLibraryCommands({
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
