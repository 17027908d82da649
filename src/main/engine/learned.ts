/**
 * Learning of the machine from the sessions in the library: each is looked at once, after it has ended, so that a session
 * is judged by what others told before it. Sessions that left the library tell no more.
 */
import { Failure } from '../../shared/base/failure';
import { estimateConstants } from '../../shared/learned/estimate';
import type { LearnedReport } from '../../shared/learned/types';
import { observeSession } from '../../shared/session/observe-machine';
import type { BriefDocument } from '../../shared/session/session-document';
import type { SessionSummary } from '../../shared/session/types';
import { type KeptObservations, keepObservations, keptObservations } from '../store/learned-file';

export class Learning {
  readonly #dir: string;
  readonly #list: () => readonly SessionSummary[];
  readonly #brief: (id: string) => Promise<BriefDocument>;

  constructor(
    dir: string,
    list: () => readonly SessionSummary[],
    brief: (id: string) => Promise<BriefDocument>,
  ) {
    this.#dir = dir;
    this.#list = list;
    this.#brief = brief;
  }

  /** Looks at the sessions that are new since the last time, and tells what all of them show. */
  async learn(): Promise<LearnedReport> {
    const before = keptObservations(this.#dir);
    const sessions = this.#list();
    const present = new Set(sessions.map(({ id }) => id));
    const isKnown = new Set([
      ...before.observations.map(({ session }) => session),
      ...before.silent,
      ...before.forgotten,
    ]);
    const observations = before.observations.filter(({ session }) => present.has(session));
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
        'plumbline learned tells what was, and plumbline learned --forget forgets all of it.',
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

const report = ({ observations, silent, forgotten }: KeptObservations): LearnedReport => ({
  machines: estimateConstants(observations),
  sessions: observations.length,
  looked: observations.length + silent.length,
  forgotten: forgotten.length,
});
