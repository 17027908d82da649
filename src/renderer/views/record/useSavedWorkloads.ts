/** The saved workloads, and how one is kept, changed and deleted. `onEmpty`: the last of them was deleted. */
import { toast } from 'sonner';
import type { RecordRequest, SavedWorkload } from '../../../shared/contract/api';
import { useEngine, useQuery } from '../../state/engine';
import { FIRST_FORM, recordForm } from './record-form';

export function useSavedWorkloads(onEmpty: () => void, onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const { data, refresh } = useQuery('workloads', (client) => client.workloads());
  const restore = async ({ name, request }: SavedWorkload, replaces?: string) => {
    await engine
      .saveWorkload({ name, request, ...(replaces !== undefined && { replaces }) })
      .catch(onFailure);
    refresh();
  };
  /** Keeps what the form comes to under the name it gives, in the place of the one that is changed. Rejects where it cannot be. */
  const save = async (request: RecordRequest): Promise<void> => {
    const { workload, edited } = recordForm.get();
    const name = workload.trim();
    const kept = await engine.saveWorkload({
      name,
      request,
      ...(edited && { replaces: edited.name }),
    });
    // What is saved anew later goes into the place of this one, or of none.
    const form = recordForm.get();
    recordForm.set(edited ? { ...form, edited: kept } : { ...form, workload: '' });
    toast(`“${name}” saved`, {
      ...(edited && { action: { label: 'Undo', onClick: () => void restore(edited, name) } }),
    });
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
  return { workloads: data ?? [], save, onDelete };
}

/** The list again, with the one that was changed chosen; nothing where none was. */
export function endEditing(): void {
  const { edited } = recordForm.get();
  if (edited) recordForm.set({ ...FIRST_FORM, kind: 'saved', saved: edited.name });
}
