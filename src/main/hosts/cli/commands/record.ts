/** `plumbline record`: the bundled GPT-2, any command, or a process that runs already. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import { checkBundledPrecision, notBundled } from '../../../../shared/model/bundled';
import { isPresetName, preset, presetNames } from '../../../../shared/model/presets';
import { checkSession } from '../../../../shared/session/expectations';
import { checkpointName, configBeside } from '../../../workloads/checkpoint';
import { INSTRUMENTS } from '../../../workloads/instrument';
import { follow } from '../follow';
import {
  addExpectationOptions,
  type ExpectationOptions,
  parseExpectationOptions,
  reportOutcomes,
} from '../options/expectations';
import {
  addSpecOptions,
  declaresSpec,
  resolveModel,
  resolveSpec,
  type SpecOptions,
  whole,
} from '../options/spec-options';
import {
  addTokenOptions,
  promptLengths,
  type TokenOptions,
  tokenChoices,
} from '../options/token-options';
import type { Output } from '../output';
import { sessionText } from '../text/session';
import { withEngine } from '../with-engine';

interface RecordOptions extends SpecOptions, TokenOptions, ExpectationOptions {
  readonly bundled?: string;
  readonly pid?: string;
  readonly name?: string;
  readonly interval?: string;
  readonly instrument?: string;
  readonly weights?: string;
  readonly saveWeights?: string;
  readonly env?: readonly string[];
  readonly passEnv?: readonly string[];
  readonly cleanEnv?: boolean;
  readonly save?: string;
  readonly run?: string;
}

export function registerRecord(program: Command, output: Output): void {
  const command = addSpecOptions(
    program
      .command('record')
      .description('record the bundled GPT-2, a command, or a running process')
      .argument('[command...]', 'the command to launch and record, after --')
      .option('--bundled <name>', 'record the bundled workload: gpt2, or another model it can be')
      .option('--pid <pid>', 'record a process that runs already')
      .option('--name <name>', 'name of the session')
      .option(
        '--instrument <kind>',
        `watch the command through its interpreter, without changing it: ${INSTRUMENTS.join(', ')}`,
      )
      .option('--env <NAME=VALUE>', 'set a variable for the command (may be repeated)', collect)
      .option('--clean-env', 'pass on only what any program needs to start and to find its GPU')
      .option(
        '--pass-env <NAME>',
        'pass this variable on too; implies --clean-env (may be repeated)',
        collect,
      )
      .option(
        '--save <name>',
        'save this workload under a name before recording it; values of secrets are left out',
      )
      .option('--run <name>', 'record a saved workload again')
      .option(
        '--weights <dir|file>',
        'Hugging Face checkpoint (config.json and model.safetensors) for the bundled workload',
      )
      .option(
        '--save-weights <dir>',
        'keep what the bundled workload trained, as such a checkpoint, in a new folder',
      )
      .option('--interval <ms>', 'sampling interval in milliseconds (100)'),
  );
  addExpectationOptions(addTokenOptions(command), 'peak=8GiB,residual=10%,leak=1MiB')
    .passThroughOptions()
    .action(async (given: string[], options: RecordOptions) => {
      const request = await buildRequest(given, options);
      const { save } = options;
      const expectations = parseExpectationOptions(options, '=');
      process.exitCode = await withEngine(async (engine) => {
        if (save !== undefined) await engine.saveWorkload({ name: save, request });
        const { data, interrupted } = await follow(engine, request, output, { echo: true });
        const [doc, budget] = [
          await engine.show({ id: data.id }),
          await engine.budgetOf({ id: data.id }),
        ];
        const outcomes = checkSession(expectations, doc);
        output.result(expectations.length === 0 ? doc : { ...doc, expectations: outcomes }, () =>
          sessionText(doc, budget),
        );
        const unmet = reportOutcomes(outcomes, options, output, doc.name, doc.durationUs);
        if (interrupted) return 130;
        return data.status === 'failed' ? 1 : unmet;
      });
    });
}

const BUNDLED_ONLY = [
  ['weights', '--weights'],
  ['saveWeights', '--save-weights'],
  ['prompt', '--prompt'],
  ['data', '--data'],
  ['temperature', '--temperature'],
  ['topK', '--top-k'],
  ['topP', '--top-p'],
] as const satisfies readonly (readonly [keyof RecordOptions, string])[];

/** The model that --bundled names: the workload is one, and whatever else it can be may be named in its place. */
function bundledModel(name: string, { model }: RecordOptions): string {
  if (!isPresetName(name) || notBundled(preset(name)) !== null) {
    const names = presetNames().filter((one) => notBundled(preset(one)) === null);
    throw new Failure(
      'bad_input',
      `There is no bundled workload "${name}".`,
      `Use one of ${names.join(', ')}.`,
    );
  }
  if (name !== 'gpt2' && model !== undefined)
    throw new Failure(
      'bad_input',
      `--bundled ${name} names the model already, and --model was given too.`,
      'Leave one of them out.',
    );
  return name;
}

async function buildRequest(command: string[], options: RecordOptions): Promise<RecordRequest> {
  const given = [
    options.bundled !== undefined,
    options.pid !== undefined,
    options.run !== undefined,
    command.length > 0,
  ].filter(Boolean).length;
  if (given !== 1) {
    throw new Failure(
      'bad_input',
      given === 0 ? 'There is nothing to record.' : 'More than one thing to record was given.',
      'Give exactly one of --bundled gpt2, --pid PID, --run NAME, or a command after --.',
    );
  }
  const interval = whole('--interval', options.interval);
  const named = options.name === undefined ? {} : { name: options.name };
  const environment = parseEnvironment(options);
  if (options.run !== undefined)
    return savedRequest(options, {
      ...named,
      ...environment,
      ...(interval !== undefined && { intervalMs: interval }),
    });
  const common = { intervalMs: interval ?? 100, ...named };
  if (environment.environment && command.length === 0) {
    throw new Failure(
      'bad_input',
      'Only a command that is launched can be given an environment.',
      'Leave --env, --clean-env and --pass-env out.',
    );
  }
  if (options.bundled !== undefined) {
    const bundled = bundledModel(options.bundled, options);
    if (options.instrument !== undefined)
      throw new Failure(
        'bad_input',
        'The bundled workload needs no instrument.',
        'Leave --instrument out.',
      );
    const { weights, saveWeights, prompt } = options;
    // A name other than the workload's own declares the model, which the weights must then be of.
    const otherwise = weights !== undefined && bundled === 'gpt2' ? configBeside(weights) : bundled;
    const spec =
      prompt === undefined
        ? options
        : await promptLengths(resolveModel(options.model ?? otherwise), prompt, options);
    const { model: found, run } = resolveSpec(
      { framework: 'tfjs', ...spec },
      { model: otherwise, framework: 'tfjs' },
    );
    const model =
      weights !== undefined && options.model === undefined && otherwise !== bundled
        ? { ...found, name: checkpointName(weights) }
        : found;
    checkBundledPrecision(run);
    if (run.framework !== 'tfjs')
      throw new Failure(
        'bad_input',
        `The bundled workload does not run on ${run.framework}.`,
        'Leave --framework out, or use --framework tfjs.',
      );
    const folders = {
      ...(weights !== undefined && { weights: resolve(weights) }),
      ...(saveWeights !== undefined && { saveWeights: resolve(saveWeights) }),
    };
    return {
      ...common,
      bundled: 'gpt2',
      model,
      run: { ...run, ...tokenChoices(options) },
      ...folders,
    };
  }
  const foreign = BUNDLED_ONLY.find(([name]) => options[name] !== undefined);
  if (foreign)
    throw new Failure(
      'bad_input',
      `${foreign[1]} is for the bundled workload.`,
      `Add --bundled gpt2, or leave ${foreign[1]} out.`,
    );
  if (options.pid !== undefined && options.instrument !== undefined) {
    throw new Failure(
      'bad_input',
      'A process that runs already cannot be given an instrument.',
      'Launch it through plumbline record --instrument python -- COMMAND.',
    );
  }
  const spec = declaresSpec(options)
    ? resolveSpec(options, { model: 'gpt2', framework: 'pytorch' })
    : {};
  if (options.pid !== undefined)
    return { ...common, ...spec, pid: whole('--pid', options.pid) ?? 0 };
  const instrument = INSTRUMENTS.find((one) => one === options.instrument);
  if (options.instrument !== undefined && instrument === undefined) {
    throw new Failure(
      'bad_input',
      `There is no instrument "${options.instrument}".`,
      `Use one of ${INSTRUMENTS.join(', ')}.`,
    );
  }
  return { ...common, ...spec, ...environment, command, ...(instrument && { instrument }) };
}

/** A saved workload says what it is itself; only its session's name, interval and environment may be given anew. */
function savedRequest(options: RecordOptions, common: Omit<RecordRequest, 'saved'>): RecordRequest {
  const besides = new Set([
    'run',
    'name',
    'interval',
    'env',
    'passEnv',
    'cleanEnv',
    'json',
    'failOn',
    'junit',
  ]);
  const other = Object.keys(options).find((option) => !besides.has(option));
  if (other !== undefined) {
    const flag = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new Failure(
      'bad_input',
      `A saved workload is run as it was saved, and ${flag} was given too.`,
      `Leave ${flag} out, or give the whole workload instead of --run.`,
    );
  }
  return { ...common, saved: options.run! };
}

function parseEnvironment({
  env = [],
  passEnv = [],
  cleanEnv = false,
}: RecordOptions): Pick<RecordRequest, 'environment'> {
  if (env.length === 0 && passEnv.length === 0 && !cleanEnv) return {};
  const set = Object.fromEntries(
    env.map((given) => {
      const at = given.indexOf('=');
      if (at < 1)
        throw new Failure(
          'bad_input',
          `--env cannot be "${given}".`,
          'Give NAME=VALUE, or --pass-env NAME to pass a variable on.',
        );
      return [given.slice(0, at), given.slice(at + 1)];
    }),
  );
  const only = cleanEnv || passEnv.length > 0;
  return {
    environment: {
      ...(only && { only }),
      ...(passEnv.length > 0 && { pass: passEnv }),
      ...(env.length > 0 && { set }),
    },
  };
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
