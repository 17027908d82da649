/** `plumbline experiment`: the chapter's exercises and tables as ready scenarios, worked out and, where that can be, run; and sweeps over the bundled GPT-2 or any command. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import {
  EXPERIMENTS,
  type Experiment,
  experimentByName,
} from '../../../../shared/chapter/experiments';
import {
  describeOutcome,
  findMeasurement,
  type Measurement,
  nameSession,
  type Outcome,
} from '../../../../shared/chapter/experiments/measured';
import { BUNDLED_SWEEPS, findSweep } from '../../../../shared/chapter/sweeps/bundled';
import type { BundledSweep } from '../../../../shared/chapter/sweeps/bundled-sweep';
import { PLAIN_READING } from '../../../../shared/chapter/sweeps/reading';
import { fillCommand, findPlaceholders, parseAxis } from '../../../../shared/chapter/sweeps/sweep';
import { rejectOption } from '../../../../shared/model/reject-field';
import { choice } from '../../../../shared/model/settings/kinds';
import { BACKENDS, type Backend } from '../../../../shared/model/spec';
import { checkBackend } from '../../../engine/bundled-room';
import type { Engine } from '../../../engine/engine';
import { recordedOutcomes } from '../../../engine/experiments';
import { MAX_REPEATS, planBundled, recordedSweep } from '../../../engine/run-sweep';
import { recordBundled } from '../options/record-bundled';
import { collect } from '../options/setting-options';
import { addSpecOptions, declaredSpec, type SpecOptions, whole } from '../options/spec-options';
import type { Output } from '../output';
import { commandSweepId, describeAxes, followSweep, reportFailedPoints } from '../sweep';
import { experimentListText, experimentText } from '../text/experiment';
import { sweepText } from '../text/sweep';
import { withEngine } from '../with-engine';

interface ExperimentOptions extends SpecOptions {
  readonly sweep?: readonly string[];
  readonly repeat: string;
  readonly fresh?: boolean;
  readonly full?: boolean;
  readonly run: boolean;
}

export function registerExperiment(program: Command, output: Output): void {
  addSpecOptions(
    program
      .command('experiment')
      .argument(
        '[words...]',
        'which one; the list where left out; or, with --sweep, a command after --',
      )
      .option('--full', "run it in the chapter's size: on a CPU minutes, kv-cache two hours")
      .option('--no-run', 'record nothing; show what was recorded before')
      .option(
        '--sweep <name=values>',
        'record a command once for each value, which stands in it as {name} (may be repeated)',
        collect,
      )
      .option('--repeat <n>', 'record each point of a sweep so often, and take medians', '1')
      .option('--fresh', 'record every point of a sweep anew, whatever was recorded before'),
  ).action(async (words: string[], options: ExperimentOptions) => {
    if (options.sweep !== undefined) return sweepCommand(words, options.sweep, options, output);
    const [name, ...others] = words;
    if (others.length > 0)
      throw new Failure(
        'bad_input',
        'One experiment is run at a time.',
        'Name one, or give --sweep NAME=VALUES before the command to sweep.',
      );
    if (name === undefined) return list(output);
    const sweep = findSweep(name);
    return sweep === null ? oneExperiment(name, options, output) : oneSweep(sweep, options, output);
  });
}

/** Worked out and, where that can be, run. */
async function oneExperiment(
  name: string,
  options: ExperimentOptions,
  output: Output,
): Promise<void> {
  const experiment = experimentByName(name);
  const measurement = findMeasurement(name);
  if (measurement === null) refuseToRun(experiment, options);
  const steps = experiment.steps();
  const measured = measurement === null ? null : await measuredBy(measurement, options, output);
  output.result({ ...experiment, steps, measured }, () =>
    experimentText(experiment, steps, measurement, measured),
  );
}

/** How often each point is recorded, and whether earlier recordings count. */
function sweepOptions({ repeat, fresh = false }: ExperimentOptions) {
  const repeats = whole('--repeat', repeat) ?? 1;
  if (repeats < 1 || repeats > MAX_REPEATS)
    rejectOption('--repeat', repeat, `Give a number from 1 to ${MAX_REPEATS}.`);
  return { repeats, mayResume: !fresh };
}

/** Null leaves it to the workload. */
const readBackend = ({ backend }: ExperimentOptions): Backend | null =>
  backend === undefined ? null : choice(BACKENDS).parse('--backend', backend);

/** A sweep, and what the chapter works out and other recordings have measured under the same name. */
function oneSweep(sweep: BundledSweep, options: ExperimentOptions, output: Output): Promise<void> {
  const { name, title, law } = sweep;
  const { full = false, run } = options;
  const chosen = readBackend(options);
  const plan = planBundled(sweep, full, chosen, sweepOptions(options));
  const experiment = EXPERIMENTS.find((known) => known.name === name) ?? null;
  const measurement = findMeasurement(name);
  return withEngine(async (engine) => {
    if (run && chosen !== null) await checkBackend(chosen);
    const outcome = run
      ? await followSweep(engine, plan, output)
      : await recordedSweep(engine, plan);
    const measured = measurement === null ? null : await recorded(engine, measurement, full);
    const steps = experiment?.steps() ?? [];
    output.result({ ...experiment, name, title, law, steps, measured, ...outcome }, () =>
      [
        ...(experiment === null ? [] : [experimentText(experiment, steps, null, null), '']),
        outcome === null
          ? `${name}: nothing was recorded of it yet`
          : sweepText(`${name}: ${title}`, law, outcome),
      ].join('\n'),
    );
    if (outcome !== null) process.exitCode = reportFailedPoints(outcome, output);
  });
}

/** A command of a person's own. What is swept and is a setting of the run as well is declared at each point. */
function sweepCommand(
  command: readonly string[],
  sweeps: readonly string[],
  options: ExperimentOptions,
  output: Output,
): Promise<void> {
  const axes = sweeps.map(parseAxis);
  if (command.length === 0)
    throw new Failure(
      'bad_input',
      'There is no command to sweep.',
      'Give it after --: plumbline experiment --sweep batch=1,2,4 -- python train.py --batch {batch}.',
    );
  const open = findPlaceholders(command, Object.fromEntries(axes.map(({ name }) => [name, ''])));
  if (open.length > 0)
    output.tell(
      `No --sweep gives ${open.join(', ')}: the command gets it as it stands.`,
      'Give it values with another --sweep, or mind nothing where the command means it so.',
    );
  return withEngine(async (engine) => {
    const outcome = await followSweep(
      engine,
      {
        ...sweepOptions(options),
        id: commandSweepId(command),
        full: false,
        reading: PLAIN_READING,
        axes,
        request: async (point) => ({
          command: fillCommand(command, point),
          ...(options.model === undefined ? {} : await declaredSpec({ ...options, ...point })),
        }),
      },
      output,
    );
    output.result({ command, ...outcome }, () =>
      sweepText(`${describeAxes(axes)}: ${command.join(' ')}`, null, outcome),
    );
    process.exitCode = reportFailedPoints(outcome, output);
  });
}

function list(output: Output): void {
  const experiments = EXPERIMENTS.map(({ name, title }) => ({
    name,
    title,
    runs: findSweep(name) === null ? (findMeasurement(name)?.scope ?? null) : null,
  }));
  const sweeps = BUNDLED_SWEEPS.map(({ name, title, law, scope }) => ({ name, title, law, scope }));
  output.result({ experiments, sweeps }, () => experimentListText(experiments, sweeps));
}

function refuseToRun({ name }: Experiment, { full, backend }: ExperimentOptions): void {
  if (!full && backend === undefined) return;
  const given = full ? '--full' : '--backend';
  throw new Failure(
    'bad_input',
    `The experiment "${name}" is worked out, not run, and ${given} was given.`,
    `Leave ${given} out; "plumbline experiment" tells which ones run.`,
  );
}

/** What the recordings say: made now, or with --no-run those of the library. */
async function measuredBy(
  measurement: Measurement,
  options: ExperimentOptions,
  output: Output,
): Promise<Outcome | null> {
  const { full = false, run } = options;
  const chosen = readBackend(options);
  return withEngine(async (engine) => {
    if (!run) return recorded(engine, measurement, full);
    if (chosen !== null) await checkBackend(chosen);
    const recordings = measurement.recordings(full);
    const docs = [];
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-experiment-'));
    const kept = join(folder, 'weights');
    try {
      for (const [index, { role, model, run: spec, weights }] of recordings.entries()) {
        const part = { id: measurement.experiment, full, role };
        const request = {
          name: nameSession(part),
          experiment: part,
          model,
          run: { ...spec, backend: chosen },
          ...(weights === 'kept' && { saveWeights: kept }),
          ...(weights === 'taken' && { weights: kept }),
        };
        const { id } = await recordBundled(
          engine,
          request,
          output,
          `${index + 1}/${recordings.length} ${role}`,
          'The experiment',
        );
        docs.push(await engine.show({ id }));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return describeOutcome(measurement, full, docs);
  });
}

/** What the library's recordings say: with `full` those in the chapter's size alone, else either. */
async function recorded(
  engine: Engine,
  measurement: Measurement,
  full: boolean,
): Promise<Outcome | null> {
  const outcomes = await recordedOutcomes(engine, [measurement]);
  return outcomes.find((outcome) => outcome.full || !full) ?? null;
}
