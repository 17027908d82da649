/**
 * Model and run as a workload announces them (resources/python/plumbline.py does it by itself), where the person declared
 * none. Announcements are untrusted: what does not make a model that can be, or not the one that runs, makes none.
 */
import { Failure, unlessFailure } from '../../shared/base/failure';
import { formatInteger } from '../../shared/base/format';
import { modelFromConfig } from '../../shared/model/config-file';
import { runDefaults } from '../../shared/model/run';
import {
  MODES,
  type Mode,
  type ModelSpec,
  OPTIMIZERS,
  PRECISIONS,
  type RunSpec,
} from '../../shared/model/spec';
import { checkRun } from '../../shared/model/validate';
import {
  announcedAdapters,
  countAnnounced,
  describeAdapters,
  describeUntrained,
  isAddedTo,
  TOLERANCE,
  whole,
} from './announced-weights';

type Fields = Readonly<Record<string, unknown>>;

/** The model, or in words why it cannot be told; null where the announcement does not attempt to say. */
export function announcedModel(fields: Fields): ModelSpec | string | null {
  const { config, parameters } = fields;
  if (typeof config !== 'object' || config === null || !('model_type' in config)) return null;
  let model: ModelSpec;
  let held: number;
  try {
    model = modelFromConfig(
      config,
      typeof fields.name === 'string' && fields.name !== '' ? fields.name : 'model',
    );
    held = countAnnounced(model, fields).held;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `The model the workload announces gives no budget: ${error.message} Declare it with --model.`;
  }
  if (typeof parameters === 'number' && Math.abs(held - parameters) > TOLERANCE * held)
    return isAddedTo(model, fields)
      ? describeAdapters(model, fields)
      : `The workload announces a model of ${formatInteger(parameters)} parameters whose configuration makes ${formatInteger(held)}: no budget is made of it. Declare it with --model.`;
  return model;
}

/**
 * The run, with what was not announced at its default, or in words why no budget is of it; null where the announcement
 * does not say what is done, and for PyTorch on the CPU, since its budget is one of a GPU's allocator. `fields` are those
 * of the run and of its model, which tells what of it is trained.
 */
export function announcedRun(model: ModelSpec, fields: Fields): RunSpec | string | null {
  const mode = among<Mode>(fields.mode, MODES);
  if (mode === undefined || fields.device === 'cpu') return null;
  const length = whole(fields.seq);
  const attention =
    fields.attention === 'flash_attention_2'
      ? 'flash'
      : among(fields.attention, ['eager', 'sdpa', 'flash'] as const);
  const given = {
    mode,
    framework: 'pytorch' as const,
    batch: whole(fields.batch),
    precision: among(fields.precision, PRECISIONS),
    optimizer: among(fields.optimizer, OPTIMIZERS),
    optimizerKernel: among(fields.optimizerKernel, ['foreach', 'fused'] as const),
    gradAccum: whole(fields.gradAccum),
    attention,
    checkpointing: among(fields.checkpointing, ['none', 'full'] as const),
    dp: whole(fields.dp),
    zero: among(fields.zero, [0, 1, 2, 3] as const),
    referenceModels: whole(fields.referenceModels),
    ...(mode === 'train' ? { ...announcedAdapters(fields), dropout: dropoutIn(fields) } : {}),
    ...(mode === 'generate'
      ? { promptTokens: length, tokens: whole(fields.tokens) ?? 1 }
      : { seq: length }),
  };
  const run = runDefaults(
    model,
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  return unlessFailure(() => {
    checkRun(model, run);
    return describeUntrained(model, run, fields) ?? run;
  });
}

/** What configurations call the dropout behind attention and feed-forward: by family, and in this order. */
const RESIDUAL_DROPOUTS = [
  'resid_pdrop',
  'hidden_dropout_prob',
  'hidden_dropout',
  'resid_dropout',
  'residual_dropout',
  'dropout_rate',
  'dropout',
];

/** A model trains with the dropout of its configuration; undefined where that names none. */
function dropoutIn({ config }: Fields): number | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  const told = config as Fields;
  const p = RESIDUAL_DROPOUTS.map((name) => told[name]).find((value) => typeof value === 'number');
  return typeof p === 'number' && p > 0 && p < 1 ? p : undefined;
}

function among<T>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}
