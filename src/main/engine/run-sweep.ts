/**
 * Records the points of a sweep, one after another. A point that the library holds already, of the same model, run and
 * command, is not recorded again; one that fails is told and does not lose the rest; what is broken off goes on from
 * there when it is run again.
 */
import { isDeepStrictEqual } from 'node:util';
import { Failure, type FailureCode } from '../../shared/base/failure';
import type { Micros, Millis } from '../../shared/base/units';
import { nameSession, recordedExperiment } from '../../shared/chapter/experiments/measured';
import type { BundledSweep } from '../../shared/chapter/sweeps/bundled-sweep';
import { readingFor } from '../../shared/chapter/sweeps/bundled-sweep';
import { countWork, readRun, type SweepRun } from '../../shared/chapter/sweeps/figures';
import { describeSweep, type SweepOutcome } from '../../shared/chapter/sweeps/outcome';
import type { SweepReading } from '../../shared/chapter/sweeps/reading';
import { type Axis, type Point, pointsFor, roleFor } from '../../shared/chapter/sweeps/sweep';
import type { EngineApi, RecordRequest } from '../../shared/contract/api';
import type { SweepProgress } from '../../shared/contract/sweeps';
import type { Backend, RunSpec } from '../../shared/model/spec';
import type { SessionDocument } from '../../shared/session/session-document';
import type { ExperimentPart } from '../../shared/session/types';

export interface SweepPlan {
  /** What its sessions are known by. */
  readonly id: string;
  readonly full: boolean;
  readonly reading: SweepReading;
  readonly axes: readonly Axis[];
  readonly repeats: number;
  /** Whether recordings of an earlier time count. */
  readonly mayResume: boolean;
  request(point: Point): Promise<RecordRequest>;
}

export interface SweepHooks {
  /** Records one to its end; what went wrong is a sentence. Throws `interrupted` where the sweep is to end. */
  record(
    request: RecordRequest,
    progress: SweepProgress,
  ): Promise<{ readonly id: string } | { readonly why: string }>;
  say(text: string): void;
}

type Sessions = Pick<EngineApi, 'list' | 'show'>;

/** The plan of a bundled sweep; `backend` null lets the workload choose. */
export const planBundled = (
  sweep: BundledSweep,
  full: boolean,
  backend: Backend | null,
  how: Pick<SweepPlan, 'repeats' | 'mayResume'>,
): SweepPlan => ({
  ...how,
  id: sweep.name,
  full,
  reading: readingFor(sweep, full),
  axes: sweep.axes(full),
  request: async (point) => {
    const { model, run } = sweep.spec(point, full);
    return { bundled: 'gpt2', model, run: { ...run, backend } };
  },
});

interface Part {
  readonly point: Point;
  readonly request: RecordRequest;
  readonly part: ExperimentPart;
}

// Every request is made before the first is run: a slip in the last value is told at once.
async function listParts({
  id,
  full,
  axes,
  repeats,
  request,
}: SweepPlan): Promise<readonly Part[]> {
  const points = await Promise.all(
    pointsFor(axes).map(async (point) => ({ point, request: await request(point) })),
  );
  return Array.from({ length: repeats }, (_, i) => i + 1).flatMap((repeat) =>
    points.map((one) => ({ ...one, part: { id, full, role: roleFor(one.point, repeat) } })),
  );
}

/** Throws `interrupted` where it is broken off, and a Failure where not one point could be recorded. */
export async function runSweep(
  sessions: Sessions,
  plan: SweepPlan,
  hooks: SweepHooks,
): Promise<SweepOutcome> {
  const parts = await listParts(plan);
  const known = plan.mayResume
    ? await findRecorded(sessions, parts)
    : new Map<Part, SessionDocument>();
  const changed = parts.filter((part) => {
    const doc = known.get(part);
    return doc !== undefined && !isOfRequest(doc, part.request);
  });
  for (const part of changed) known.delete(part);
  if (changed.length > 0)
    hooks.say(
      `${changed.length} of ${parts.length} points were recorded with other settings; they are recorded again`,
    );
  if (known.size > 0)
    hooks.say(`${known.size} of ${parts.length} points are in the library already`);
  const pace = new Pace(parts, known);
  const runs: SweepRun[] = [];
  const failed: Unrecorded[] = [];
  for (const [index, one] of parts.entries()) {
    let doc = known.get(one);
    if (doc === undefined) {
      const result = await recordPart(one, hooks, {
        done: index,
        of: parts.length,
        point: one.part.role,
        msLeft: pace.left(),
      });
      if ('why' in result) {
        pace.passOver(one);
        failed.push({ point: one.part.role, ...result });
        continue;
      }
      doc = await sessions.show({ id: result.id });
      pace.finish(one, doc);
    }
    runs.push(readRun(one.point, doc));
  }
  if (runs.length === 0)
    throw new Failure(
      sharedCode(failed),
      `No point of the sweep could be recorded; ${failed[0]?.point}: ${failed[0]?.why}`,
      failed[0]?.refusal?.remedy ??
        'Run the command of one point by itself: "plumbline record -- COMMAND".',
    );
  return describeSweep(
    plan.reading,
    plan.axes,
    pointsFor(plan.axes),
    runs,
    failed.map(({ point, why }) => ({ point, why })),
  );
}

interface Unrecorded {
  readonly point: string;
  readonly why: string;
  /** Where the run was refused before it was launched. */
  readonly refusal?: Failure;
}

/** What kept every point from being recorded: one thing that refused them all, or else the workload. */
function sharedCode([first, ...others]: readonly Unrecorded[]): FailureCode {
  const code = first?.refusal?.code;
  const isShared = others.every(({ refusal }) => refusal?.code === code);
  return code !== undefined && isShared ? code : 'workload_failed';
}

/** What the library holds of a sweep, each point as often as it was recorded; null where it holds nothing of it. */
export async function recordedSweep(
  sessions: Sessions,
  plan: SweepPlan,
): Promise<SweepOutcome | null> {
  const parts = await listParts({ ...plan, repeats: MAX_REPEATS });
  const known = await findRecorded(sessions, parts);
  const runs = [...known].flatMap(([{ point, request }, doc]) =>
    isOfRequest(doc, request) ? [readRun(point, doc)] : [],
  );
  if (runs.length === 0) return null;
  return describeSweep(plan.reading, plan.axes, pointsFor(plan.axes), runs, []);
}

export const MAX_REPEATS = 100;

async function recordPart(
  { request, part }: Part,
  hooks: SweepHooks,
  progress: SweepProgress,
): Promise<{ readonly id: string } | Omit<Unrecorded, 'point'>> {
  try {
    return await hooks.record({ ...request, name: nameSession(part), experiment: part }, progress);
  } catch (error) {
    if (error instanceof Failure && error.code !== 'interrupted')
      return { why: error.message, refusal: error };
    throw error;
  }
}

const keyFor = ({ id, full, role }: ExperimentPart): string => JSON.stringify([id, full, role]);

/** The newest complete session of each part, those that there are. */
async function findRecorded(
  { list, show }: Sessions,
  parts: readonly Part[],
): Promise<Map<Part, SessionDocument>> {
  const ids = new Map<string, string>();
  for (const session of await list()) {
    const part = session.status === 'complete' ? recordedExperiment(session) : null;
    if (part !== null && !ids.has(keyFor(part))) ids.set(keyFor(part), session.id);
  }
  const known = new Map<Part, SessionDocument>();
  for (const part of parts) {
    const id = ids.get(keyFor(part.part));
    if (id !== undefined) known.set(part, await show({ id }));
  }
  return known;
}

/** Whether a session is of just this request: sweeps change from one version to the next, and declarations with them. */
function isOfRequest(doc: SessionDocument, { command, model, run }: RecordRequest): boolean {
  if (command !== undefined && !isDeepStrictEqual([...doc.workload.command], [...command]))
    return false;
  if (model !== undefined && !isDeepStrictEqual(asStored(doc.model), asStored(model))) return false;
  return run === undefined || isDeepStrictEqual(comparedRun(doc.run, run), comparedRun(run, run));
}

/** The backend counts where one was asked for: else the workload chose it. */
const comparedRun = (run: RunSpec | null, { backend }: RunSpec) =>
  asStored(run && { ...run, backend: backend && run.backend });

const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What starting a workload costs beside its work, in FLOPs: a second or two. */
const START_WORK = 10e9;

/**
 * The time left, from how long the recordings that there are took for their work: a long generation takes many times as
 * long as a short one.
 */
class Pace {
  readonly #toGo: Set<Part>;
  #took: Micros = 0;
  #work = 0;

  /** `known`: recorded before. */
  constructor(parts: readonly Part[], known: ReadonlyMap<Part, SessionDocument>) {
    this.#toGo = new Set(parts);
    for (const [part, doc] of known) this.finish(part, doc);
  }

  finish(part: Part, { durationUs }: SessionDocument): void {
    this.passOver(part);
    this.#took += durationUs;
    this.#work += weigh(part);
  }

  /** It came to nothing, and how long that took tells of no other. */
  passOver(part: Part): void {
    this.#toGo.delete(part);
  }

  /** Null until one is done. */
  left(): Millis | null {
    if (this.#work === 0) return null;
    const toGo = [...this.#toGo].reduce((sum, part) => sum + weigh(part), 0);
    return (this.#took * toGo) / this.#work / 1000;
  }
}

function weigh({ request: { bundled, model, run } }: Part): number {
  if (bundled === undefined || model === undefined || run === undefined) return 1;
  const times = run.mode === 'generate' ? 1 : run.steps;
  return START_WORK + times * countWork(model, run);
}
