/**
 * Phase rows of sessions, as pictures and tables ask for them. Those of a finished session with many are kept beside the
 * library in the form in which they are told, so that a process that opens it neither analyses it nor packs them.
 */
import { randomUUID } from 'node:crypto';
import type { EngineApi } from '../../shared/contract/api';
import { decodeMessage, encodeMessage } from '../../shared/contract/codec';
import type { PhaseChangesQuery } from '../../shared/contract/queries';
import type { OverlayPhase } from '../../shared/divergence/overlay/types';
import type { SessionAnalysis } from '../../shared/session/analysis';
import { packRows, unpackRows } from '../../shared/session/packed-rows';
import { type PhaseChanges, PhaseLooks } from '../../shared/session/phase-changes';
import { keepResult, resultStamp } from '../store/kept-results';
import type { Library } from '../store/library';

type Query = Parameters<EngineApi['show']>[0];
type Analyse = <T>(query: Query, tell: (analysis: SessionAnalysis) => T) => T;

/** Fewer are worked out about as soon as they are read. */
const WORTH_KEEPING = 1000;

/** All phases of a finished session, answer after answer. */
interface Finished {
  readonly key: string;
  readonly answers: readonly PhaseChanges[];
  rows: readonly OverlayPhase[] | null;
}

export class KeptPhases {
  readonly #library: Library;
  readonly #analyse: Analyse;
  readonly #looks = new PhaseLooks(randomUUID());
  /** Those asked for last: a table asks for page after page. */
  #last: Finished | null = null;

  constructor(library: Library, analyse: Analyse) {
    this.#library = library;
    this.#analyse = analyse;
  }

  /** In order of their beginning. */
  rows(query: Query): readonly OverlayPhase[] {
    const finished = this.#finished(query);
    if (finished === null) return this.#analyse(query, ({ overlay }) => overlay.phases);
    finished.rows ??= finished.answers.flatMap(({ rows }) => unpackRows(rows));
    return finished.rows;
  }

  /** Those that are not as they were by the caller's last look. */
  changes({ since, ...query }: PhaseChangesQuery): PhaseChanges {
    const finished = this.#finished(query);
    if (finished === null)
      return this.#analyse(query, ({ overlay }) => this.#looks.tell(overlay.phases, since));
    const { answers } = finished;
    const last = answers.findIndex(({ look }) => look === since);
    const next = answers[last + 1];
    if (next !== undefined) return next;
    const { look, count } = answers[last]!;
    return { look, count, rows: packRows([]), at: new Uint32Array(), isMore: false };
  }

  letGo(): void {
    this.#last = null;
  }

  /** Null for one that is being recorded or seen as it was then. */
  #finished({ id, series, until }: Query): Finished | null {
    const path = this.#library.locate(id);
    const stamp = until === undefined ? resultStamp(path) : null;
    if (stamp === null) return null;
    const key = [path, series, stamp].join(' ');
    if (this.#last?.key === key) return this.#last;
    const query = { id, ...(series !== undefined && { series }) };
    const answers = this.#work(path, query);
    this.#last = answers && { key, answers, rows: null };
    return this.#last;
  }

  #work(path: string, query: Query): readonly PhaseChanges[] | null {
    let isFinished = true;
    let count = 0;
    const text = keepResult(
      path,
      `phases ${query.series ?? ''}`,
      () =>
        this.#analyse(query, ({ data, overlay: { phases } }) => {
          isFinished = data.status !== 'recording';
          count = phases.length;
          return isFinished ? encodeMessage(this.#tellAll(phases)) : '';
        }),
      () => isFinished && count >= WORTH_KEEPING,
    );
    return isFinished ? (decodeMessage(text) as readonly PhaseChanges[]) : null;
  }

  #tellAll(rows: readonly OverlayPhase[]): readonly PhaseChanges[] {
    const answers: PhaseChanges[] = [];
    do answers.push(this.#looks.tell(rows, answers.at(-1)?.look));
    while (answers.at(-1)?.isMore);
    return answers;
  }
}
