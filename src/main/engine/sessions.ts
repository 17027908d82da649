/**
 * Sessions as front ends ask for them, from their files alone: what is being recorded is read as it is committed. It
 * holds nothing of the recorder, so that it can answer on a thread of its own (see query-thread.ts).
 */
import { Failure, unlessFailure } from '../../shared/base/failure';
import { setByteUnits } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import type { Budget } from '../../shared/budget/types';
import type { EngineApi, TraceView } from '../../shared/contract/api';
import type { AsKnown } from '../../shared/contract/queries';
import type { Inversion } from '../../shared/divergence/inversion/inversion';
import { deriveLines, seriesById } from '../../shared/divergence/overlay/lines';
import { compareWorst } from '../../shared/divergence/overlay/phase-tally';
import { flagLimits } from '../../shared/library/settings';
import { checkModel } from '../../shared/model/validate';
import { drawPhases } from '../../shared/picture/phase-bars';
import { invertSession, predictSession, type SessionAnalysis } from '../../shared/session/analysis';
import { describeMoment } from '../../shared/session/at-moment';
import { compareSessions } from '../../shared/session/compare';
import { type Comparison, MAX_COMPARED } from '../../shared/session/comparison';
import { describeAnalysis, describeBriefly } from '../../shared/session/document';
import { glanceAt } from '../../shared/session/glance';
import { cutPage, MANY_PHASES, touches } from '../../shared/session/pages';
import { PastSession } from '../../shared/session/past-session';
import type { SessionDocument } from '../../shared/session/session-document';
import { summarizeSpan } from '../../shared/session/statistics';
import { summarizePeaks } from '../../shared/session/summary';
import type { SessionData, SessionSummary } from '../../shared/session/types';
import { envelope } from '../../shared/trace/envelope';
import type { SeriesData } from '../../shared/trace/types';
import { PICTURE_COLUMNS, type ReportInput } from '../export';
import { isKept, keepResult } from '../store/kept-results';
import type { Library } from '../store/library';
import { Analyses } from './analyses';
import { renderReport } from './exports';
import { KeptPhases } from './kept-phases';
import { KnownCurves } from './known-curves';
import { SessionCache } from './session-cache';

type Query<Method extends keyof EngineApi> = Parameters<EngineApi[Method]>[0];
type Answer<Method extends keyof EngineApi> = Awaited<ReturnType<EngineApi[Method]>>;

/** Of one envelope; no screen is wider. */
const MAX_COLUMNS = 8192;

export class Sessions {
  readonly #library: Library;
  readonly #cache: SessionCache;
  readonly #analyses = new Analyses();
  readonly #curves = new KnownCurves();
  readonly #phases: KeptPhases;
  #past: { readonly data: SessionData; readonly session: PastSession } | null = null;

  constructor(library: Library) {
    this.#library = library;
    this.#cache = new SessionCache(library);
    this.#phases = new KeptPhases(library, (query, tell) => this.#analyse(query, tell));
    setByteUnits(library.settings().units);
  }

  /** Throws a Failure where there is no such session or its file cannot be read. */
  load(id: string): SessionData {
    return this.#cache.load(id);
  }

  /** Closes every file, and forgets what was read: before a session is changed or deleted. */
  letGo(): void {
    this.#cache.clear();
    this.#phases.letGo();
    this.#past = null;
  }

  list(): Answer<'list'> {
    return this.#library
      .list()
      .sessions.map((one) => (one.status === 'recording' ? this.#withPeaksSoFar(one) : one));
  }

  damaged(): Answer<'damaged'> {
    return this.#library.list().damaged;
  }

  /** A recorder writes what a list shows of the peaks when it ends; until then they are those of what it has committed. */
  #withPeaksSoFar(summary: SessionSummary): SessionSummary {
    const peaks = unlessFailure(() =>
      this.#analyse({ id: summary.id }, ({ overlay }) => summarizePeaks(overlay)),
    );
    return { ...summary, ...peaks };
  }

  show(query: Query<'show'>): SessionDocument {
    return this.#analyse(query, describeAnalysis);
  }

  /** A finished session's is worked out once, and kept beside the library. */
  brief(query: Query<'brief'>): Answer<'brief'> {
    const { id, series, until } = query;
    const compute = () => this.#analyse(query, describeBriefly);
    if (until !== undefined) return compute();
    return keepResult(
      this.#library.locate(id),
      this.#nameBrief(series),
      compute,
      ({ status }) => status !== 'recording',
    );
  }

  glance({ id, series, until }: Query<'glance'>): Answer<'glance'> {
    if (until !== undefined || isKept(this.#library.locate(id), this.#nameBrief(series)))
      return null;
    const counts = this.#cache.totals(id);
    return this.#cache.atOnce(id, (data) =>
      data.status === 'recording' || counts.phases < MANY_PHASES
        ? null
        : glanceAt(data, counts, series),
    );
  }

  /** It is told in the units that are set, and by the limits. */
  #nameBrief(series = ''): string {
    const settings = this.#library.settings();
    setByteUnits(settings.units);
    return ['brief', series, settings.units, JSON.stringify(flagLimits(settings))].join(' ');
  }

  phases({ phase, flagged, order, ...query }: Query<'phases'>): Answer<'phases'> {
    const matching = this.#phases
      .rows(query)
      .filter(
        (row) =>
          (phase === undefined || row.phase === phase) &&
          (flagged === undefined || row.flagged === flagged) &&
          touches(query, row.span[0], row.span[1]),
      );
    return cutPage(order === 'worst' ? matching.toSorted(compareWorst) : matching, query);
  }

  phaseChanges(query: Query<'phaseChanges'>): Answer<'phaseChanges'> {
    return this.#phases.changes(query);
  }

  phaseBars(query: Query<'phaseBars'>): Answer<'phaseBars'> {
    const { t0, t1, columns } = query;
    return drawPhases(this.#phases.rows(query), t0, t1, clampColumns(columns));
  }

  markers({ type, ...query }: Query<'markers'>): Answer<'markers'> {
    const { id, until = Number.POSITIVE_INFINITY } = query;
    const markers =
      type === 'note'
        ? this.#cache.notes(id).filter(({ t }) => t <= until)
        : this.#known(query).markers.filter((marker) => type === undefined || marker.type === type);
    return cutPage(
      markers.filter(({ t }) => touches(query, t)),
      query,
    );
  }

  gaps({ series: wanted, ...query }: Query<'gaps'>): Answer<'gaps'> {
    const gaps = this.#known(query).series.flatMap(({ info, gaps: own }) =>
      wanted === undefined || info.id === wanted
        ? own
            .filter(({ t0, t1 }) => touches(query, t0, t1))
            .map((gap) => ({ series: info.id, ...gap }))
        : [],
    );
    return cutPage(
      gaps.sort((a, b) => a.t0 - b.t0),
      query,
    );
  }

  logs({ text = '', stream, ...query }: Query<'logs'>): Answer<'logs'> {
    const sought = text.toLowerCase();
    return cutPage(
      this.#known(query).logs.filter(
        (line) =>
          (stream === undefined || line.stream === stream) &&
          touches(query, line.t) &&
          line.text.toLowerCase().includes(sought),
      ),
      query,
    );
  }

  statistics(query: Query<'statistics'>): Answer<'statistics'> {
    const { t0, t1, above } = query;
    return this.#askLines(query, (lines) =>
      lines.map((line) => summarizeSpan(line, t0, t1, above)),
    );
  }

  moment(query: Query<'moment'>): Answer<'moment'> {
    return this.#analyse(query, (analysis) => describeMoment(analysis, query.at));
  }

  /** Series that the session does not have are left out. */
  trace(query: Query<'trace'>): TraceView[] {
    const { t0, t1, columns } = query;
    const width = clampColumns(columns);
    return this.#askLines(query, (lines) =>
      lines.map((line) => ({
        info: line.info,
        envelope: envelope(line, t0, t1, width),
        gaps: line.gaps,
      })),
    );
  }

  sessionBudget(query: Query<'sessionBudget'>): Budget | null {
    return predictSession(this.#known(query)).budget;
  }

  predictedCurves({ id, until, ...view }: Query<'predictedCurves'>): Answer<'predictedCurves'> {
    return this.#cache.atOnce(id, (data) => {
      const known = this.#asKnown(data, until);
      const drawn = { ...view, columns: clampColumns(view.columns) };
      return this.#curves.place(known, drawn, (least) =>
        known === data ? this.#cache.longPhases(id, view, least) : null,
      );
    });
  }

  invert({ id, model, given }: Query<'invert'>): Inversion | null {
    if (model) checkModel(model);
    return this.#cache.atOnce(id, (data) => invertSession(data, model, given));
  }

  compare({ ids, base }: Query<'compare'>): Comparison {
    if (ids.length < 2)
      throw new Failure(
        'bad_input',
        'A comparison needs two sessions or more.',
        'Give two ids; "plumbline list" shows them.',
      );
    if (ids.length > MAX_COMPARED)
      throw new Failure(
        'bad_input',
        `${ids.length} sessions are too many to tell apart.`,
        `Compare at most ${MAX_COMPARED} at a time.`,
      );
    const sessions = ids.map((id) => this.#analyse({ id }, describeWithBudget));
    return compareAnalysed(sessions, base);
  }

  report({ ids, format, base }: Query<'report'>): Answer<'report'> {
    return renderReport(format, () => {
      const sessions = ids.map((id) => this.#report(id));
      return { sessions, comparison: sessions.length > 1 ? compareAnalysed(sessions, base) : null };
    });
  }

  /** The lines asked for, in that order. */
  #askLines<T>({ id, series, until }: Query<'statistics'>, ask: (lines: SeriesData[]) => T): T {
    return this.#cache.atOnce(id, (data) => {
      const known = this.#asKnown(data, until);
      const lines = deriveLines(known.series, known.baselines);
      return ask(series.flatMap((each) => seriesById(lines, each) ?? []));
    });
  }

  #known({ id, until }: { readonly id: string } & AsKnown): SessionData {
    return this.#asKnown(this.load(id), until);
  }

  /** What is drawn and listed of a replay goes on from moment to moment, apart from what is analysed of it. */
  #asKnown(data: SessionData, until: Micros | undefined): SessionData {
    if (!isPast(until, data)) return data;
    if (this.#past?.data !== data) this.#past = { data, session: new PastSession() };
    return this.#past.session.at(data, until);
  }

  #analyse<T>({ id, series, until }: Query<'show'>, tell: (analysis: SessionAnalysis) => T): T {
    return this.#cache.atOnce(id, (data) =>
      tell(
        isPast(until, data)
          ? this.#analyses.analysePast(data, until, series)
          : this.#analyses.analyse(data, series),
      ),
    );
  }

  #report(id: string): ReportInput {
    return this.#analyse({ id }, (analysis) => {
      const { data } = analysis;
      const view = { t0: 0, t1: data.durationUs, columns: PICTURE_COLUMNS };
      return {
        ...describeWithBudget(analysis),
        series: deriveLines(data.series, data.baselines),
        curves: this.#curves.place(data, view),
      };
    });
  }
}

/** Throws a Failure for what is no moment. */
function isPast(until: Micros | undefined, { durationUs }: SessionData): until is Micros {
  if (until === undefined) return false;
  if (!Number.isFinite(until) || until < 0)
    throw new Failure(
      'bad_input',
      `${until} is no moment of a session.`,
      'Give microseconds since its start.',
    );
  return until < durationUs;
}

const clampColumns = (columns: number): number =>
  Math.min(Math.max(1, Math.trunc(columns)), MAX_COLUMNS);

const describeWithBudget = (analysis: SessionAnalysis): Analysed => ({
  doc: describeAnalysis(analysis),
  budget: analysis.budget,
});

type Analysed = { readonly doc: SessionDocument; readonly budget: Budget | null };

const compareAnalysed = (sessions: readonly Analysed[], base: string | undefined): Comparison =>
  compareSessions(
    sessions.map(({ doc }) => doc),
    sessions.map(({ budget }) => budget),
    base === undefined ? 0 : findBase(sessions, base),
  );

/** The place of the base among the compared sessions, by its id or the beginning or end of it. */
function findBase(sessions: readonly Analysed[], base: string): number {
  const place = sessions.findIndex(
    ({ doc: { id } }) => id === base || id.startsWith(base) || id.endsWith(base),
  );
  if (place >= 0) return place;
  throw new Failure(
    'bad_input',
    `"${base}" is none of the compared sessions.`,
    'Name one of them as the base, or leave it out to compare with the first.',
  );
}
