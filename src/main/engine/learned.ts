/**
 * Learning of the machine from the sessions in the library: each is looked at once, after it has ended, so that a session
 * is judged by what others told before it. What was recorded here is looked at by itself; sessions that came otherwise,
 * when a person asks.
 */
import { Failure, unlessFailure } from '../../shared/base/failure';
import { estimateConstants } from '../../shared/learned/estimate';
import type { LearnedReport } from '../../shared/learned/types';
import { observeSession } from '../../shared/session/observe-machine';
import type { BriefDocument } from '../../shared/session/session-document';
import type { SessionSummary } from '../../shared/session/types';
import { type KeptObservations, keepObservations, keptObservations } from '../store/learned-file';
import type { EndedSession } from './recording';

export class Learning {
  readonly #dir: string;
  readonly #list: () => readonly SessionSummary[];
  readonly #brief: (id: string) => Promise<BriefDocument>;
  /** One look after another: each writes what all before it told. */
  #looks: Promise<unknown> = Promise.resolve();

  constructor(
    dir: string,
    list: () => readonly SessionSummary[],
    brief: (id: string) => Promise<BriefDocument>,
  ) {
    this.#dir = dir;
    this.#list = list;
    this.#brief = brief;
  }

  /** What is known by now, without a look at any session. */
  kept(): LearnedReport {
    return report(keptObservations(this.#dir));
  }

  /** Looks at the sessions that are new since the last time, and tells what all of them show. */
  learn(): Promise<LearnedReport> {
    return this.#inTurn(() => this.#learn());
  }

  /** Looks at a session that was just recorded. That nothing is learned of it troubles nobody. */
  take(ended: EndedSession): void {
    if (!mayTell(ended)) return;
    this.#inTurn(() => this.#take(ended.id)).catch((error) => console.error(error));
  }

  /** Resolves when nothing is looked at any more. */
  async settled(): Promise<void> {
    await this.#looks;
  }

  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const own = this.#looks.then(look);
    this.#looks = own.catch(() => {});
    return own;
  }

  async #take(id: string): Promise<void> {
    const observed = await this.#observe(id);
    if (observed === null) return;
    const before = keptObservations(this.#dir);
    const observations = [...before.observations, observed];
    unlessFailure(() => keepObservations(this.#dir, { ...before, observations }));
  }

  async #learn(): Promise<LearnedReport> {
    const before = keptObservations(this.#dir);
    const sessions = this.#list();
    const present = new Set(sessions.map(({ id }) => id));
    const isKnown = new Set([
      ...before.observations.map(({ session }) => session),
      ...before.silent,
      ...before.forgotten,
    ]);
    const observations = [...before.observations];
    const silent = before.silent.filter((id) => present.has(id));
    for (const { id, status, simulated } of sessions) {
      if (isKnown.has(id) || status === 'recording') continue;
      const observed = status === 'complete' && !simulated ? await this.#observe(id) : null;
      if (observed === null) silent.push(id);
      else observations.push(observed);
    }
    const kept = { ...before, observations, silent };
    if (JSON.stringify(kept) !== JSON.stringify(before)) keepObservations(this.#dir, kept);
    return report(kept);
  }

  /** What one session told, or all of them, from now on left out. Throws `not_found` for one that told nothing. */
  forget(id: string | null): LearnedReport {
    const before = keptObservations(this.#dir);
    const gone = before.observations.filter(({ session }) => id === null || session === id);
    if (id !== null && gone.length === 0)
      throw new Failure(
        'not_found',
        `Nothing was learned from session ${id}.`,
        '"plumbline learned" tells what was, and "plumbline learned --forget" forgets all of it.',
      );
    const kept = {
      ...before,
      observations: before.observations.filter((one) => !gone.includes(one)),
      forgotten: [...before.forgotten, ...gone.map(({ session }) => session)],
    };
    keepObservations(this.#dir, kept);
    return report(kept);
  }

  /** Null of a session that tells nothing, or cannot be read. */
  async #observe(id: string) {
    try {
      const observed = observeSession(await this.#brief(id));
      return typeof observed === 'string' ? null : observed;
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  }
}

/** Whether it is worth a look: what `observeSession` needs and the header tells. */
const mayTell = ({ status, simulated, run, environment }: EndedSession): boolean =>
  status === 'complete' &&
  !simulated &&
  run !== null &&
  environment.gpus.length > 0 &&
  environment.workload.torch !== undefined;

const report = ({ observations, silent, forgotten }: KeptObservations): LearnedReport => ({
  machines: estimateConstants(observations),
  sessions: observations.length,
  looked: observations.length + silent.length,
  forgotten: forgotten.length,
});
