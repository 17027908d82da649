/**
 * The options that give a model and a run, alike for every command that takes them. Values are checked for form as they
 * are read and by src/shared/model for sense; a refusal names the option, the value and what would be valid.
 */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import { isBundledByDefault, notBundledPrecision } from '../../../../shared/model/bundled';
import { presetNames } from '../../../../shared/model/presets';
import { runDefaults } from '../../../../shared/model/run';
import { RUN_SETTINGS, SETTING_NAMES, type SettingName } from '../../../../shared/model/settings';
import { count } from '../../../../shared/model/settings/kinds';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { checkModel, checkRun } from '../../../../shared/model/validate';
import { resolveModel } from './resolve-model';
import {
  addSettingOptions,
  BUNDLED_SETTINGS,
  COMMON_SETTINGS,
  readSettings,
  type SettingOptions,
} from './setting-options';

export interface SpecOptions extends SettingOptions {
  readonly model?: string;
}

export function addSpecOptions(command: Command): Command {
  const models = `${presetNames().join(', ')}, or a Hugging Face config.json`;
  return addSettingOptions(command.option('--model <name|file>', models), COMMON_SETTINGS);
}

/** The options for what only the bundled workload knows: where its tokens come from, and how the next one is chosen. */
export function addBundledOptions(command: Command): Command {
  return addSettingOptions(command, BUNDLED_SETTINGS);
}

/** True when any option that describes the run or the model was given. */
export function declaresSpec(options: SpecOptions): boolean {
  return options.model !== undefined || options.mode !== undefined;
}

export function resolveSpec(
  options: SpecOptions,
  defaults: { model: string; framework: RunSpec['framework'] },
): { model: ModelSpec; run: RunSpec } {
  const model = resolveModel(options.model ?? defaults.model);
  checkModel(model);
  const given = givenSettings(options);
  const run = runDefaults(model, {
    ...given,
    framework: given.framework ?? frameworkFor(model, given, defaults.framework),
  });
  checkRun(model, run);
  return { model, run };
}

/** The settings that were given, and no others; those of the bundled workload alone are left out. */
export function givenSettings(options: SpecOptions): Partial<RunSpec> {
  const given = readSettings(options, COMMON_SETTINGS);
  return {
    ...given,
    ...(given.lengths && padded(given.lengths, options, given.mode)),
    ...(given.gpu !== undefined && { gpu: gpuByName(given.gpu).name }),
  };
}

export function bundledSettings(options: SpecOptions): Partial<RunSpec> {
  return readSettings(options, BUNDLED_SETTINGS);
}

/** A whole number of at least `least`, where one was given. */
export function whole(option: string, text: string | undefined, least = 1): number | undefined {
  return text === undefined ? undefined : count(least).parse(option, text);
}

/** A model or a setting that the bundled workload cannot have means PyTorch, unless a framework is given. */
function frameworkFor(
  model: ModelSpec,
  given: Partial<RunSpec>,
  otherwise: RunSpec['framework'],
): RunSpec['framework'] {
  const isBundled =
    isBundledByDefault(model) &&
    notBundledPrecision(runDefaults(model, { ...given, framework: 'tfjs' })) === null &&
    !SETTING_NAMES.some((name) => impliesPyTorch(name, given));
  return isBundled ? otherwise : 'pytorch';
}

function impliesPyTorch<Name extends SettingName>(name: Name, given: Partial<RunSpec>): boolean {
  const { [name]: value } = given;
  if (value === undefined) return false;
  return RUN_SETTINGS[name].impliesPyTorch?.(value as Required<RunSpec>[Name]) === true;
}

/** A ragged batch is padded: as many sequences as lengths, each as long as the longest. */
function padded(
  lengths: readonly number[],
  options: SpecOptions,
  mode: RunSpec['mode'] | undefined,
): Partial<RunSpec> {
  for (const [flag, typed] of [
    ['--batch', options.batch],
    ['--seq', options.seq],
  ])
    if (typed !== undefined)
      throw new Failure(
        'bad_input',
        `--lengths gives batch and sequence already, and ${flag} was given too.`,
        `Leave ${flag} out.`,
      );
  const longest = Math.max(...lengths);
  const batch = { batch: lengths.length };
  // Where the mode is not given, the model's defaults say which of the two the longest is.
  if (mode === undefined) return batch;
  return mode === 'generate' ? { ...batch, promptTokens: longest } : { ...batch, seq: longest };
}
