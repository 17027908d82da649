/**
 * What is to be recorded, as it is typed, and what it comes to: the request, or which fields are wrong. The form outlives its
 * view, so that nothing typed is lost by looking elsewhere; it is kept in memory alone, since it may hold secrets.
 */
import { Failure } from '../../../shared/base/failure';
import type { RecordRequest, SavedWorkload } from '../../../shared/contract/api';
import { bundledPart, notBundled } from '../../../shared/model/bundled';
import { preset, presetNames } from '../../../shared/model/presets';
import { count } from '../../../shared/model/settings/kinds';
import type { ResolvedSpec } from '../../../shared/planning/resolve-run';
import { type Draft, EMPTY_DRAFT } from '../../plans/draft';
import type { PinnedPlan } from '../../plans/pinned-plan';
import { type Behind, type Reading, readDraft } from '../../plans/read-draft';
import { createStore } from '../../state/store';
import { type CommandForm, commandFaults, commandRequest, FIRST_COMMAND } from './command-form';

export type RecordKind = 'bundled' | 'command' | 'pid' | 'saved';

export interface RecordForm {
  readonly kind: RecordKind;
  readonly bundled: Draft;
  readonly weights: string;
  readonly saveWeights: string;
  readonly command: CommandForm;
  readonly pid: string;
  /** Model and run of a command or a process; no model leaves it to the workload to say. */
  readonly declared: Draft;
  readonly interval: string;
  readonly session: string;
  readonly workload: string;
  /** The saved workload that is chosen. */
  readonly saved: string | null;
  /** The saved workload that is being changed: its model and run hold where nothing is typed. */
  readonly edited: SavedWorkload | null;
}

export const FIRST_FORM: RecordForm = {
  kind: 'bundled',
  bundled: { ...EMPTY_DRAFT, model: 'gpt2' },
  weights: '',
  saveWeights: '',
  command: FIRST_COMMAND,
  pid: '',
  declared: EMPTY_DRAFT,
  interval: '',
  session: '',
  workload: '',
  saved: null,
  edited: null,
};

/** What runs already is started by nobody here, and what is saved has its name. */
export const isSavable = ({ kind }: RecordForm): boolean =>
  kind === 'bundled' || kind === 'command';

export const recordForm = createStore<RecordForm>(FIRST_FORM);

/** The form with what a pinned plan declares: of a command, and of the bundled workload where the plan is of that. */
export function withPlan(form: RecordForm, { draft }: PinnedPlan): RecordForm {
  if (draft.model === '' && draft.config === null) return form;
  return draft.settings.framework === 'tfjs'
    ? { ...form, kind: 'bundled', bundled: draft }
    : { ...form, kind: form.kind === 'pid' ? 'pid' : 'command', declared: draft };
}

export const BUNDLED_MODELS: readonly string[] = presetNames().filter(
  (name) => notBundled(preset(name)) === null,
);

/** What was refused when it was to start, by the field that is at fault. */
export type Refused = Readonly<
  Partial<Record<'command' | 'cwd' | 'pid' | 'weights' | 'workload', Failure>>
>;

export const refusedAt = (error: unknown): Refused =>
  error instanceof Failure && error.field !== undefined ? { [error.field]: error } : {};

export interface ReadForm {
  /** Null where something is wrong or missing. */
  readonly request: RecordRequest | null;
  /** Of model and run; null where none can be said, as of a saved workload. */
  readonly reading: Reading | null;
  /** What theory is asked about. */
  readonly spec: ResolvedSpec | null;
  readonly faults: Readonly<Partial<Record<'pid' | 'interval' | 'command' | 'variables', Failure>>>;
  /** What is still to be given, where nothing is wrong yet. */
  readonly missing: string | null;
}

export function readForm(form: RecordForm): ReadForm {
  const interval = readCount('interval', form.interval, 'The interval');
  const session = form.session.trim();
  const common = {
    ...(session !== '' && { name: session }),
    ...(interval.value !== undefined && { intervalMs: interval.value }),
  };
  const part = PARTS[form.kind](form);
  const faults = { ...interval.faults, ...part.faults };
  const { request, reading, missing } = part;
  const isRight = Object.keys(faults).length === 0 && isRead(reading);
  return {
    request: isRight && request ? { ...request, ...common } : null,
    reading,
    spec: reading?.spec ?? null,
    faults,
    missing,
  };
}

/** A model that is not named is none that is wrong. */
const isRead = (reading: Reading | null): boolean =>
  reading === null || Object.keys(reading.faults).length === 0;

interface ReadPart {
  readonly request: RecordRequest | null;
  readonly reading: Reading | null;
  readonly faults: ReadForm['faults'];
  readonly missing: string | null;
}

const PARTS: Readonly<Record<RecordKind, (form: RecordForm) => ReadPart>> = {
  bundled: readBundled,
  command(form) {
    const faults = commandFaults(form.command);
    const request = commandRequest(form.command);
    const missing = form.command.command.trim() === '' ? 'Give a command line.' : null;
    return declare(form, { request, faults, missing });
  },
  pid(form) {
    const { value, faults } = readCount('pid', form.pid, 'The process id');
    const request = value === undefined ? null : { pid: value };
    return declare(form, {
      request,
      faults,
      missing: value ? null : 'Give a process id.',
    });
  },
  saved: ({ saved }) => ({
    request: saved === null ? null : { saved },
    reading: null,
    faults: {},
    missing: saved === null ? 'Choose a saved workload.' : null,
  }),
};

/** The bundled workload is what it runs: a model that it cannot be is refused where the model is named. */
function readBundled(form: RecordForm): ReadPart {
  const { bundled, weights, saveWeights } = form;
  const settings = { ...bundled.settings, framework: 'tfjs' };
  const from = savedSpec(form);
  const read = readDraft({ ...bundled, settings }, { framework: 'tfjs', part: bundledPart, from });
  const { framework, ...faults } = read.faults;
  const reading: Reading = {
    ...read,
    faults: framework ? { ...faults, model: framework } : faults,
  };
  const { spec } = reading;
  return {
    reading,
    request: spec && {
      bundled: 'gpt2',
      model: spec.model,
      run: spec.run,
      ...(weights.trim() !== '' && { weights: weights.trim() }),
      ...(saveWeights.trim() !== '' && { saveWeights: saveWeights.trim() }),
    },
    faults: {},
    missing: reading.model === null ? 'Name a model.' : null,
  };
}

/** Model and run of the saved workload that is being changed; null where it declares none. */
function savedSpec({ edited }: RecordForm): Behind['from'] {
  const { model, run } = edited?.request ?? {};
  return model && run ? { model, run, card: null } : null;
}

/** A request with its model and its run, where they are declared. */
function declare(form: RecordForm, part: Omit<ReadPart, 'reading'>): ReadPart {
  const reading = readDraft(form.declared, { framework: 'pytorch', from: savedSpec(form) });
  const { spec } = reading;
  const declared = spec && { model: spec.model, run: spec.run };
  return { ...part, reading, request: part.request && { ...part.request, ...declared } };
}

function readCount(
  field: 'pid' | 'interval',
  text: string,
  label: string,
): { readonly value?: number; readonly faults: ReadForm['faults'] } {
  if (text.trim() === '') return { faults: {} };
  try {
    return { value: count().parse(label, text.trim()), faults: {} };
  } catch (error) {
    if (error instanceof Failure) return { faults: { [field]: error } };
    throw error;
  }
}
