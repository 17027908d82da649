/** `plumbline experiment`: the chapter's exercises and tables as ready scenarios, worked out and, where that can be, run. */
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
import { choice } from '../../../../shared/model/settings/kinds';
import { BACKENDS } from '../../../../shared/model/spec';
import { recordedOutcomes } from '../../../engine/experiments';
import { recordBundled } from '../options/record-bundled';
import type { Output } from '../output';
import { experimentListText, experimentText } from '../text/experiment';
import { withEngine } from '../with-engine';

interface ExperimentOptions {
  readonly full?: boolean;
  readonly run: boolean;
  readonly backend?: string;
}

export function registerExperiment(program: Command, output: Output): void {
  program
    .command('experiment')
    .argument('[name]', 'which one; the list where left out')
    .option('--full', "run it in the chapter's size: on a CPU, minutes to half an hour")
    .option('--no-run', 'record nothing; show what was recorded before')
    .option('--backend <name>', `${BACKENDS.join(', ')}; best first when left out`)
    .action(async (name: string | undefined, options: ExperimentOptions) => {
      if (name === undefined) return list(output);
      const experiment = experimentByName(name);
      const measurement = findMeasurement(name);
      if (measurement === null) refuseToRun(experiment, options);
      const steps = experiment.steps();
      const measured = measurement === null ? null : await measuredBy(measurement, options, output);
      output.result({ ...experiment, steps, measured }, () =>
        experimentText(experiment, steps, measurement, measured),
      );
    });
}

function list(output: Output): void {
  const experiments = EXPERIMENTS.map(({ name, title }) => ({
    name,
    title,
    runs: findMeasurement(name)?.scope ?? null,
  }));
  output.result({ experiments }, () => experimentListText(experiments));
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
  { full = false, run, backend }: ExperimentOptions,
  output: Output,
): Promise<Outcome | null> {
  const chosen = backend === undefined ? null : choice(BACKENDS).parse('--backend', backend);
  return withEngine(async (engine) => {
    if (!run)
      return (
        (await recordedOutcomes(engine, [measurement])).find((outcome) => outcome.full || !full) ??
        null
      );
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
