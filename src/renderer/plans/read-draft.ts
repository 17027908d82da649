/**
 * What a draft says: the model and the run theory is asked about, or which fields are wrong and why, each in one sentence
 * with its remedy. Every field is judged, so that none hides behind another.
 */
import { Failure } from '../../shared/base/failure';
import { modelFromConfig } from '../../shared/model/config-file';
import { parseConfigText } from '../../shared/model/config-text';
import { modelCalled } from '../../shared/model/named';
import { refuseName } from '../../shared/model/preset-names';
import {
  RUN_SETTINGS,
  type RunSpec,
  SETTING_NAMES,
  type SettingName,
} from '../../shared/model/settings';
import { count } from '../../shared/model/settings/kinds';
import { SIZE_NAMES } from '../../shared/model/size-names';
import type { ModelSpec } from '../../shared/model/spec';
import { checkModel, listRefusals } from '../../shared/model/validate';
import {
  describeRun,
  type ResolvedSpec,
  readCard,
  saidBeside,
} from '../../shared/planning/resolve-run';
import type { SessionPlan } from '../../shared/session/as-plan';
import { type ConfigText, type Draft, SHAPE_FIELDS, type ShapeField } from './draft';

export type DraftField = SettingName | ShapeField | 'model' | 'config' | 'shape';

export interface Reading {
  /** Null where a field is wrong, or no model is named. */
  readonly spec: ResolvedSpec | null;
  readonly faults: Readonly<Partial<Record<DraftField, Failure>>>;
  /** As far as they can be told: what fields show where nothing is typed. */
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
}

type Faults = Partial<Record<DraftField, Failure>>;

/** What stands behind a draft. */
export interface Behind {
  /** The one that runs where nothing says which. */
  readonly framework: RunSpec['framework'];
  /** What of a model runs; left out, all of it. */
  part?(model: ModelSpec): ModelSpec;
  /** What the draft begins with: a recorded session, whose model, run and card hold where nothing is typed. */
  readonly from?: Pick<SessionPlan, 'model' | 'run' | 'card'> | null;
}

export function readDraft(draft: Draft, behind: Behind): Reading {
  const { framework, part = (model) => model, from = null } = behind;
  const faults: Faults = {};
  const named = readModel(draft, from?.model ?? null, faults);
  const model = named && part(named);
  const typed = readSettings(draft, faults);
  if (model === null) return { spec: null, faults, model, run: null };
  const said = from ? saidBeside(from.run, typed) : typed;
  const described = describe(model, said, from?.run.framework ?? framework, faults);
  const spec = { ...described, card: described.card ?? from?.card ?? null };
  for (const [name, failure] of listRefusals(model, spec.run, said)) faults[name] ??= failure;
  const isRight = Object.keys(faults).length === 0;
  return { spec: isRight ? spec : null, faults, model, run: spec.run };
}

/** Notes an expected failure at its field. */
function attempt<T>(field: DraftField, faults: Faults, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    faults[field] = error;
    return null;
  }
}

/** `usual`: the model where none is named. */
function readModel(draft: Draft, usual: ModelSpec | null, faults: Faults): ModelSpec | null {
  const found = findModel(draft, usual, faults);
  if (found === null) return null;
  const { shape } = draft;
  const sizes: Partial<Record<ShapeField, number>> = {};
  for (const field of SHAPE_FIELDS) {
    const text = shape[field];
    if (text === undefined) continue;
    const size = attempt(field, faults, () => count().parse(SIZE_NAMES[field], text.trim()));
    if (size !== null) sizes[field] = size;
  }
  if (Object.keys(sizes).length === 0) return found;
  const reshaped = reshape(found, sizes);
  try {
    checkModel(reshaped);
    return reshaped;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const size = SHAPE_FIELDS.find((field) => field === error.field);
    faults[size ?? 'shape'] ??= error;
    // The model as it is named, so that its fields stand and what is wrong is told there.
    return found;
  }
}

function findModel(
  { model: name, config }: Draft,
  usual: ModelSpec | null,
  faults: Faults,
): ModelSpec | null {
  if (config !== null) return attempt('config', faults, () => readConfig(config));
  const called = name.trim();
  if (called === '') return usual;
  return attempt(
    'model',
    faults,
    () => modelCalled(called) ?? (isPath(called) ? refusePath(called) : refuseName(called)),
  );
}

/** A Hugging Face id has a slash within, and no file's ending. */
const isPath = (called: string): boolean => /^(?:[~.]*[\\/]|[a-z]:[\\/])|\.json$/i.test(called);

/** In the terminal a path will do; a page reads no files but those that it is given. */
function refusePath(called: string): never {
  throw new Failure(
    'bad_input',
    `“${called}” is the path of a file, and none is read by its path here.`,
    'Choose the file below, drop it here, or paste what is in it.',
  );
}

/** The last file read, since every key typed in another field asks for it again. */
let lastConfig: { readonly text: string; readonly name: string; readonly model: ModelSpec } | null =
  null;

function readConfig({ name, text }: ConfigText): ModelSpec {
  if (lastConfig?.text === text && lastConfig.name === name) return lastConfig.model;
  let json: unknown;
  try {
    json = parseConfigText(text);
  } catch (cause) {
    throw new Failure(
      'bad_input',
      `“${name}” is not JSON.`,
      'Paste the whole config.json of a Hugging Face model.',
      cause,
    );
  }
  lastConfig = { text, name, model: modelFromConfig(json, name) };
  return lastConfig.model;
}

/** The model at other sizes. What follows from a size follows it: the width of heads, a feed-forward network four times as wide. */
function reshape(model: ModelSpec, sizes: Partial<Record<ShapeField, number>>): ModelSpec {
  const { hidden = model.hidden, heads = model.heads } = sizes;
  const isEven = model.headDim * model.heads === model.hidden;
  const isMultiHead = model.kvHeads === model.heads;
  return {
    ...model,
    ...(isMultiHead && { kvHeads: heads }),
    ...(model.ffn === 4 * model.hidden && { ffn: 4 * hidden }),
    ...sizes,
    ...(isEven && { headDim: hidden / heads }),
    name: `${model.name}, changed`,
  };
}

function readSettings({ settings }: Draft, faults: Faults): Partial<RunSpec> {
  return Object.fromEntries(
    SETTING_NAMES.flatMap((name) => {
      const text = settings[name];
      if (text === undefined) return [];
      const { kind, option } = RUN_SETTINGS[name];
      const value = attempt<unknown>(name, faults, () => {
        if (name === 'gpu') readCard(text);
        return kind.parse(option.flag, text.trim());
      });
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** Only with the rest is it known whether lengths can be. */
function describe(
  model: ModelSpec,
  said: Partial<RunSpec>,
  framework: RunSpec['framework'],
  faults: Faults,
): ResolvedSpec {
  const whole = attempt('lengths', faults, () => describeRun(model, said, framework));
  const { lengths: _lengths, ...others } = said;
  return whole ?? describeRun(model, others, framework);
}
