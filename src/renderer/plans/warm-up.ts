/**
 * The first question costs ten times what the next one does, since code is compiled as it first runs: one of each kind of
 * run is asked while nobody waits, so that whoever names a model or moves a slider is answered within a frame.
 */
import { useEffect } from 'react';
import { quickAnswers } from './answers';
import { EMPTY_DRAFT } from './draft';
import { readDraft } from './read-draft';

let isWarm = false;

export function useWarmTheory(): void {
  useEffect(() => {
    if (isWarm) return;
    isWarm = true;
    whenIdle(() => {
      for (const mode of ['train', 'generate']) {
        const draft = { ...EMPTY_DRAFT, model: 'gpt2', settings: { mode } };
        const { spec } = readDraft(draft, { framework: 'pytorch' });
        // What fails here fails again where it is asked for, and is told there.
        if (spec === null) continue;
        for (const question of ['budget', 'flops'] as const)
          quickAnswers.ask(question, spec).catch(() => {});
      }
    });
  }, []);
}

/** Not every browser tells when it is idle. */
const whenIdle = (work: () => void): unknown =>
  typeof window.requestIdleCallback === 'function'
    ? window.requestIdleCallback(work)
    : window.setTimeout(work, 200);
