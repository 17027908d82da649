/** Answers questions off the window's thread; an expected failure is an answer of its own. */
import { Failure, type FailureInfo } from '../../shared/base/failure';
import type { ResolvedSpec } from '../../shared/planning/resolve-run';
import { QUESTIONS, type QuestionName } from './questions';

export interface Asked {
  readonly id: number;
  readonly question: QuestionName;
  readonly spec: ResolvedSpec;
}

export type Answered =
  | { readonly id: number; readonly data: unknown }
  | { readonly id: number; readonly failure: FailureInfo | null };

addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  postMessage(answer(data));
});

function answer({ id, question, spec }: Asked): Answered {
  try {
    return { id, data: QUESTIONS[question](spec) };
  } catch (error) {
    // A fault of ours is told as such where it is shown; its stack is the console's.
    if (!(error instanceof Failure)) console.error(error);
    return { id, failure: error instanceof Failure ? error.toInfo() : null };
  }
}
