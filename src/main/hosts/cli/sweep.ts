/**
 * Records the points of a sweep, one after another. A point that the library holds already is not recorded again; one
 * that fails is told and does not lose the rest; Ctrl-C ends it, and the same command goes on from there.
 */
import { createHash } from 'node:crypto';
import { Failure } from '../../../shared/base/failure';
import { formatDuration } from '../../../shared/base/format';
import { nameSession, recordedExperiment } from '../../../shared/chapter/experiments/measured';
import {
  describeSweep,
  readRun,
  type SweepOutcome,
  type SweepRun,
} from '../../../shared/chapter/sweeps/outcome';
import {
  type Axis,
  describePoint,
  type Point,
  pointsFor,
  roleFor,
} from '../../../shared/chapter/sweeps/sweep';
import type { RecordRequest } from '../../../shared/contract/api';
import type { ExperimentPart } from '../../../shared/session/types';
import type { Engine } from '../../engine/engine';
import { follow } from './follow';
import type { Output } from './output';

export interface SweepPlan {
  /** What its sessions are known by. */
  readonly id: string;
  readonly full: boolean;
  readonly axes: readonly Axis[];
  readonly repeats: number;
  /** Whether recordings of an earlier time count. */
  readonly mayResume: boolean;
  request(point: Point): Promise<RecordRequest>;
}

/** Sweeps of the same command are the same sweep. */
export const commandSweepId = (command: readonly string[]): string =>
  `sweep-${createHash('sha256').update(JSON.stringify(command)).digest('hex').slice(0, 8)}`;

/** Throws `interrupted` where it is broken off, and a Failure where not one point could be recorded. */
export async function runSweep(
  engine: Engine,
  plan: SweepPlan,
  output: Output,
): Promise<SweepOutcome> {
  const points = pointsFor(plan.axes);
  // Every request is made before the first is run: a slip in the last value is told at once.
  const requested = await Promise.all(
    points.map(async (point) => ({ point, request: await plan.request(point) })),
  );
  const parts = Array.from({ length: plan.repeats }, (_, i) => i + 1).flatMap((repeat) =>
    requested.map(({ point, request }) => ({
      point,
      request,
      part: { id: plan.id, full: plan.full, role: roleFor(point, repeat) },
    })),
  );
  const known = plan.mayResume ? await recordedParts(engine) : new Map<string, string>();
  const runs: SweepRun[] = [];
  const failed: { point: string; why: string }[] = [];
  const began = Date.now();
  let made = 0;
  for (const [index, { point, request, part }] of parts.entries()) {
    let id = known.get(keyFor(part)) ?? null;
    if (id === null) {
      const left = made === 0 ? '' : timeLeft(began, made, parts.length - index);
      const label = `${index + 1}/${parts.length} ${part.role}${left}`;
      output.say(`${label} …`);
      const result = await recordPoint(engine, request, part, label, output);
      if ('why' in result) {
        failed.push({ point: part.role, why: result.why });
        continue;
      }
      id = result.id;
      made++;
    }
    runs.push(readRun(point, await engine.show({ id })));
  }
  if (runs.length === 0)
    throw new Failure(
      'workload_failed',
      `No point of the sweep could be recorded; ${failed[0]?.point}: ${failed[0]?.why}`,
      'Run the command of one point by itself: plumbline record -- COMMAND.',
    );
  return describeSweep(plan.axes, points, runs, failed);
}

async function recordPoint(
  engine: Engine,
  request: RecordRequest,
  part: ExperimentPart,
  label: string,
  output: Output,
): Promise<{ readonly id: string } | { readonly why: string }> {
  try {
    const { data, interrupted } = await follow(
      engine,
      { ...request, name: nameSession(part), experiment: part },
      output,
      { echo: false, label },
    );
    if (interrupted)
      throw new Failure(
        'interrupted',
        'The sweep was interrupted.',
        'Run it again: what was recorded is not recorded twice.',
      );
    if (data.status === 'complete') return { id: data.id };
    return {
      why: `it ended with ${data.signal ?? `exit code ${data.exitCode}`}; plumbline show ${data.id.slice(-4)}`,
    };
  } catch (error) {
    if (error instanceof Failure && error.code !== 'interrupted') return { why: error.message };
    throw error;
  }
}

const keyFor = ({ id, full, role }: ExperimentPart): string => JSON.stringify([id, full, role]);

/** The newest complete session of each part of any experiment. */
async function recordedParts(engine: Engine): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const session of await engine.list()) {
    const part = session.status === 'complete' ? recordedExperiment(session) : null;
    if (part !== null && !known.has(keyFor(part))) known.set(keyFor(part), session.id);
  }
  return known;
}

function timeLeft(began: number, made: number, toGo: number): string {
  return `, about ${formatDuration(((Date.now() - began) / made) * toGo * 1000)} left`;
}

/** For a title: "batch=1,2,4 of python train.py". */
export const describeAxes = (axes: readonly Axis[]): string =>
  axes.map(({ name, values }) => describePoint({ [name]: values.join(',') })).join(' × ');
