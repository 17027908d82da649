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
    const drop = ({ id: mark }: Mark) =>
      attempt(async () => {
        await engine.unmark({ id, mark });
        return true;
      });
    return {
      add: (t, text) =>
        changes.make(
          () => put({ id: null, t, text }),
          (mark) =>
            mark && {
              label: 'mark',
              undo: async () => void (await drop(mark)),
              redo: async () => void (await put(mark)),
            },
        ),
      async change(mark, text) {
        if (text.trim() === '' || text.trim() === mark.text) return;
        await changes.make(
          () => put({ ...mark, text }),
          (changed) =>
            changed && {
              label: 'words of a mark',
              undo: async () => void (await put(mark)),
              redo: async () => void (await put(changed)),
            },
        );
      },
      async remove(mark) {
        await changes.make(
          () => drop(mark),
          (dropped) =>
            dropped === null
              ? null
              : {
                  label: 'removal of a mark',
                  undo: async () => void (await put(mark)),
                  redo: async () => void (await drop(mark)),
                },
        );
      },
    };
  }, [engine, id, attempt]);
}
