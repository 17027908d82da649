/**
 * The options that give a model and a run, alike for every command that takes them. Values are checked here for form
 * and by src/shared/model for sense; a refusal names the option, the value and what would be valid.
 */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { gpuByName } from '../../../../shared/hardware/gpu-names';
import { isBundledByDefault, notBundledPrecision } from '../../../../shared/model/bundled';
import { modelFromConfig } from '../../../../shared/model/config-file';
import { isPresetName, preset, presetNames } from '../../../../shared/model/presets';
import { runDefaults } from '../../../../shared/model/run';
import {
  BACKENDS,
  CACHE_GROWTHS,
  type Checkpointing,
  FRAMEWORKS,
  LORA_TARGETS,
  LOSSES,
  MODES,
  type ModelSpec,
  OFFLOADS,
  OPTIMIZERS,
  PRECISIONS,
  type RunSpec,
} from '../../../../shared/model/spec';
import { checkModel, checkRun } from '../../../../shared/model/validate';

export interface SpecOptions {
  readonly model?: string;
  readonly mode?: string;
  readonly batch?: string;
  readonly gradAccum?: string;
  readonly seq?: string;
  readonly promptTokens?: string;
  readonly tokens?: string;
  readonly kvCache?: string;
  readonly cacheGrowth?: string;
  readonly precision?: string;
  readonly kvPrecision?: string;
  readonly optimizer?: string;
  readonly checkpointing?: string;
  readonly attention?: string;
  readonly causal?: boolean;
  readonly framework?: string;
  readonly backend?: string;
  readonly steps?: string;
  readonly seed?: string;
  readonly lengths?: string;
  readonly loraRank?: string;
  readonly loraTargets?: string;
  readonly freeze?: string;
  readonly dropout?: string;
  readonly loss?: string;
  readonly optimizerKernel?: string;
  readonly zero?: string;
  readonly dp?: string;
  readonly tp?: string;
  readonly pp?: string;
  readonly microBatches?: string;
  readonly sequenceParallel?: boolean;
  readonly expertParallel?: string;
  readonly offload?: string;
  readonly gpu?: string;
}

export function addSpecOptions(command: Command): Command {
  return command
    .option('--model <name|file>', `${presetNames().join(', ')}, or a Hugging Face config.json`)
    .option('--mode <mode>', MODES.join(', '))
    .option('--batch <n>', 'sequences per micro-batch and rank')
    .option('--grad-accum <n>', 'micro-batches per optimizer step')
    .option('--seq <n>', 'tokens per sequence')
    .option('--prompt-tokens <n>', 'tokens of the prompt (generate)')
    .option('--tokens <n>', 'tokens to generate')
    .option('--kv-cache <on|off>', 'keep keys and values between tokens')
    .option(
      '--cache-growth <how>',
      `${CACHE_GROWTHS.join(', ')}: how a KV cache takes in a token (bundled workload: append, static)`,
    )
    .option('--precision <p>', PRECISIONS.join(', '))
    .option('--kv-precision <p>', 'precision of the KV cache, where it differs')
    .option('--optimizer <name>', OPTIMIZERS.join(', '))
    .option('--checkpointing <how>', 'none, full, selective, every=N')
    .option('--attention <kind>', 'eager, sdpa, flash')
    .option('--causal', 'count attention over the lower triangle only')
    .option('--framework <name>', FRAMEWORKS.join(', '))
    .option(
      '--backend <name>',
      `${BACKENDS.join(', ')} (bundled workload; best first when left out)`,
    )
    .option('--steps <n>', 'training steps, or forward passes')
    .option('--seed <n>', 'seed of weights, data and sampling')
    .option('--lengths <a,b,…>', 'token counts of a ragged batch, padded to the longest')
    .option('--lora-rank <r>', 'train low-rank adapters instead of the weights')
    .option('--lora-targets <which>', LORA_TARGETS.join(', '))
    .option('--freeze <n>', 'train without the first n layers and the embeddings')
    .option('--dropout <p>', 'probability of dropout in training')
    .option('--loss <kind>', 'plain, in-place, or fused with the head chunk by chunk')
    .option('--optimizer-kernel <kind>', 'foreach, fused (PyTorch)')
    .option('--zero <stage>', '0, 1, 2, 3: what ZeRO shards over the data-parallel ranks')
    .option('--dp <n>', 'data-parallel ranks')
    .option('--tp <n>', 'tensor-parallel ranks')
    .option('--pp <n>', 'pipeline stages')
    .option('--micro-batches <n>', 'micro-batches of a pipeline step')
    .option(
      '--sequence-parallel',
      'split along the sequence what lies between tensor-parallel regions',
    )
    .option('--expert-parallel <n>', 'ranks over which experts are spread')
    .option('--offload <what>', OFFLOADS.join(', '))
    .option('--gpu <name>', 'GPU the run is meant for');
}

export function resolveModel(nameOrFile: string): ModelSpec {
  if (isPresetName(nameOrFile)) return preset(nameOrFile);
  const looksLikeFile = /[\\/.]/.test(nameOrFile);
  if (!looksLikeFile) {
    throw new Failure(
      'bad_input',
      `There is no model "${nameOrFile}".`,
      `Use one of ${presetNames().join(', ')}, or the path of a Hugging Face config.json.`,
    );
  }
  let text: string;
  try {
    text = readFileSync(nameOrFile, 'utf8');
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `The model file "${nameOrFile}" cannot be read.`,
      'Give the path of a Hugging Face config.json, or the name of a preset.',
      cause,
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `The model file "${nameOrFile}" is not JSON.`,
      'Give the path of a Hugging Face config.json.',
      cause,
    );
  }
  return modelFromConfig(config, nameOrFile);
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
    framework: given.framework ?? frameworkFor(model, options, given, defaults.framework),
  });
  checkRun(model, run);
  return { model, run };
}

/** The settings that were given, and no others. */
export function givenSettings(options: SpecOptions): Partial<RunSpec> {
  const given: { -readonly [K in keyof RunSpec]?: RunSpec[K] } = {};
  const set = <K extends keyof RunSpec>(key: K, value: RunSpec[K] | undefined) => {
    if (value !== undefined) given[key] = value;
  };
  set('mode', parseChoice('--mode', options.mode, MODES));
  set('batch', whole('--batch', options.batch));
  set('gradAccum', whole('--grad-accum', options.gradAccum));
  set('seq', whole('--seq', options.seq));
  set('promptTokens', whole('--prompt-tokens', options.promptTokens));
  set('tokens', whole('--tokens', options.tokens));
  set('steps', whole('--steps', options.steps));
  set('seed', whole('--seed', options.seed, 0));
  const cache = parseChoice('--kv-cache', options.kvCache, ['on', 'off'] as const);
  set('kvCache', cache === undefined ? undefined : cache === 'on');
  set('cacheGrowth', parseChoice('--cache-growth', options.cacheGrowth, CACHE_GROWTHS));
  set('precision', parseChoice('--precision', options.precision, PRECISIONS));
  set('kvPrecision', parseChoice('--kv-precision', options.kvPrecision, PRECISIONS));
  set('optimizer', parseChoice('--optimizer', options.optimizer, OPTIMIZERS));
  set(
    'attention',
    parseChoice('--attention', options.attention, ['eager', 'sdpa', 'flash'] as const),
  );
  set('backend', parseChoice('--backend', options.backend, BACKENDS));
  set('causal', options.causal);
  set('checkpointing', parseCheckpointing(options.checkpointing));
  ragged(options, given);
  set('loraRank', whole('--lora-rank', options.loraRank, 0));
  set('loraTargets', parseChoice('--lora-targets', options.loraTargets, LORA_TARGETS));
  set('frozenLayers', whole('--freeze', options.freeze, 0));
  set('dropout', fraction('--dropout', options.dropout));
  set('loss', parseChoice('--loss', options.loss, LOSSES));
  set(
    'optimizerKernel',
    parseChoice('--optimizer-kernel', options.optimizerKernel, ['foreach', 'fused'] as const),
  );
  const zero = parseChoice('--zero', options.zero, ['0', '1', '2', '3'] as const);
  set('zero', zero === undefined ? undefined : (Number(zero) as 0 | 1 | 2 | 3));
  set('dp', whole('--dp', options.dp));
  set('tp', whole('--tp', options.tp));
  set('pp', whole('--pp', options.pp));
  set('microBatches', whole('--micro-batches', options.microBatches));
  set('sequenceParallel', options.sequenceParallel);
  set('expertParallel', whole('--expert-parallel', options.expertParallel));
  set('offload', parseChoice('--offload', options.offload, OFFLOADS));
  set('gpu', options.gpu === undefined ? undefined : gpuByName(options.gpu).name);
  set('framework', parseChoice('--framework', options.framework, FRAMEWORKS));
  return given;
}

/** A model or a setting that the bundled workload cannot have means PyTorch, unless a framework is given. */
function frameworkFor(
  model: ModelSpec,
  options: SpecOptions,
  given: Partial<RunSpec>,
  otherwise: RunSpec['framework'],
): RunSpec['framework'] {
  const parallel = [
    options.loraRank,
    options.freeze,
    options.zero,
    options.dp,
    options.tp,
    options.pp,
    options.offload,
    options.expertParallel,
    options.loss,
    options.optimizerKernel,
    options.dropout,
    options.cacheGrowth === 'rebuild' ? options.cacheGrowth : undefined,
  ];
  const isBundled =
    isBundledByDefault(model) &&
    notBundledPrecision(runDefaults(model, { ...given, framework: 'tfjs' })) === null;
  return !isBundled || parallel.some((one) => one !== undefined) ? 'pytorch' : otherwise;
}

/** A ragged batch is padded: as many sequences as lengths, each as long as the longest. */
function ragged(
  options: SpecOptions,
  given: { -readonly [K in keyof RunSpec]?: RunSpec[K] },
): void {
  if (options.lengths === undefined) return;
  const lengths = options.lengths
    .split(',')
    .map((length) => whole('--lengths', length.trim()) ?? 0);
  const contradicted =
    options.batch !== undefined ? '--batch' : options.seq !== undefined ? '--seq' : null;
  if (contradicted)
    throw new Failure(
      'bad_input',
      `--lengths gives batch and sequence already, and ${contradicted} was given too.`,
      `Leave ${contradicted} out.`,
    );
  given.lengths = lengths;
  given.batch = lengths.length;
  // Where the mode is not given, the model's defaults say which of the two the longest is.
  if (given.mode === 'generate') given.promptTokens = Math.max(...lengths);
  else if (given.mode !== undefined) given.seq = Math.max(...lengths);
}

function fraction(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^(0|1|0?\.\d+)$/.test(value) && number < 1) return number;
  throw new Failure(
    'bad_input',
    `${option} cannot be "${value}".`,
    'Give a number from 0 to below 1.',
  );
}

function parseChoice<const T extends readonly string[]>(
  option: string,
  value: string | undefined,
  allowed: T,
): T[number] | undefined {
  if (value === undefined) return undefined;
  if (allowed.includes(value)) return value;
  throw new Failure(
    'bad_input',
    `${option} cannot be "${value}".`,
    `Use one of ${allowed.join(', ')}.`,
  );
}

export function whole(option: string, value: string | undefined, least = 1): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && Number.isSafeInteger(number)) return number;
  throw new Failure(
    'bad_input',
    `${option} cannot be "${value}".`,
    `Give a whole number of at least ${least}.`,
  );
}

function parseCheckpointing(value: string | undefined): Checkpointing | undefined {
  if (value === undefined || value === 'none' || value === 'full' || value === 'selective')
    return value;
  if (/^every=[1-9]\d*$/.test(value)) return value as Checkpointing;
  throw new Failure(
    'bad_input',
    `--checkpointing cannot be "${value}".`,
    'Use none, full, selective or every=N.',
  );
}
