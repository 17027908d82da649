/**
 * Phase rows of sessions, as tables and pictures ask for them. Those of a finished session with many are kept beside the
 * library, so that a process that opens it need not analyse it.
 */
import type { EngineApi } from '../../shared/contract/api';
import type { OverlayPhase } from '../../shared/divergence/overlay/types';
import type { SessionAnalysis } from '../../shared/session/analysis';
import { packPhases, unpackPhases } from '../../shared/session/packed-phases';
import { keepResult, resultStamp } from '../store/kept-results';
import type { Library } from '../store/library';

type Query = Parameters<EngineApi['show']>[0];
type Analyse = <T>(query: Query, tell: (analysis: SessionAnalysis) => T) => T;

/** Fewer are worked out about as soon as they are read. */
const WORTH_KEEPING = 1000;

export class KeptPhases {
  readonly #library: Library;
  readonly #analyse: Analyse;
  /** Those asked for last: a table asks for page after page. */
  #last: { readonly key: string; readonly rows: readonly OverlayPhase[] } | null = null;

  constructor(library: Library, analyse: Analyse) {
    this.#library = library;
    this.#analyse = analyse;
  }

  /** In order of their beginning. */
  rows({ id, series, until }: Query): readonly OverlayPhase[] {
    const query = {
      id,
      ...(series !== undefined && { series }),
      ...(until !== undefined && { until }),
    };
    const path = this.#library.locate(id);
    const stamp = until === undefined ? resultStamp(path) : null;
    if (stamp === null) return this.#analyse(query, ({ overlay }) => overlay.phases);
    const key = [path, series, stamp].join(' ');
    if (this.#last?.key === key) return this.#last.rows;
    let isFinished = false;
    const packed = keepResult(
      path,
      `phases ${series ?? ''}`,
      () =>
        this.#analyse(query, ({ data, overlay }) => {
          isFinished = data.status !== 'recording';
          return packPhases(overlay.phases);
        }),
      ({ kind }) => isFinished && kind.length >= WORTH_KEEPING,
    );
    this.#last = { key, rows: unpackPhases(packed) };
    return this.#last.rows;
  }

  letGo(): void {
    this.#last = null;
  }
}
