/** What `plumbline record` is asked to record, from its options: everything that can be refused by them alone is refused here. */
import { resolve } from 'node:path';
import { Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import { bundledPart, checkBundledPrecision, notBundled } from '../../../../shared/model/bundled';
import { isPresetName, preset, presetNames } from '../../../../shared/model/presets';
import { RUN_SETTINGS } from '../../../../shared/model/settings';
import { refuseOtherMode } from '../../../../shared/model/settings/modes';
import { checkpointName, configBeside, INSTRUMENTS } from '../../../engine/workload-choices';
import type { ExpectationOptions } from './expectations';
import { promptLengths } from './prompt-lengths';
import { resolveModel } from './resolve-model';
import { BUNDLED_SETTINGS, typedFor } from './setting-options';
import {
  bundledSettings,
  declaredSpec,
  resolveSpec,
  type SpecOptions,
  whole,
} from './spec-options';

/** How often a server is asked. */
const SERVER_INTERVAL_MS = 2000;

export interface RecordOptions extends SpecOptions, ExpectationOptions {
  readonly leaveRunning?: boolean;
  readonly bundled?: string;
  readonly pid?: string;
  readonly name?: string;
  readonly brief?: boolean;
  readonly full?: boolean;
  readonly interval?: string;
  /** False: --no-instrument. */
  readonly instrument?: string | false;
  readonly weights?: string;
  readonly saveWeights?: string;
  readonly env?: readonly string[];
  readonly passEnv?: readonly string[];
  readonly cleanEnv?: boolean;
  readonly save?: string;
  readonly run?: string;
  readonly again?: string;
  readonly from?: readonly string[];
  readonly query?: string;
}

/** Options that the bundled workload alone knows. */
const BUNDLED_ONLY = [
  '--weights',
  '--save-weights',
  ...BUNDLED_SETTINGS.map((name) => RUN_SETTINGS[name].option.flag),
];

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

/** Throws `bad_input` for what cannot be recorded so. */
export async function buildRecordRequest(
  command: string[],
  options: RecordOptions,
): Promise<RecordRequest> {
  const { bundled, pid, run: saved, from } = options;
  const given = [bundled, pid, saved, from].filter((each) => each !== undefined).length;
  if (given + Math.min(1, command.length) !== 1) {
    throw new Failure(
      'bad_input',
      given + command.length === 0
        ? 'There is nothing to record.'
        : 'More than one thing to record was given.',
      'Give exactly one of --bundled gpt2, --pid PID, --from prometheus URL, --run NAME, or a command after --.',
    );
  }
  if (saved !== undefined) return { ...readBeside(options, 'run'), saved };
  const intervalMs = whole('--interval', options.interval);
  const environment = parseEnvironment(options);
  const named = options.name === undefined ? {} : { name: options.name };
  const common = { intervalMs: intervalMs ?? 100, ...named };
  if (environment.environment && command.length === 0) {
    throw environmentWithoutCommand();
  }
  if (from === undefined && options.query !== undefined)
    throw new Failure('bad_input', '--query is for --from prometheus.', 'Leave --query out.');
  if (from !== undefined)
    return {
      ...common,
      intervalMs: intervalMs ?? SERVER_INTERVAL_MS,
      ...(await clusterRequest(from, options)),
    };
  if (bundled !== undefined)
    return { ...common, ...(await bundledRequest(bundledModel(bundled, options), options)) };
  return { ...common, ...(await foreignRequest(command, options, environment)) };
}

export const environmentWithoutCommand = (): Failure =>
  new Failure(
    'bad_input',
    'Only a command that is launched can be given an environment.',
    'Leave --env, --clean-env and --pass-env out.',
  );

async function bundledRequest(bundled: string, options: RecordOptions): Promise<RecordRequest> {
  if (options.instrument)
    throw new Failure(
      'bad_input',
      'The bundled workload needs no instrument.',
      'Leave --instrument out.',
    );
  if (options.leaveRunning === true)
    throw new Failure(
      'bad_input',
      'The bundled workload leaves nothing running.',
      'Leave --leave-running out.',
    );
  const { weights, saveWeights, prompt } = options;
  // A name other than the workload's own declares the model, which the weights must then be of.
  const otherwise = weights !== undefined && bundled === 'gpt2' ? configBeside(weights) : bundled;
  const declared = bundledPart(await resolveModel(options.model ?? otherwise));
  const { model: _declared, ...given } =
    prompt === undefined ? options : await promptLengths(declared, prompt, options);
  const { model: found, run } = await resolveSpec(
    { framework: 'tfjs', ...given },
    { model: declared, framework: 'tfjs' },
  );
  const isNamedByWeights =
    weights !== undefined && options.model === undefined && otherwise !== bundled;
  checkBundledPrecision(run);
  const own = bundledSettings(options);
  for (const name of BUNDLED_SETTINGS) refuseOtherMode(name, own, run.mode);
  if (run.framework !== 'tfjs')
    throw new Failure(
      'bad_input',
      `The bundled workload does not run on ${run.framework}.`,
      'Leave --framework out, or use --framework tfjs.',
    );
  return {
    bundled: 'gpt2',
    model: isNamedByWeights ? { ...found, name: checkpointName(weights) } : found,
    run: { ...run, ...own },
    ...(weights !== undefined && { weights: resolve(weights) }),
    ...(saveWeights !== undefined && { saveWeights: resolve(saveWeights) }),
  };
}

/** The GPUs that a server knows of. */
async function clusterRequest(
  [kind, url, ...more]: readonly string[],
  options: RecordOptions,
): Promise<Pick<RecordRequest, 'prometheus' | 'model' | 'run'>> {
  if (kind !== 'prometheus' || url === undefined || more.length > 0)
    throw new Failure(
      'bad_input',
      `--from cannot be "${[kind, url, ...more].filter((each) => each !== undefined).join(' ')}".`,
      'Give --from prometheus http://HOST:9090, and with --query which of its series.',
    );
  if (options.instrument)
    throw new Failure(
      'bad_input',
      'What runs on other machines cannot be given an instrument.',
      'Leave --instrument out.',
    );
  const { query } = options;
  return {
    ...(await declaredSpec(options)),
    prometheus: { url, ...(query !== undefined && { query }) },
  };
}

/** A command to launch, or a process that runs already. */
async function foreignRequest(
  command: string[],
  options: RecordOptions,
  environment: Pick<RecordRequest, 'environment'>,
): Promise<RecordRequest> {
  const bundledOnly = BUNDLED_ONLY.find((flag) => typedFor(options, flag) !== undefined);
  if (bundledOnly !== undefined)
    throw new Failure(
      'bad_input',
      `${bundledOnly} is for the bundled workload.`,
      `Add --bundled gpt2, or leave ${bundledOnly} out.`,
    );
  const { pid } = options;
  const kind = options.instrument === false ? 'none' : options.instrument;
  if (pid !== undefined && options.instrument) {
    throw new Failure(
      'bad_input',
      'A process that runs already cannot be given an instrument.',
      'Launch it through "plumbline record --instrument python -- COMMAND".',
    );
  }
  const { leaveRunning = false } = options;
  if (pid !== undefined && leaveRunning)
    throw new Failure(
      'bad_input',
      'A process that runs already is never ended.',
      'Leave --leave-running out.',
    );
  const spec = await declaredSpec(options);
  if (pid !== undefined) return { ...spec, pid: whole('--pid', pid) ?? 0 };
  const instrument = INSTRUMENTS.find((each) => each === kind);
  if (kind !== undefined && instrument === undefined) {
    throw new Failure(
      'bad_input',
      `There is no instrument "${kind}".`,
      `Use one of ${INSTRUMENTS.join(', ')}.`,
    );
  }
  return {
    ...spec,
    ...environment,
    command,
    ...(instrument && { instrument }),
    ...(leaveRunning && { leaveRunning }),
  };
}

/**
 * What was recorded or saved says itself what it is; only the session's name, interval and variables may be given beside
 * `option`. Throws `bad_input` where anything else is.
 */
export function readBeside(options: RecordOptions, option: 'run' | 'again'): RecordRequest {
  checkNothingBesides(options, option);
  const intervalMs = whole('--interval', options.interval);
  return {
    ...(options.name !== undefined && { name: options.name }),
    ...(intervalMs !== undefined && { intervalMs }),
    ...parseEnvironment(options),
  };
}

function checkNothingBesides(options: RecordOptions, named: 'run' | 'again'): void {
  const besides = new Set<string>([
    named,
    ...(named === 'again' ? ['save'] : []),
    'name',
    'interval',
    'env',
    'passEnv',
    'cleanEnv',
    'json',
    'full',
    'brief',
    'failOn',
    'junit',
  ]);
  const other = Object.keys(options).find((option) => !besides.has(option));
  if (other === undefined) return;
  const flag = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new Failure(
    'bad_input',
    named === 'run'
      ? `A saved workload is run as it was saved, and ${flag} was given too.`
      : `A session is recorded again as it was, and ${flag} was given too.`,
    `Leave ${flag} out, or give the whole workload instead of --${named}.`,
  );
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
