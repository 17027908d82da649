/**
 * The engine: everything Plumbline does, behind one contract. A host (desktop, server, terminal) talks to this and
 * to nothing else of main/.
 *
 * It only wires: each method of the contract is a line that hands the question to who answers it. A method that is
 * added to shared/contract/api.ts does not compile until it has its line here.
 */
import { computeBudget } from '../../shared/budget/budget';
import type { Budget } from '../../shared/budget/types';
import type {
  AppInfo,
  EngineClient,
  RecordRequest,
  SavedWorkload,
} from '../../shared/contract/api';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { checkModel, checkRun } from '../../shared/model/validate';
import { version } from '../install/paths';
import { type LibraryListing, openLibrary } from '../store/library';
import { type SavedListing, SavedWorkloads } from '../workloads/saved';
import { doctorReport } from './doctor';
import { EngineEvents } from './events';
import { Exports, exportFormats } from './exports';
import { type ImportOptions, importFile } from './imports';
import type { Recording, RecordingHooks } from './recording';
import { Recordings } from './recordings';
import { Sessions } from './sessions';
import { Uploads } from './uploads';

export interface EngineOptions {
  readonly host: AppInfo['host'];
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

/** Every answer is a promise: what a method throws arrives as its rejection. */
export function createEngine(options: EngineOptions): Engine {
  const library = openLibrary(options.library);
  const events = new EngineEvents(library, (id) => recordings.has(id));
  const saved = new SavedWorkloads(library.dir);
  const recordings = new Recordings(library, saved, events);
  const sessions = new Sessions(library, recordings, events);
  const uploads = new Uploads(library.dir);
  const exports = new Exports();
  return {
    info: async () => describeApp(library.dir, options.host),
    doctor: () => doctorReport(library.dir),

    list: async () => library.list().sessions,
    listing: () => library.list(),
    show: async (query) => sessions.show(query),
    trace: async (query) => sessions.trace(query),
    budgetOf: async ({ id }) => sessions.predict(id),
    invert: async (query) => sessions.invert(query),
    compare: async (query) => sessions.compare(query),
    report: async (query) => sessions.report(query),
    exportFormats: async () => exportFormats(),
    export: async ({ id, format }) => exports.begin(library.locate(id), format),
    exportPiece: async (begun) => exports.next(begun.export),
    rename: async (query) => sessions.rename(query),
    delete: async (query) => sessions.delete(query),

    record: async (request) => ({ id: (await recordings.start(request)).id }),
    startRecording: (request, hooks) => recordings.start(request, hooks),
    recording: () => recordings.list(),
    stop: async ({ id }) => recordings.stop(id),

    workloads: async () => saved.list().workloads,
    savedListing: () => saved.list(),
    savedWorkload: (name) => saved.get(name),
    saveWorkload: async ({ name, request }) => saved.save(name, request),
    deleteWorkload: async ({ name }) => saved.delete(name),

    upload: async (piece) => uploads.receive(piece),
    import: async (request) => events.announce(uploads.import(request)),
    importFile: async (path, options) =>
      events.announce({ id: await importFile(library, path, options) }),

    budget: async ({ model, run }) => predictRun(model, run),

    on: (listener) => events.on(listener),
    close: async () => {
      events.close();
      uploads.close();
      exports.close();
      await recordings.stopAll();
    },
  };
}

function predictRun(model: ModelSpec, run: RunSpec): Budget {
  checkModel(model);
  checkRun(model, run);
  return computeBudget(model, run);
}

const describeApp = (library: string, host: AppInfo['host']): AppInfo => ({
  version,
  platform: `${process.platform} ${process.arch}`,
  library,
  host,
  simulated: process.env.PLUMBLINE_SIMULATED === '1',
});
