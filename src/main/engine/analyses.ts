/**
 * Sessions analysed, each once: one look at a session asks for its document, its phases and its moments, and all of them
 * are answers from the same analysis. A finished session's is kept for as long as its data is; one that is recorded is
 * analysed anew as it grows, with what is kept of it between two looks.
 */
import type { Micros } from '../../shared/base/units';
import { deriveLines } from '../../shared/divergence/overlay/lines';
import { analyseSession, type SessionAnalysis } from '../../shared/session/analysis';
import { PastSession } from '../../shared/session/past-session';
import type { SessionData } from '../../shared/session/types';
import type { Marker } from '../../shared/trace/types';
import { LiveAnalysis } from './live-analysis';

/** Lines of one session that are kept analysed. */
const MAX_LINES = 4;

export class Analyses {
  readonly #finished = new WeakMap<SessionData, Map<string, SessionAnalysis>>();
  /** Sessions are analysed as they grow, whichever process records them. */
  readonly #live = new Map<string, LiveAnalysis>();

  /** The session that is replayed. */
  #replay: Replay | null = null;

  /** `use`: the line to show instead of the best one. */
  analyse(data: SessionData, use?: string): SessionAnalysis {
    if (data.status === 'recording') return this.#analyseLive(data, use);
    this.#live.delete(data.id);
    const known = this.#finished.get(data) ?? new Map<string, SessionAnalysis>();
    this.#finished.set(data, known);
    const key = use ?? '';
    const analysis = known.get(key) ?? analyseSession(data, use);
    known.delete(key);
    known.set(key, analysis);
    for (const oldest of known.keys()) if (known.size > MAX_LINES) known.delete(oldest);
    return analysis;
  }

  /**
   * As a live view would have shown it at `until`, on the best line where the one asked for had no reading yet. What is
   * over is worked out once for as long as the moments are of one session.
   */
  analysePast(data: SessionData, until: Micros, use?: string): SessionAnalysis {
    if (this.#replay?.isOf(data) !== true) this.#replay = new Replay(data);
    return this.#replay.analyse(data, until, use);
  }

  #analyseLive(data: SessionData, use?: string): SessionAnalysis {
    const live = this.#live.get(data.id) ?? new LiveAnalysis('recorded');
    this.#live.set(data.id, live);
    return analyseSession(data, use, live);
  }
}

/** One session analysed at one moment after another: by the live path, in whatever order they are asked for. */
class Replay {
  readonly #markers: readonly Marker[];
  readonly #session = new PastSession();
  readonly #live = new LiveAnalysis('replayed');
  /** One look at a moment asks several questions. */
  #last: {
    readonly data: SessionData;
    readonly until: Micros;
    readonly use: string | undefined;
    readonly analysis: SessionAnalysis;
  } | null = null;

  constructor({ markers }: SessionData) {
    this.#markers = markers;
  }

  /** A session that is recorded meanwhile is another look at the same lists. */
  isOf({ markers }: SessionData): boolean {
    return markers === this.#markers;
  }

  analyse(data: SessionData, until: Micros, use: string | undefined): SessionAnalysis {
    const last = this.#last;
    if (last?.data === data && last.until === until && last.use === use) return last.analysis;
    const known = this.#session.at(data, until);
    const isKnown = deriveLines(known.series, known.baselines).some(({ info }) => info.id === use);
    const analysis = analyseSession(known, isKnown ? use : undefined, this.#live);
    this.#last = { data, until, use, analysis };
    return analysis;
  }
}
