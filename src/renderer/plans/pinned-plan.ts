/**
 * The plan that is pinned as the expectation of the next recording: kept by the browser, so that it outlives the window.
 * What is stored there is untrusted like any input: what is no plan is none.
 */
import type { PlannedRun } from '../../shared/session/types';
import { createStore } from '../state/store';
import { type Draft, parseDraft, writeDraft } from './draft';

export interface PinnedPlan extends PlannedRun {
  /** What is declared of the recording; its model is empty where no name leads to it. */
  readonly draft: Draft;
}

const KEY = 'plumbline.pinned-plan';

export const pinnedPlan = createStore<PinnedPlan | null>(readStored());

export function pinPlan(plan: PinnedPlan | null): void {
  pinnedPlan.set(plan);
  try {
    if (plan === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, storePlan(plan));
  } catch {
    // A browser that keeps nothing: the plan is pinned as long as the window is open.
  }
}

export function storePlan({ title, peakBytes, draft }: PinnedPlan): string {
  const parameters = Object.entries(writeDraft(draft)).filter(([, value]) => value !== null);
  return JSON.stringify({ title, peakBytes, parameters });
}

function readStored(): PinnedPlan | null {
  try {
    return readPlan(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** Null for what is no plan. */
export function readPlan(text: string | null): PinnedPlan | null {
  if (text === null) return null;
  try {
    const { title, peakBytes, parameters } = JSON.parse(text) as Record<string, unknown>;
    if (typeof title !== 'string' || typeof peakBytes !== 'number' || !(peakBytes >= 0))
      return null;
    if (!Array.isArray(parameters)) return null;
    return { title, peakBytes, draft: parseDraft(new URLSearchParams(parameters)) };
  } catch {
    return null;
  }
}
