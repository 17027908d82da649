/** Saves the workload where it is given a name, records it, and goes to its session. */
import { useState } from 'react';
import type { RecordRequest } from '../../../shared/contract/api';
import { pinnedPlan, pinPlan } from '../../plans/pinned-plan';
import { useEngine } from '../../state/engine';
import { go, sessionHref } from '../../state/router';
import { isSavable, type RecordForm } from './record-form';

/** A plan is pinned for one recording; what is saved to be recorded again knows nothing of it. */
function expectation(): Pick<RecordRequest, 'plan'> {
  const plan = pinnedPlan.get();
  return plan ? { plan: { title: plan.title, peakBytes: plan.peakBytes } } : {};
}

export function useStart(onFailure: (failure: unknown) => void) {
  const engine = useEngine();
  const [busy, setBusy] = useState(false);
  const start = async (request: RecordRequest, form: RecordForm, onSaved: () => void) => {
    const name = isSavable(form) ? form.workload.trim() : '';
    setBusy(true);
    onFailure(null);
    try {
      if (name !== '') {
        await engine.saveWorkload({ name, request });
        onSaved();
      }
      const { id } = await engine.record({ ...request, ...expectation() });
      pinPlan(null);
      go(sessionHref(id));
    } catch (failure) {
      onFailure(failure);
    }
    setBusy(false);
  };
  return { busy, start };
}
