/**
 * The engine: everything Plumbline does, behind one contract. A host (desktop, server, terminal) talks to this and
 * to nothing else of main/.
 *
 * It only wires: each method of the contract is a line that hands the question to who answers it. A method that is
 * added to shared/contract/api.ts does not compile until it has its line here.
 */
import { Failure } from '../../shared/base/failure';
import { setByteUnits } from '../../shared/base/format';
import { computeBudget } from '../../shared/budget/budget';
import type { Budget } from '../../shared/budget/types';
import { chapterClaims } from '../../shared/chapter/claims';
import { withMeasured } from '../../shared/chapter/experiments/measured';
import type {
  AppInfo,
  EngineApi,
  EngineClient,
  RecordRequest,
  ReportFile,
  SavedWorkload,
} from '../../shared/contract/api';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { checkModel, checkRun } from '../../shared/model/validate';
import type { SessionSummary } from '../../shared/session/types';
import { sampleSession, version } from '../install/paths';
import { openLibrary } from '../store/library';
import { describeAccess } from '../store/library-access';
import type { LibraryListing } from '../store/library-folder';
import { changeSettings } from '../store/library-settings';
import { telemetryChecks } from '../telemetry/doctor/doctor';
import { type SavedListing, SavedWorkloads } from '../workloads/saved';
import { cancellable } from './cancellable';
import { completeRecovered } from './complete-recovered';
import { doctorReport } from './doctor';
import { EngineEvents } from './events';
import { recordedOutcomes } from './experiments';
import { Exports, exportFormats } from './exports';
import { type ImportOptions, importFile } from './imports';
import { Learning } from './learned';
import { editLibrary } from './library-edits';
import { printPdf } from './print-pdf';
import { openQueries } from './query-worker';
import type { Recording, RecordingHooks } from './recording';
import { Recordings } from './recordings';
import { Sweeps } from './sweeps';
import { telemetryEnvironment } from './telemetry-environment';
import { Uploads } from './uploads';

export interface EngineOptions {
  readonly host: AppInfo['host'];
  /** Library folder; the platform's data folder or PLUMBLINE_HOME when left out. */
  readonly library?: string;
  /** False refuses to launch anything, saved workloads included. */
  readonly mayLaunch?: boolean;
}

export interface Engine extends EngineClient {
  /** Starts a recording with hooks for a host that follows it closely (the terminal). */
  startRecording(request: RecordRequest, hooks?: Partial<RecordingHooks>): Promise<Recording>;
  /** Imports a file of this machine; throws a Failure where there is nothing to import. */
  importFile(path: string, options: ImportOptions): Promise<{ id: string }>;
  /** The sessions, and the files of the library that cannot be read, each with why. */
  listing(): LibraryListing;
  /** The one session whose id is, or begins or ends with, `id`, or the last one; no name where its file cannot be read. Throws a Failure where there is none, or more than one. */
  identify(id: string): { readonly id: string; readonly name: string | null };
  /** What a list shows of a session, named as `identify` takes it. Throws a Failure where its file cannot be read. */
  summary(id: string): SessionSummary;
  /** Whether others may look into the library, and what to do about it; null where none may. */
  libraryAccess(): { readonly message: string; readonly remedy: string } | null;
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
  setByteUnits(library.settings().units);
  const events = new EngineEvents(library, (id) => recordings.has(id));
  const saved = new SavedWorkloads(library.dir);
  const recordings = new Recordings(library, saved, events, {
    letGo: () => questions.letGo(),
    recorded: (session) => learning.take(session),
  });
  const questions = openQueries(
    library,
    // A terminal that records nothing waits for its one answer anyhow.
    () => options.host !== 'cli' || recordings.list().length > 0,
    (question) => recordings.prepareLook(question),
  );
  const uploads = new Uploads(library.dir);
  const exports = new Exports();
  const answers: EngineApi = {
    info: async () => describeApp(library.dir, options),
    doctor: () => doctorReport(library, recordings.list().length > 0),
    sources: () => telemetryChecks(telemetryEnvironment(library.settings())),

    settings: async () => library.settings(),
    changeSettings: async (change) => {
      // Whoever sets the path of a program has it run.
      if (change.nvidiaSmi !== undefined) checkMayLaunch(options);
      const settings = changeSettings(library.dir, change);
      setByteUnits(settings.units);
      await questions.letGo();
      events.libraryChanged();
      return settings;
    },

    ...questions.queries,
    ...completeRecovered(questions.queries, library, events, () => questions.letGo()),
    report: async (question) => printed(await questions.queries.report(question)),
    exportFormats: async () => exportFormats(),
    export: async ({ id, format }) => exports.begin(library.locate(id), format),
    exportPiece: async (begun) => exports.next(begun.export),
    ...editLibrary(library, events, {
      letGo: () => questions.letGo(),
      refuseWhileRecorded: (id) => recordings.refuseWhileRecorded(id),
    }),

    record: async (request) => {
      if (request.pid === undefined) checkMayLaunch(options);
      return { id: (await recordings.start(request)).id };
    },
    stop: async ({ id }) => recordings.stop(id),

    workloads: async () => saved.list().workloads,
    saveWorkload: async ({ name, request, replaces }) => {
      checkMayLaunch(options);
      return saved.save(name, request, replaces);
    },
    deleteWorkload: async ({ name }) => saved.delete(name),

    upload: async (piece) => uploads.receive(piece),
    import: async (request) => events.announce(uploads.import(request)),
    chapter: async () => withMeasured(chapterClaims(), await recordedOutcomes(answers)),
    sweep: (query) => sweeps.state(query),
    startSweep: async (query) => {
      checkMayLaunch(options);
      sweeps.start(query);
    },
    stopSweep: () => sweeps.stop(),
    learned: async () => learning.kept(),
    learn: () => learning.learn(),
    forgetLearned: async ({ id }) => learning.forget(id ?? null),
    addSample: async () => events.announce({ id: await importFile(library, sampleSession) }),

    budget: async ({ model, run }) => predictRun(model, run),
  };
  const sweeps = new Sweeps(answers, recordings, events);
  const learning = new Learning(
    library.dir,
    () => library.list().sessions,
    (id) => answers.brief({ id }),
  );
  return {
    ...cancellable(answers),
    listing: () => library.list(),
    identify: (id) => {
      const whole = library.identify(id);
      return { id: whole, name: library.summarize(whole)?.name ?? null };
    },
    summary: (id) => library.summary(id),
    startRecording: (request, hooks) => recordings.start(request, hooks),
    recording: () => recordings.list(),
    libraryAccess: () => describeAccess(library.dir),
    savedListing: () => saved.list(),
    savedWorkload: (name) => saved.get(name),
    importFile: async (path, options) =>
      events.announce({ id: await importFile(library, path, options) }),
    on: (listener) => events.on(listener),
    close: async () => {
      events.close();
      uploads.close();
      exports.close();
      await sweeps.stop();
      try {
        await recordings.stopAll();
        await learning.settled();
      } finally {
        questions.close();
      }
    },
  };
}

/** What is a page so far, as the PDF that a browser prints of it. */
async function printed(report: ReportFile): Promise<ReportFile> {
  if (report.mimeType !== 'application/pdf') return report;
  return { ...report, text: '', bytes: await printPdf(report.text) };
}

/** A saved workload counts: somebody else would launch it. */
function checkMayLaunch({ mayLaunch = true }: EngineOptions): void {
  if (!mayLaunch)
    throw new Failure(
      'unavailable',
      'This server launches nothing: whoever learns its address could run any command.',
      'Start it with "plumbline serve --allow-launch", or record in a terminal with "plumbline record".',
    );
}

function predictRun(model: ModelSpec, run: RunSpec): Budget {
  checkModel(model);
  checkRun(model, run);
  return computeBudget(model, run);
}

const describeApp = (library: string, { host, mayLaunch = true }: EngineOptions): AppInfo => ({
  version,
  platform: `${process.platform} ${process.arch}`,
  library,
  host,
  mayLaunch,
  simulated: process.env.PLUMBLINE_SIMULATED === '1',
});
