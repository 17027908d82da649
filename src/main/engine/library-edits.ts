/**
 * What a person may change of a library: names, words, marks, and what lies in the trash. Whoever reads a session lets go
 * of its file first, and whoever shows the library is told afterwards.
 */
import type { EngineApi } from '../../shared/contract/api';
import type { Library } from '../store/library';
import type { EngineEvents } from './events';

type Edits = Pick<
  EngineApi,
  'rename' | 'annotate' | 'mark' | 'unmark' | 'delete' | 'trash' | 'restore' | 'emptyTrash'
>;

export interface EditOptions {
  /** Closes the files that questions hold open. */
  letGo(): Promise<void>;
  /** Throws a Failure while the session of that id is being recorded. */
  refuseWhileRecorded(id: string): void;
}

export function editLibrary(library: Library, events: EngineEvents, options: EditOptions): Edits {
  const edit = async <T>(change: () => T): Promise<T> => {
    await options.letGo();
    const answer = change();
    events.libraryChanged();
    return answer;
  };
  return {
    rename: ({ id, name }) => edit(() => library.rename(id, name)),
    annotate: ({ id, ...words }) => edit(() => library.annotate(id, words)),
    mark: ({ id, mark }) => edit(() => library.mark(id, mark)),
    unmark: ({ id, mark }) => edit(() => library.unmark(id, mark)),
    delete: async ({ id }) => {
      options.refuseWhileRecorded(library.identify(id));
      await edit(() => library.delete(id));
    },
    trash: async () => library.trash(),
    restore: async ({ id }) => {
      const restored = library.restore(id);
      events.libraryChanged();
      return { id: restored };
    },
    emptyTrash: async ({ id }) => ({ ids: library.emptyTrash(id) }),
  };
}
