/** The recorded session that a plan begins with, by the parameter `from` of the address. */
import { useMemo } from 'react';
import { Failure } from '../../../shared/base/failure';
import { openAsPlan, type SessionPlan } from '../../../shared/session/as-plan';
import { useQuery } from '../../state/engine';
import { useParameter } from '../../state/router';

export interface BegunFrom {
  readonly id: string | null;
  /** Null while it is asked for, and where there is none. */
  readonly plan: SessionPlan | null;
  readonly error: unknown;
}

export function useSessionPlan(): BegunFrom {
  const [id] = useParameter('from', 'plan');
  const { data, error } = useQuery(`plan from ${id}`, async (engine) =>
    id === null ? null : engine.brief({ id }),
  );
  return useMemo(() => {
    if (data === null) return { id, plan: null, error };
    try {
      return { id, plan: openAsPlan(data), error };
    } catch (failure) {
      if (failure instanceof Failure) return { id, plan: null, error: failure };
      throw failure;
    }
  }, [id, data, error]);
}
