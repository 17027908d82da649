/**
 * A session as its view shows it, from what the engine tells in parts: its summaries, and of its rows only those that
 * are not here by the look before. So a look at a recording costs what is new, and a long session shows what can be said
 * without its phases before they are here.
 */
import type { EngineClient } from '../../../shared/contract/api';
import type { AsKnown } from '../../../shared/contract/queries';
import { MANY_PHASES, MAX_ROWS, type Page } from '../../../shared/session/pages';
import { type KnownPhases, takeChanges } from '../../../shared/session/phase-changes';
import type { BriefDocument, SessionDocument } from '../../../shared/session/session-document';
import type { LogLine } from '../../../shared/trace/types';
import { openSince } from './live-figures';

/** Before it is analysed nothing is said of what it shows: its picture is all there is. */
export interface EarlyDocument {
  readonly glance?: SessionDocument;
  readonly analysed?: SessionDocument;
}

interface Question extends AsKnown {
  readonly id: string;
  readonly series?: string;
}

/** Reads one session on one line, again and again. */
export class SessionFollower {
  readonly #question: Question;
  readonly #isGrowing: boolean;
  #phases: KnownPhases | null = null;
  #logs: readonly LogLine[] = [];

  /** `isGrowing`: no look is at an earlier moment than the one before. */
  constructor(id: string, series: string | null, isGrowing: boolean) {
    this.#isGrowing = isGrowing;
    this.#question = series === null ? { id } : { id, series };
  }

  /** By the first look at a long session `onEarly` is told what can be shown before all of it is here. */
  async read(
    engine: EngineClient,
    onEarly: (document: EarlyDocument) => void,
  ): Promise<SessionDocument> {
    const brief = await this.#readBrief(engine, onEarly);
    // Of one moment, though it may have moved on meanwhile.
    const until = this.#isGrowing ? {} : { until: brief.durationUs };
    const { id } = this.#question;
    this.#phases = await readPhases(engine, { ...this.#question, ...until }, this.#phases);
    const logs = await this.#readLogs(engine, brief, until);
    const markers = await readAll([], (page) =>
      engine.markers({ id, type: 'note', ...until, ...page }),
    );
    const gaps =
      brief.status === 'recording'
        ? await readAll([], (page) => engine.gaps({ id, t0: openSince(brief), ...until, ...page }))
        : [];
    const overlay = { ...brief.overlay, phases: this.#phases.rows };
    return { ...withoutRows(brief), overlay, logs, markers, gaps };
  }

  /** At a moment of a session its log is the beginning of the whole one: what was read for another is not read again. */
  async #readLogs(
    engine: EngineClient,
    { counts }: BriefDocument,
    until: AsKnown,
  ): Promise<readonly LogLine[]> {
    const { id } = this.#question;
    if (this.#isGrowing || this.#logs.length < counts.logs)
      this.#logs = await readAll(this.#logs, (page) => engine.logs({ id, ...until, ...page }));
    return this.#isGrowing ? this.#logs : this.#logs.slice(0, counts.logs);
  }

  async #readBrief(
    engine: EngineClient,
    onEarly: (document: EarlyDocument) => void,
  ): Promise<BriefDocument> {
    const coming = engine.brief(this.#question);
    if (this.#phases !== null || !this.#isGrowing) return coming;
    let isHere = false;
    const glance = engine.glance(this.#question).then((document) => {
      if (document !== null && !isHere) onEarly({ glance: document });
    });
    // Whatever it fails of, the brief document fails of as well.
    glance.catch(() => {});
    const brief = await coming;
    isHere = true;
    if (brief.counts.phases > MANY_PHASES) onEarly({ analysed: withoutRows(brief) });
    return brief;
  }
}

async function readPhases(
  engine: EngineClient,
  question: Question,
  before: KnownPhases | null,
): Promise<KnownPhases> {
  let known = before;
  for (;;) {
    const since = known && { since: known.look };
    const changes = await engine.phaseChanges({ ...question, ...since });
    known = takeChanges(known, changes);
    if (!changes.isMore) return known;
  }
}

/** Before any row is here. */
const withoutRows = (brief: BriefDocument): SessionDocument => ({
  ...brief,
  overlay: { ...brief.overlay, phases: [] },
  markers: [],
  gaps: [],
  logs: [],
});

/** `known`, and the rows behind it. */
async function readAll<T>(
  known: readonly T[],
  ask: (page: { readonly from: number; readonly limit: number }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const rows = [...known];
  for (let from: number | null = known.length; from !== null; ) {
    const page: Page<T> = await ask({ from, limit: MAX_ROWS });
    for (const row of page.rows) rows.push(row);
    from = page.next;
  }
  return rows;
}
