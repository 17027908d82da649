/**
 * What is known of the sealed samples of each series as a whole. Chunks are never rewritten, so that whoever follows a
 * recording adds those that are new; a look at a session of any length asks the index nothing that it asked before.
 */
import { EVER } from '../../shared/trace/series';
import { mergeSummaries, type Summary } from '../../shared/trace/summary';
import { summarizeSpan, type TraceSource } from './trace-source';

export class SealedSummaries {
  readonly #source: TraceSource;
  readonly #known = new Map<number, Summary>();
  /** Those of which nothing can be new. */
  readonly #current = new Set<number>();

  constructor(source: TraceSource) {
    this.#source = source;
  }

  /** Null where nothing of the series is in a chunk, or nothing that can be read. */
  get(series: number): Summary | null {
    const known = this.#known.get(series) ?? null;
    if (this.#current.has(series)) return known;
    this.#current.add(series);
    const last = this.#source.chunkAt(series, EVER.t1);
    if (last === null || (known !== null && last.t1 <= known.t1)) return known;
    const from = known === null ? EVER.t0 : known.t1 + 1;
    // What is new are a few chunks, that no level has yet.
    const added = summarizeSpan(this.#source, series, from, last.t1, known === null);
    if (added === null) return known;
    const all = known === null ? added : mergeSummaries(known, added);
    this.#known.set(series, all);
    return all;
  }

  /** To be called when there are more chunks than before. */
  lookAgain(): void {
    this.#current.clear();
  }
}
