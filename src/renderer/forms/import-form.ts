/** What is said of a file that is imported, as it is typed, and what it comes to: options of the import, or which fields are wrong. */
import { Failure } from '../../shared/base/failure';
import { MiB } from '../../shared/base/units';
import type { ImportRequest } from '../../shared/contract/api';
import { count } from '../../shared/model/settings/kinds';
import { type Draft, EMPTY_DRAFT } from '../plans/draft';
import { type Reading, readDraft } from '../plans/read-draft';

export interface ImportForm {
  /** The run that the file is of; no model leaves it open. */
  readonly declared: Draft;
  /** What the file does not say of itself; empty where it does. */
  readonly columns: string;
  readonly intervalMs: string;
  readonly baselineMiB: string;
  readonly keepRaw: boolean;
}

export const FIRST_IMPORT: ImportForm = {
  declared: { ...EMPTY_DRAFT, settings: { mode: 'train' } },
  columns: '',
  intervalMs: '',
  baselineMiB: '',
  keepRaw: false,
};

export interface ReadImport {
  /** Null where something is wrong. */
  readonly options: Omit<ImportRequest, 'upload'> | null;
  readonly reading: Reading;
  readonly faults: Readonly<Partial<Record<'intervalMs' | 'baselineMiB', Failure>>>;
}

export function readImport(form: ImportForm): ReadImport {
  const reading = readDraft(form.declared, { framework: 'pytorch' });
  const interval = attempt(form.intervalMs, (text) => count().parse('The interval', text));
  const baseline = attempt(form.baselineMiB, (text) => count(0).parse('What was in use', text));
  const names = form.columns
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const faults = {
    ...(interval.fault && { intervalMs: interval.fault }),
    ...(baseline.fault && { baselineMiB: baseline.fault }),
  };
  const isRight = Object.keys({ ...faults, ...reading.faults }).length === 0;
  if (!isRight) return { options: null, reading, faults };
  const { spec } = reading;
  return {
    options: {
      ...(spec && { model: spec.model, run: spec.run }),
      ...(names.length > 0 && { columns: names }),
      ...(interval.value !== undefined && { intervalMs: interval.value }),
      ...(baseline.value !== undefined && { baselineBytes: baseline.value * MiB }),
      keepRaw: form.keepRaw,
    },
    reading,
    faults,
  };
}

function attempt(
  typed: string,
  parse: (text: string) => number,
): { readonly value?: number; readonly fault?: Failure } {
  const text = typed.trim();
  if (text === '') return {};
  try {
    return { value: parse(text) };
  } catch (error) {
    if (error instanceof Failure) return { fault: error };
    throw error;
  }
}
