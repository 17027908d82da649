/**
 * The options that give a model and a run, alike for every command that takes them. Values are checked for form as they
 * are read and by src/shared/model for sense; a refusal names the option, the value and what would be valid.
 */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { GiB } from '../../../../shared/base/units';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import { isBundledByDefault, notBundledPrecision } from '../../../../shared/model/bundled';
import { hasLmHead } from '../../../../shared/model/parameters';
import { rejectOption } from '../../../../shared/model/reject-field';
import { runDefaults } from '../../../../shared/model/run';
import { RUN_SETTINGS, SETTING_NAMES, type SettingName } from '../../../../shared/model/settings';
import { count } from '../../../../shared/model/settings/kinds';
import type { ModelSpec, RunSpec } from '../../../../shared/model/spec';
import { checkModel, checkRun } from '../../../../shared/model/validate';
import type { GpuMemory } from '../../../../shared/planning/fits';
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

export interface ResolvedSpec {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** What was said; all else of the run is a default. */
  readonly given: Partial<RunSpec>;
  /** The GPU that was named, or the memory of one (24GB); null where neither was. */
  readonly card: GpuMemory | null;
}

export function resolveSpec(
  options: SpecOptions,
  defaults: { model: string | ModelSpec; framework: RunSpec['framework'] },
): ResolvedSpec {
  const asked = options.model ?? defaults.model;
  const named = typeof asked === 'string' ? resolveModel(asked) : asked;
  const model = options.untiedHead ? untied(named) : named;
  checkModel(model);
  const said = givenSettings(options);
  const given = { ...said, ...impliedMode(said) };
  const run = runDefaults(model, {
    ...given,
    framework: given.framework ?? frameworkFor(model, given, defaults.framework),
  });
  checkRun(model, run);
  return { model, run, given, card: findCard(options.gpu, run.gpu) };
}

/** The model and run of something that is not Plumbline's own, as a request carries them; nothing where none is described. */
export function declaredSpec(
  options: SpecOptions,
): Pick<ResolvedSpec, 'model' | 'run'> | Record<string, never> {
  if (options.model === undefined && options.mode === undefined) return {};
  const { model, run } = resolveSpec(options, { model: 'gpt2', framework: 'pytorch' });
  return { model, run };
}

/** The settings that were given, and no others; those of the bundled workload alone are left out. */
export function givenSettings(options: SpecOptions): Partial<RunSpec> {
  const given = readSettings(options, COMMON_SETTINGS);
  const { gpu, lengths, ...others } = given;
  return {
    ...others,
    ...(lengths && !options.packed && { lengths }),
    ...ragged(given.lengths, options, given.mode),
    ...(gpu !== undefined && cardOfSize(gpu) === null && { gpu: gpuByName(gpu).name }),
  };
}

/** The one mode that all that was said has a meaning in: adapters are trained, prompts are for generation. */
function impliedMode(given: Partial<RunSpec>): Partial<RunSpec> {
  if (given.mode !== undefined) return {};
  const said = SETTING_NAMES.filter((name) => given[name] !== undefined);
  const limits = said.flatMap((name) => RUN_SETTINGS[name].modes ?? []);
  const common = [...new Set(limits)].filter((mode) =>
    said.every((name) => RUN_SETTINGS[name].modes?.includes(mode) ?? true),
  );
  const [mode] = common;
  return common.length === 1 && mode ? { mode } : {};
}

function findCard(typed: string | undefined, gpu: string | undefined): GpuMemory | null {
  if (gpu !== undefined) return gpuByName(gpu);
  return typed === undefined ? null : cardOfSize(typed);
}

/** A card by its memory alone: 24GB, 24 GiB. What makers of cards call GB is GiB; null for a name. */
function cardOfSize(typed: string): GpuMemory | null {
  const size = /^\s*(\d+(?:\.\d+)?)\s*gi?b\s*$/i.exec(typed)?.[1];
  if (size === undefined) return null;
  if (Number(size) === 0)
    rejectOption('--gpu', typed, 'Give the memory of a card, such as 24GB, or its name.');
  return { name: `a card of ${size} GiB`, memoryBytes: Math.floor(Number(size) * GiB) };
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

/** The model with a head of its own. */
function untied(model: ModelSpec): ModelSpec {
  if (hasLmHead(model) && model.tiedHead) return { ...model, tiedHead: false };
  throw new Failure(
    'bad_input',
    `--untied-head cannot be given: ${model.name} has ${hasLmHead(model) ? 'a head of its own already' : 'no head over its vocabulary'}.`,
    'Leave it out.',
  );
}

/** The lengths of a ragged batch, padded or packed; nothing where none are given. */
function ragged(
  lengths: readonly number[] | undefined,
  options: SpecOptions,
  mode: RunSpec['mode'] | undefined,
): Partial<RunSpec> {
  if (lengths) return padded(lengths, options, mode);
  if (options.packed)
    throw new Failure(
      'bad_input',
      '--packed lays sequences end to end, and there are no lengths.',
      'Give --lengths, or leave --packed out.',
    );
  return {};
}

/** One row without padding, whose sequences see themselves alone, as the kernels for variable lengths have it. */
function packed(lengths: readonly number[], mode: RunSpec['mode'] | undefined): Partial<RunSpec> {
  if (mode !== 'train' && mode !== 'infer')
    throw new Failure(
      'bad_input',
      'Sequences are packed for a pass over all of them, and the mode is another.',
      'Use --mode train or --mode infer.',
    );
  return { batch: 1, seq: lengths.reduce((sum, one) => sum + one, 0) };
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
  if (options.packed) return packed(lengths, mode);
  const longest = Math.max(...lengths);
  const batch = { batch: lengths.length };
  // Where the mode is not given, the model's defaults say which of the two the longest is.
  if (mode === undefined) return batch;
  return mode === 'generate' ? { ...batch, promptTokens: longest } : { ...batch, seq: longest };
}
