/** The sessions of the library as they are now, and what a person does to them: every change can be taken back. */
import { useState } from 'react';
import { toast } from 'sonner';
import type { SessionSummary } from '../../../shared/session/types';
import { useEngine, useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { useSettings } from '../../state/settings';
import { changes } from '../../state/undo';

const REFRESH_MS = 400;

/** `error`: why the last change failed; null where it went well. */
export function useLibrary() {
  const engine = useEngine();
  const { trashDays } = useSettings().settings;
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
      const undo = async () => void (await restore());
      const redo = async () => void (await attempt(remove));
      const isRemoved = await changes.make(
        () => attempt(remove),
        (wentWell) => (wentWell ? { label: 'delete', undo, redo } : null),
      );
      if (!isRemoved) return false;
      toast(sessions.length === 1 ? 'Session deleted' : `${sessions.length} sessions deleted`, {
        description: `${sessions.length === 1 ? 'It' : 'They'} can be restored from the trash for ${trashDays} days.`,
        action: { label: 'Undo', onClick: undo },
      });
      return true;
    },
    rename: async (id: string, name: string) => {
      const old = list.data?.find((session) => session.id === id)?.name;
      const set = (to: string) => engine.rename({ id, name: to }).finally(list.refresh);
      await changes.make(
        () => attempt(() => set(name)),
        (wentWell) =>
          wentWell && old !== undefined
            ? { label: 'rename', undo: () => set(old), redo: () => set(name) }
            : null,
      );
    },
  };
}
