/** Setting, changing and removing marks of a session; each can be taken back. */
import { useCallback, useMemo } from 'react';
import { toast } from 'sonner';
import { Failure } from '../../../shared/base/failure';
import type { Micros } from '../../../shared/base/units';
import type { Mark, MarkDraft } from '../../../shared/session/marks';
import { useEngine } from '../../state/engine';
import { changes } from '../../state/undo';

export interface MarkActions {
  /** The mark as it is kept; null where it could not be, which the person is told. */
  add(t: Micros, text: string): Promise<Mark | null>;
  change(mark: Mark, text: string): Promise<void>;
  remove(mark: Mark): Promise<void>;
}

export function useMarks(id: string, onChanged: () => void): MarkActions {
  const engine = useEngine();
  const attempt = useCallback(
    async <T>(action: () => Promise<T>): Promise<T | null> => {
      try {
        const done = await action();
        onChanged();
        return done;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        toast.error(error.message, { description: error.remedy });
        return null;
      }
    },
    [onChanged],
  );
  return useMemo(() => {
    const put = (mark: MarkDraft) => attempt(() => engine.mark({ id, mark }));
    const drop = ({ id: mark }: Mark) => attempt(() => engine.unmark({ id, mark }));
    const undoable = (label: string, undo: () => Promise<unknown>, redo: () => Promise<unknown>) =>
      changes.note({
        label,
        undo: async () => void (await undo()),
        redo: async () => void (await redo()),
      });
    return {
      async add(t, text) {
        const mark = await put({ id: null, t, text });
        if (mark !== null)
          undoable(
            'mark',
            () => drop(mark),
            () => put(mark),
          );
        return mark;
      },
      async change(mark, text) {
        if (text.trim() === '' || text.trim() === mark.text) return;
        const changed = await put({ ...mark, text });
        if (changed !== null)
          undoable(
            'words of a mark',
            () => put(mark),
            () => put(changed),
          );
      },
      async remove(mark) {
        await drop(mark);
        undoable(
          'removal of a mark',
          () => put(mark),
          () => drop(mark),
        );
      },
    };
  }, [engine, id, attempt]);
}
