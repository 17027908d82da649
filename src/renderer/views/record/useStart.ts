/** Saves the workload, records it (both where it is given a name), and goes to its session. */
import { useState } from 'react';
import type { RecordRequest } from '../../../shared/contract/api';
import { pinnedPlan, pinPlan } from '../../plans/pinned-plan';
import { useEngine } from '../../state/engine';
import { go, sessionHref } from '../../state/router';
import { isSavable, type RecordForm } from './record-form';
import { endEditing } from './useSavedWorkloads';

/** A plan is pinned for one recording; what is saved to be recorded again knows nothing of it. */
function expectation(): Pick<RecordRequest, 'plan'> {
  const plan = pinnedPlan.get();
  return plan ? { plan: { title: plan.title, peakBytes: plan.peakBytes } } : {};
}

/** Whether the form is to be saved under a name. */
export const isNamed = (form: RecordForm): boolean =>
  isSavable(form) && form.workload.trim() !== '';

export function useStart(
  save: (request: RecordRequest) => Promise<void>,
  onFailure: (failure: unknown) => void,
) {
  const engine = useEngine();
  const [busy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    onFailure(null);
    try {
      await work();
    } catch (failure) {
      onFailure(failure);
    }
    setBusy(false);
  };
  return {
    busy,
    saveOnly: (request: RecordRequest) =>
      attempt(async () => {
        await save(request);
        endEditing();
      }),
    start: (request: RecordRequest, form: RecordForm) =>
      attempt(async () => {
        if (isNamed(form)) await save(request);
        const { id } = await engine.record({ ...request, ...expectation() });
        endEditing();
        pinPlan(null);
        go(sessionHref(id));
      }),
  };
}
