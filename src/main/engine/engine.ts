/**
 * The engine: everything Plumbline does, behind one contract. A host (desktop, server, terminal) talks to this and
 * to nothing else of main/.
 */
import { statSync } from 'node:fs';
import { Failure } from '../../shared/base/failure';
import { computeBudget } from '../../shared/budget/budget';
import type {
  EngineClient,
  EngineEvent,
  RecordRequest,
  SavedWorkload,
  TraceView,
} from '../../shared/contract/api';
import { deriveLines } from '../../shared/divergence/overlay/lines';
import { checkModel, checkRun } from '../../shared/model/validate';
import { compareSessions } from '../../shared/session/compare';
import { buildDocument, invertSession, predictSession } from '../../shared/session/document';
import type { SessionDocument } from '../../shared/session/session-document';
import type { SessionData } from '../../shared/session/types';
import { envelope } from '../../shared/trace/envelope';
import { renderReport } from '../export';
import { version } from '../install/paths';
import { type LibraryListing, openLibrary } from '../store/library';
import { watchLibrary } from '../store/library-watch';
import { readSession } from '../store/session-data';
import { openSession } from '../store/session-file';
import { parseRequest, type SavedListing, SavedWorkloads } from '../workloads/saved';
import { doctorReport } from './doctor';
import { type ImportOptions, importFile } from './imports';
import { LiveAnalysis } from './live-analysis';
import { type Recording, type RecordingHooks, startRecording } from './recorder';
import { Uploads } from './uploads';

export interface EngineOptions {
  readonly host: 'desktop' | 'server' | 'cli';
  /** Library folder; the platform's data folder or PLUMBLINE_HOME when left out. */
  readonly library?: string;
}

export interface Engine extends EngineClient {
  /** Starts a recording with hooks for a host that follows it closely (the terminal). */
  startRecording(request: RecordRequest, hooks?: Partial<RecordingHooks>): Promise<Recording>;
  /** Imports a file of this machine; throws a Failure where there is nothing to import. */
  importFile(path: string, options: ImportOptions): Promise<{ id: string }>;
  /** The sessions, and the files of the library that cannot be read, each with why. */
  listing(): LibraryListing;
  /** Saved workloads, and the files that cannot be read, each with why. */
  savedListing(): SavedListing;
  /** One saved workload; throws a Failure that says why where it cannot be read. */
  savedWorkload(name: string): SavedWorkload;
  /** Sessions that are being recorded by this engine. */
  recording(): readonly Recording[];
  /** Stops every recording and releases the library. */
  close(): Promise<void>;
}

const CACHED_SESSIONS = 8;

export function createEngine(options: EngineOptions): Engine {
  const library = openLibrary(options.library);
  const saved = new SavedWorkloads(library.dir);
  const live = new Map<string, Recording>();
  const analyses = new Map<string, LiveAnalysis>();
  const listeners = new Set<(event: EngineEvent) => void>();
  const cache = new Map<string, { stamp: string; data: SessionData }>();
  const uploads = new Uploads(library.dir);
  const emit = (event: EngineEvent) => {
    for (const listener of listeners) listener(event);
  };

  /** What other processes record into the library is told too, for as long as anyone listens. */
  let others: { close(): void } | null = null;
  const followOthers = () =>
    watchLibrary(library.dir, ({ listing, grown }) => {
      if (listing) emit({ type: 'library' });
      for (const id of grown) {
        const summary = live.has(id) ? null : library.summaryOf(id);
        if (summary !== null)
          emit({ type: 'session', id, durationUs: summary.durationUs, status: summary.status });
      }
    });

  /** The session's data: live from memory, else from its file; the last few files read are kept. */
  function load(idOrPrefix: string): SessionData {
    const active = live.get(idOrPrefix);
    if (active) return active.snapshot();
    const path = library.pathOf(idOrPrefix);
    const { mtimeMs, size } = statSync(path);
    const stamp = `${mtimeMs}:${size}`;
    const hit = cache.get(path);
    if (hit?.stamp === stamp && hit.data.status !== 'recording') return hit.data;
    const reader = openSession(path);
    try {
      const data = readSession(reader);
      cache.delete(path);
      cache.set(path, { stamp, data });
      for (const oldest of cache.keys()) {
        if (cache.size <= CACHED_SESSIONS) break;
        cache.delete(oldest);
      }
      return data;
    } finally {
      reader.close();
    }
  }

  async function start(
    given: RecordRequest,
    hooks: Partial<RecordingHooks> = {},
  ): Promise<Recording> {
    const request = given.saved === undefined ? given : parseRequest(saved.get(given.saved), given);
    if (request.model) checkModel(request.model);
    if (request.model && request.run) checkRun(request.model, request.run);
    const recording = await startRecording(request, library, {
      ...hooks,
      changed() {
        hooks.changed?.();
        emit({
          type: 'session',
          id: recording.id,
          durationUs: recording.progress().durationUs,
          status: 'recording',
        });
      },
      finished() {
        const { durationUs, status } = recording.progress();
        live.delete(recording.id);
        hooks.finished?.();
        emit({ type: 'session', id: recording.id, durationUs, status });
        emit({ type: 'library' });
      },
    });
    live.set(recording.id, recording);
    emit({ type: 'library' });
    return recording;
  }

  /** A recording is analysed as it grows, whichever process makes it. */
  function show(id: string, series?: string): SessionDocument {
    const data = load(id);
    if (data.status !== 'recording') {
      analyses.delete(data.id);
      return buildDocument(data, series);
    }
    const analysis = analyses.get(data.id) ?? new LiveAnalysis();
    analyses.set(data.id, analysis);
    return buildDocument(data, series, analysis);
  }

  return {
    async info() {
      return {
        version,
        platform: `${process.platform} ${process.arch}`,
        library: library.dir,
        host: options.host,
        simulated: process.env.PLUMBLINE_SIMULATED === '1',
      };
    },
    async list() {
      return library.list().sessions;
    },
    async show({ id, series }) {
      return show(id, series);
    },
    async trace({ id, series, t0, t1, columns }) {
      const data = live.get(id)?.window(t0, t1) ?? load(id);
      const all = deriveLines(data.series, data.baselines);
      return series.flatMap((wanted): TraceView[] => {
        const found = all.find(({ info }) => info.id === wanted);
        return found
          ? [
              {
                info: found.info,
                envelope: envelope(found, t0, t1, Math.min(Math.max(1, Math.trunc(columns)), 8192)),
                gaps: found.gaps,
              },
            ]
          : [];
      });
    },
    async budgetOf({ id }) {
      return predictSession(load(id)).budget;
    },
    async invert({ id, model, given }) {
      checkModel(model);
      return invertSession(load(id), model, given);
    },
    async budget({ model, run }) {
      checkModel(model);
      checkRun(model, run);
      return computeBudget(model, run);
    },
    async record(request) {
      return { id: (await start(request)).id };
    },
    async workloads() {
      return saved.list().workloads;
    },
    async saveWorkload({ name, request }) {
      if (request.model) checkModel(request.model);
      if (request.model && request.run) checkRun(request.model, request.run);
      return saved.save(name, request);
    },
    async deleteWorkload({ name }) {
      saved.delete(name);
    },
    async stop({ id }) {
      const recording = live.get(id);
      if (!recording)
        throw new Failure(
          'not_found',
          `Session ${id} is not being recorded here.`,
          'Stop it where it was started.',
        );
      await recording.stop();
    },
    async rename({ id, name }) {
      library.rename(id, name);
      cache.clear();
      emit({ type: 'library' });
    },
    async delete({ id }) {
      if (live.has(id))
        throw new Failure(
          'bad_input',
          `Session ${id} is still being recorded.`,
          'Stop the recording first.',
        );
      library.delete(id);
      cache.clear();
      emit({ type: 'library' });
    },
    async compare({ ids }) {
      if (ids.length < 2)
        throw new Failure(
          'bad_input',
          'A comparison needs two sessions or more.',
          'Give two ids; "plumbline list" shows them.',
        );
      const all = ids.map(load);
      return compareSessions(
        all.map((data) => buildDocument(data)),
        all.map((data) => predictSession(data).budget),
      );
    },
    async report({ ids, format }) {
      const all = ids.map(load);
      const docs = all.map((data) => buildDocument(data));
      const budgets = all.map((data) => predictSession(data).budget);
      return renderReport({
        sessions: all.map((data, i) => ({
          doc: docs[i]!,
          budget: budgets[i] ?? null,
          series: deriveLines(data.series, data.baselines),
        })),
        comparison: all.length > 1 ? compareSessions(docs, budgets) : null,
        format,
      });
    },
    doctor: () => doctorReport(library.dir),
    async upload(piece) {
      return uploads.receive(piece);
    },
    async import(request) {
      const imported = await uploads.import(request);
      emit({ type: 'library' });
      return imported;
    },
    async importFile(path, options) {
      const id = importFile(library, path, options);
      emit({ type: 'library' });
      return { id };
    },
    on(listener) {
      listeners.add(listener);
      others ??= followOthers();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        others?.close();
        others = null;
      };
    },
    listing: () => library.list(),
    savedListing: () => saved.list(),
    savedWorkload: (name) => saved.get(name),
    startRecording: start,
    recording: () => [...live.values()],
    async close() {
      others?.close();
      uploads.close();
      await Promise.all([...live.values()].map((recording) => recording.stop()));
    },
  };
}
