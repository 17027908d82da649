/** A sweep on the terminal: each point is followed like any recording, and Ctrl-C ends the sweep. */
import { createHash } from 'node:crypto';
import { Failure } from '../../../shared/base/failure';
import { formatTimeLeft } from '../../../shared/base/format';
import type { SweepOutcome } from '../../../shared/chapter/sweeps/outcome';
import { type Axis, describePoint } from '../../../shared/chapter/sweeps/sweep';
import type { SweepProgress } from '../../../shared/contract/sweeps';
import type { Engine } from '../../engine/engine';
import { runSweep, type SweepPlan } from '../../engine/run-sweep';
import { describeEnd } from '../../engine/sweeps';
import { follow } from './follow';
import type { Output } from './output';
import { progressBar } from './text/bars';

const BAR = 12;

/** Sweeps of the same command in the same folder are the same sweep. */
export const commandSweepId = (command: readonly string[]): string =>
  `sweep-${createHash('sha256')
    .update(JSON.stringify([process.cwd(), command]))
    .digest('hex')
    .slice(0, 8)}`;

/** Throws `interrupted` where it is broken off, and a Failure where not one point could be recorded. */
export function followSweep(
  engine: Engine,
  plan: SweepPlan,
  output: Output,
): Promise<SweepOutcome> {
  return runSweep(engine, plan, {
    say: (text) => output.tell(text),
    async record(request, progress) {
      const label = describeProgress(progress);
      output.say(`${label} …`);
      const { data, interrupted } = await follow(engine, request, output, { echo: false, label });
      if (interrupted)
        throw new Failure(
          'interrupted',
          'The sweep was interrupted.',
          'Run it again: what was recorded is not recorded twice.',
        );
      return data.status === 'complete' ? { id: data.id } : { why: describeEnd(data) };
    },
  });
}

/**
 * The exit code of a sweep whose result was printed: 0, or 1 where points of it failed, which are named on stderr. The
 * rest stands; a script must be able to see that it is not all.
 */
export function reportFailedPoints({ failed }: SweepOutcome, output: Output): number {
  if (failed.length === 0) return 0;
  const failure = new Failure(
    'workload_failed',
    `Not all of the sweep could be recorded; failed: ${failed.map(({ point }) => point).join('; ')}.`,
    'What was recorded is kept: run it again, and only these are recorded.',
  );
  output.tell(failure.message, failure.remedy);
  return failure.exitCode;
}

/** "━━━───────── 3/12 batch=4, about 40 s left". */
function describeProgress({ done, of, point, msLeft }: SweepProgress): string {
  const left = msLeft === null ? '' : `, about ${formatTimeLeft(msLeft * 1000)} left`;
  return `${progressBar(done / of, BAR)} ${done + 1}/${of} ${point}${left}`;
}

/** For a title: "batch=1,2,4 × seq=64,128". */
export const describeAxes = (axes: readonly Axis[]): string =>
  axes.map(({ name, values }) => describePoint({ [name]: values.join(',') })).join(' × ');
