/** The saved workloads, and how one goes. `onEmpty`: the last of them was deleted. */
import { useEngine, useQuery } from '../../state/engine';
import { recordForm } from './record-form';

export function useSavedWorkloads(onEmpty: () => void, onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const { data, refresh } = useQuery('workloads', (client) => client.workloads());
  const onDelete = async (name: string) => {
    try {
      await engine.deleteWorkload({ name });
      const form = recordForm.get();
      if (form.saved === name) recordForm.set({ ...form, saved: null });
      if (data?.length === 1) onEmpty();
    } catch (failure) {
      onFailure(failure);
    }
    refresh();
  };
  return { workloads: data ?? [], refresh, onDelete };
}
