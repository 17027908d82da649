/** What theory answers, as React sees it. The last answer stays in sight, marked stale, until the next one is there. */
import { useEffect, useState } from 'react';
import type { ResolvedSpec } from '../../shared/planning/resolve-run';
import { Answers, quickAnswers } from './answers';
import { type Answer, type QuestionName, SLOW } from './questions';

export interface Told<T> {
  readonly data: T | null;
  /** `data` answers what was asked before. */
  readonly isStale: boolean;
  readonly error: unknown;
}

interface Settled<T> {
  readonly spec: ResolvedSpec | null;
  readonly data: T | null;
  readonly error: unknown;
}

/** A slow question is asked when nothing has been changed for so long. */
const QUIET_MS = 250;

/** Asks whenever `spec` is another object; null asks nothing and keeps the last answer. */
export function useAnswer<Name extends QuestionName>(
  question: Name,
  spec: ResolvedSpec | null,
): Told<Answer<Name>> {
  const [settled, setSettled] = useState<Settled<Answer<Name>>>({
    spec: null,
    data: null,
    error: null,
  });
  const [asker] = useState(() =>
    SLOW.has(question)
      ? new PatientAsker(question, setSettled)
      : new PromptAsker(question, setSettled),
  );
  useEffect(() => {
    if (spec !== null) asker.ask(spec);
  }, [asker, spec]);
  useEffect(() => () => asker.stop(), [asker]);
  return { data: settled.data, error: settled.error, isStale: settled.spec !== spec };
}

type Settle<Name extends QuestionName> = (settled: Settled<Answer<Name>>) => void;

async function settle<Name extends QuestionName>(
  answers: Answers,
  question: Name,
  spec: ResolvedSpec,
): Promise<Settled<Answer<Name>>> {
  try {
    return { spec, data: await answers.ask(question, spec), error: null };
  } catch (error) {
    return { spec, data: null, error };
  }
}

/** One question is under way at most, and the newest waits behind it: every answer is shown, also while a slider moves. */
class PromptAsker<Name extends QuestionName> {
  #next: ResolvedSpec | null = null;
  #isBusy = false;
  readonly #question: Name;
  readonly #onSettled: Settle<Name>;

  constructor(question: Name, onSettled: Settle<Name>) {
    this.#question = question;
    this.#onSettled = onSettled;
  }

  ask(spec: ResolvedSpec): void {
    this.#next = spec;
    if (!this.#isBusy) void this.#run();
  }

  stop(): void {
    this.#next = null;
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#next) {
      const spec = this.#next;
      this.#next = null;
      this.#onSettled(await settle(quickAnswers, this.#question, spec));
    }
    this.#isBusy = false;
  }
}

/** Asks once nothing has changed for a moment, and drops the answer that is no longer wanted. */
class PatientAsker<Name extends QuestionName> {
  #timer: number | undefined;
  readonly #answers = new Answers();
  readonly #question: Name;
  readonly #onSettled: Settle<Name>;

  constructor(question: Name, onSettled: Settle<Name>) {
    this.#question = question;
    this.#onSettled = onSettled;
  }

  ask(spec: ResolvedSpec): void {
    this.stop();
    this.#timer = window.setTimeout(async () => {
      this.#onSettled(await settle(this.#answers, this.#question, spec));
    }, QUIET_MS);
  }

  stop(): void {
    window.clearTimeout(this.#timer);
    if (this.#answers.isBusy) this.#answers.stop();
  }
}
