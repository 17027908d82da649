/** Sessions as front ends ask for them: from memory while they are recorded here, else from their files. */
import { Failure } from '../../shared/base/failure';
import type { Budget } from '../../shared/budget/types';
import type { EngineApi, TraceView } from '../../shared/contract/api';
import type { Inversion } from '../../shared/divergence/inversion/inversion';
import { deriveLines } from '../../shared/divergence/overlay/lines';
import { checkModel } from '../../shared/model/validate';
import { type Comparison, compareSessions } from '../../shared/session/compare';
import { buildDocument, invertSession, predictSession } from '../../shared/session/document';
import type { SessionDocument } from '../../shared/session/session-document';
import type { SessionData } from '../../shared/session/types';
import { envelope } from '../../shared/trace/envelope';
import type { Library } from '../store/library';
import type { EngineEvents } from './events';
import { renderReport } from './exports';
import { LiveAnalysis } from './live-analysis';
import type { Recordings } from './recordings';
import { SessionCache } from './session-cache';

type Query<Method extends keyof EngineApi> = Parameters<EngineApi[Method]>[0];
type Answer<Method extends keyof EngineApi> = Awaited<ReturnType<EngineApi[Method]>>;

/** Of one envelope; no screen is wider. */
const MAX_COLUMNS = 8192;

export class Sessions {
  readonly #library: Library;
  readonly #recordings: Recordings;
  readonly #events: EngineEvents;
  readonly #cache: SessionCache;
  /** Sessions are analysed as they grow, whichever process records them. */
  readonly #analyses = new Map<string, LiveAnalysis>();

  constructor(library: Library, recordings: Recordings, events: EngineEvents) {
    this.#library = library;
    this.#recordings = recordings;
    this.#events = events;
    this.#cache = new SessionCache(library);
  }

  /** Throws a Failure where there is no such session or its file cannot be read. */
  load(id: string): SessionData {
    return this.#recordings.get(id)?.snapshot() ?? this.#cache.load(id);
  }

  show({ id, series }: Query<'show'>): SessionDocument {
    const data = this.load(id);
    if (data.status !== 'recording') {
      this.#analyses.delete(data.id);
      return buildDocument(data, series);
    }
    const analysis = this.#analyses.get(data.id) ?? new LiveAnalysis();
    this.#analyses.set(data.id, analysis);
    return buildDocument(data, series, analysis);
  }

  /** Series that the session does not have are left out. */
  trace({ id, series, t0, t1, columns }: Query<'trace'>): TraceView[] {
    const data = this.#recordings.get(id)?.window(t0, t1) ?? this.load(id);
    const lines = deriveLines(data.series, data.baselines);
    const width = Math.min(Math.max(1, Math.trunc(columns)), MAX_COLUMNS);
    return series.flatMap((wanted) => {
      const line = lines.find(({ info }) => info.id === wanted);
      return line
        ? [{ info: line.info, envelope: envelope(line, t0, t1, width), gaps: line.gaps }]
        : [];
    });
  }

  predict(id: string): Budget | null {
    return predictSession(this.load(id)).budget;
  }

  invert({ id, model, given }: Query<'invert'>): Inversion | null {
    checkModel(model);
    return invertSession(this.load(id), model, given);
  }

  compare({ ids }: Query<'compare'>): Comparison {
    if (ids.length < 2)
      throw new Failure(
        'bad_input',
        'A comparison needs two sessions or more.',
        'Give two ids; "plumbline list" shows them.',
      );
    return compareAnalysed(ids.map((id) => this.#analyse(id)));
  }

  report({ ids, format }: Query<'report'>): Answer<'report'> {
    return renderReport(format, () => {
      const sessions = ids.map((id) => this.#analyse(id));
      return { sessions, comparison: sessions.length > 1 ? compareAnalysed(sessions) : null };
    });
  }

  rename({ id, name }: Query<'rename'>): void {
    this.#library.rename(id, name);
    this.#changed();
  }

  delete({ id }: Query<'delete'>): void {
    if (this.#recordings.has(id))
      throw new Failure(
        'bad_input',
        `Session ${id} is still being recorded.`,
        'Stop the recording first.',
      );
    this.#library.delete(id);
    this.#changed();
  }

  #changed(): void {
    this.#cache.clear();
    this.#events.libraryChanged();
  }

  #analyse(id: string) {
    const data = this.load(id);
    return {
      doc: buildDocument(data),
      budget: predictSession(data).budget,
      series: deriveLines(data.series, data.baselines),
    };
  }
}

type Analysed = { readonly doc: SessionDocument; readonly budget: Budget | null };

const compareAnalysed = (sessions: readonly Analysed[]): Comparison =>
  compareSessions(
    sessions.map(({ doc }) => doc),
    sessions.map(({ budget }) => budget),
  );
