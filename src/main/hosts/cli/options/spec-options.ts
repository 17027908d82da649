/**
 * The options that give a model and a run, alike for every command that takes them. Values are checked for form as they
 * are read and by src/shared/model for sense; a refusal names the option, the value and what would be valid.
 */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { hasLmHead } from '../../../../shared/model/parameters';
import { COMMON_SETTINGS } from '../../../../shared/model/settings';
import { count } from '../../../../shared/model/settings/kinds';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { checkModel, checkRun } from '../../../../shared/model/validate';
import {
  describeRun,
  givenSettings,
  type ResolvedSpec,
  saidBeside,
} from '../../../../shared/planning/resolve-run';
import { resolveModel } from './resolve-model';
import {
  addSettingOptions,
  BUNDLED_SETTINGS,
  readSettings,
  type SettingOptions,
} from './setting-options';

export interface SpecOptions extends SettingOptions {
  readonly model?: string;
  readonly untiedHead?: boolean;
  readonly packed?: boolean;
}

export function addSpecOptions(command: Command): Command {
  const models = 'a name (plumbline models lists them), a Hugging Face id, or a config.json';
  return addSettingOptions(command.option('--model <name|file>', models), COMMON_SETTINGS)
    .option(
      '--untied-head',
      'give the head a matrix of its own where the model shares the embeddings',
    )
    .option('--packed', 'lay the sequences of --lengths end to end instead of padding them');
}

/** The options for what only the bundled workload knows: where its tokens come from, and how the next one is chosen. */
export function addBundledOptions(command: Command): Command {
  return addSettingOptions(command, BUNDLED_SETTINGS);
}

/** `defaults.run`: of a recorded session, whose settings hold where the options say nothing. */
export async function resolveSpec(
  options: SpecOptions,
  defaults: { model: string | ModelSpec; framework: RunSpec['framework']; run?: RunSpec },
): Promise<ResolvedSpec> {
  const asked = options.model ?? defaults.model;
  const named = typeof asked === 'string' ? await resolveModel(asked) : asked;
  const model = options.untiedHead ? untied(named) : named;
  checkModel(model);
  const read = readSettings(options, COMMON_SETTINGS);
  const said = defaults.run ? saidBeside(defaults.run, read) : read;
  const spec = describeRun(model, said, defaults.framework, options.packed);
  checkRun(model, spec.run, said);
  return spec;
}

/** The model and run of something that is not Plumbline's own, as a request carries them; nothing where none is described. */
export async function declaredSpec(
  options: SpecOptions,
): Promise<Pick<ResolvedSpec, 'model' | 'run'> | Record<string, never>> {
  if (options.model === undefined && options.mode === undefined) return {};
  const { model, run } = await resolveSpec(options, { model: 'gpt2', framework: 'pytorch' });
  return { model, run };
}

/** The settings that were given, and no others; those of the bundled workload alone are left out. */
export function givenOptions(options: SpecOptions): Partial<RunSpec> {
  return givenSettings(readSettings(options, COMMON_SETTINGS), options.packed === true);
}

export function bundledSettings(options: SpecOptions): Partial<RunSpec> {
  return readSettings(options, BUNDLED_SETTINGS);
}

/** A whole number of at least `least`, where one was given. */
export function whole(option: string, text: string | undefined, least = 1): number | undefined {
  return text === undefined ? undefined : count(least).parse(option, text);
}

/** The model with a head of its own. */
function untied(model: ModelSpec): ModelSpec {
  if (hasLmHead(model) && model.tiedHead) return { ...model, tiedHead: false };
  throw new Failure(
    'bad_input',
    `--untied-head cannot be given: ${model.name} has ${hasLmHead(model) ? 'a head of its own already' : 'no head over its vocabulary'}.`,
    'Leave it out.',
  );
}
