/**
 * What theory is asked in the window, question by question, and who answers: `quick` ones within a frame, `slow` ones
 * (searches over batches, changes and GPUs) when nothing has been typed for a moment. Pure; `answer-worker` runs them.
 */

import type { ResolvedSpec } from '../../shared/planning/resolve-run';
import {
  budgetDocument,
  flopsDocument,
  listFits,
  planDocument,
} from '../../shared/present/spec-documents';

export const QUESTIONS = {
  budget: (spec: ResolvedSpec) => budgetDocument(spec),
  flops: (spec: ResolvedSpec) => flopsDocument(spec),
  fits: (spec: ResolvedSpec) => listFits(spec),
  plan: (spec: ResolvedSpec) => planDocument(spec),
} as const;

export type QuestionName = keyof typeof QUESTIONS;
export type Answer<Name extends QuestionName> = ReturnType<(typeof QUESTIONS)[Name]>;

/** Takes a second, or several. */
export const SLOW: ReadonlySet<QuestionName> = new Set(['fits', 'plan']);
