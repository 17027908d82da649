/** Says in every view that a recording cannot be written, while something can still be done about it. */
import { toast } from 'sonner';
import { useEngineEvent } from './state/engine';

export function RecordingTrouble() {
  useEngineEvent((event) => {
    if (event.type !== 'trouble') return;
    const { id, name, failure } = event;
    // One message a recording: a newer one takes its place, and it stays until the trouble is over.
    if (failure === null)
      toast.success(`${name} is written again`, { id, description: undefined, duration: 5000 });
    else
      toast.error(`${name}: ${failure.message}`, {
        id,
        description: failure.remedy,
        duration: Number.POSITIVE_INFINITY,
      });
  });
  return null;
}
