/** The saved workloads, and how one goes. `onEmpty`: the last of them was deleted. */
import { toast } from 'sonner';
import type { SavedWorkload } from '../../../shared/contract/api';
import { useEngine, useQuery } from '../../state/engine';
import { recordForm } from './record-form';

export function useSavedWorkloads(onEmpty: () => void, onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const { data, refresh } = useQuery('workloads', (client) => client.workloads());
  const restore = async ({ name, request }: SavedWorkload) => {
    await engine.saveWorkload({ name, request }).catch(onFailure);
    refresh();
  };
  const onDelete = async (name: string) => {
    try {
      await engine.deleteWorkload({ name });
      const form = recordForm.get();
      if (form.saved === name) recordForm.set({ ...form, saved: null });
      if (data?.length === 1) onEmpty();
      const deleted = data?.find((each) => each.name === name);
      toast(`“${name}” deleted`, {
        ...(deleted && { action: { label: 'Undo', onClick: () => void restore(deleted) } }),
      });
    } catch (failure) {
      onFailure(failure);
    }
    refresh();
  };
  return { workloads: data ?? [], refresh, onDelete };
}
