/** The plan that the next recording is held against, and how to take its model and run over or to leave it. */
import { Pin } from 'lucide-react';
import { formatBytes } from '../../../shared/base/format';
import { pinnedPlan, pinPlan } from '../../plans/pinned-plan';
import { useStore } from '../../state/store';
import { recordForm, withPlan } from './record-form';

export function PinnedNote() {
  const plan = useStore(pinnedPlan);
  if (plan === null) return null;
  return (
    <div className="pinned-note">
      <Pin size={15} aria-hidden="true" />
      <p>
        Held against the plan <strong>{plan.title}</strong>: {formatBytes(plan.peakBytes)} expected.
      </p>
      <button
        type="button"
        className="link"
        onClick={() => recordForm.set(withPlan(recordForm.get(), plan))}
      >
        Declare its model and run
      </button>
      <button type="button" className="link" onClick={() => pinPlan(null)}>
        Unpin
      </button>
    </div>
  );
}
