/**
 * What a person sets once for a library, a row each: what it is called, what it does, which values it takes, and what
 * holds until it is set. The window's fields, the terminal's command and the file are all read by these rows, so that
 * the same value is refused with the same words everywhere.
 */
import { Failure } from '../base/failure';
import { type ByteUnits, formatInteger } from '../base/format';
import { MiB, type Millis, type Percent } from '../base/units';
import { FLAG_LIMITS, type FlagLimits } from '../divergence/overlay/flags';

export interface LibrarySettings {
  /** Between two samples, where a recording does not say. */
  readonly interval: Millis;
  /** A residual is flagged beyond this share of the prediction … */
  readonly flagPercent: Percent;
  /** … and beyond this many MiB … */
  readonly flagMiB: number;
  /** … for at least as many samples. */
  readonly flagSamples: number;
  readonly trashDays: number;
  readonly units: ByteUnits;
  /** Full path; empty where it is found by itself. */
  readonly nvidiaSmi: string;
}

export type LibrarySetting = keyof LibrarySettings;

interface NumberRow {
  readonly asked: 'number';
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
  readonly unit: string;
}
interface ChoiceRow {
  readonly asked: 'choice';
  readonly choices: Readonly<Record<string, string>>;
}
interface PathRow {
  readonly asked: 'path';
}

export interface SettingRow<Value> {
  readonly label: string;
  readonly about: string;
  readonly usual: Value;
  /** Its name on the terminal. */
  readonly option: string;
  readonly kind: NumberRow | ChoiceRow | PathRow;
}

const BYTE_UNIT_WORDS: Readonly<Record<ByteUnits, string>> = {
  fitting: 'the largest that fits: 1.47 GiB, 512 MiB',
  MiB: 'MiB everywhere, as nvidia-smi prints them',
};

export const LIBRARY_SETTINGS: {
  readonly [Name in LibrarySetting]: SettingRow<LibrarySettings[Name]>;
} = {
  interval: {
    label: 'Sampling interval (ms)',
    about:
      'How often memory is read, unless a recording says otherwise. A source that is slower is read as often as it can be.',
    usual: 100,
    option: 'interval',
    kind: { asked: 'number', least: 1, most: 86_400_000, isWhole: true, unit: 'ms' },
  },
  flagPercent: {
    label: 'Beyond this share of the prediction (%)',
    about:
      'A phase is flagged where its residual is beyond this share and these bytes, for as many samples. The bundled workload, predicted to the byte, is flagged for any difference.',
    usual: FLAG_LIMITS.percent,
    option: 'flag-percent',
    kind: { asked: 'number', least: 0, most: 1000, unit: '%' },
  },
  flagMiB: {
    label: 'and beyond these bytes (MiB)',
    about: 'Keeps a few MiB of a small run from being flagged.',
    usual: FLAG_LIMITS.bytes / MiB,
    option: 'flag-mib',
    kind: { asked: 'number', least: 0, most: 1_048_576, unit: 'MiB' },
  },
  flagSamples: {
    label: 'for at least as many samples',
    about: 'Keeps a single stray reading from being flagged.',
    usual: FLAG_LIMITS.samples,
    option: 'flag-samples',
    kind: { asked: 'number', least: 1, most: 10_000, isWhole: true, unit: 'samples' },
  },
  trashDays: {
    label: 'Keep deleted sessions (days)',
    about: 'Until then they can be restored from the trash; after that they are deleted for good.',
    usual: 30,
    option: 'trash-days',
    kind: { asked: 'number', least: 1, most: 3650, isWhole: true, unit: 'days' },
  },
  units: {
    label: 'Bytes are shown in',
    about:
      'In the window, on the terminal and in reports. Documents for programs (--json, CSV) hold bytes.',
    usual: 'fitting',
    option: 'units',
    kind: { asked: 'choice', choices: BYTE_UNIT_WORDS },
  },
  nvidiaSmi: {
    label: 'Path of nvidia-smi',
    about:
      'Needed only where it is neither on PATH nor where the driver puts it. PLUMBLINE_NVIDIA_SMI, where set, is used instead.',
    usual: '',
    option: 'nvidia-smi',
    kind: { asked: 'path' },
  },
};

export const LIBRARY_SETTING_NAMES = Object.keys(LIBRARY_SETTINGS) as readonly LibrarySetting[];

const { interval, flagPercent, flagMiB, flagSamples, trashDays, units, nvidiaSmi } =
  LIBRARY_SETTINGS;

export const USUAL_SETTINGS: LibrarySettings = {
  interval: interval.usual,
  flagPercent: flagPercent.usual,
  flagMiB: flagMiB.usual,
  flagSamples: flagSamples.usual,
  trashDays: trashDays.usual,
  units: units.usual,
  nvidiaSmi: nvidiaSmi.usual,
};

/** The value that was typed; empty is what holds until it is set. Throws `bad_input`. */
export function readSetting<Name extends LibrarySetting>(
  name: Name,
  typed: string,
): LibrarySettings[Name] {
  const text = typed.trim();
  const { kind, usual } = LIBRARY_SETTINGS[name];
  if (text === '') return usual;
  const number = kind.asked === 'number' ? Number(text.replace(',', '.')) : Number.NaN;
  // What is no number is refused as it was typed.
  return checkSetting(name, Number.isNaN(number) ? text : number);
}

/** `value` where the setting can have it. Throws `bad_input`. */
export function checkSetting<Name extends LibrarySetting>(
  name: Name,
  value: unknown,
): LibrarySettings[Name] {
  const { label, kind } = LIBRARY_SETTINGS[name];
  const problem = describeProblem(kind, value);
  if (problem === null) return value as LibrarySettings[Name];
  throw new Failure('bad_input', `“${label}” cannot be ${quote(value)}.`, problem);
}

const quote = (value: unknown): string =>
  typeof value === 'string' ? `“${value.slice(0, 80)}”` : String(value);

function describeProblem(kind: NumberRow | ChoiceRow | PathRow, value: unknown): string | null {
  if (kind.asked === 'number') {
    const { least, most, isWhole = false, unit } = kind;
    const isRight =
      typeof value === 'number' &&
      value >= least &&
      value <= most &&
      (!isWhole || Number.isInteger(value));
    return isRight
      ? null
      : `Give a ${isWhole ? 'whole ' : ''}number from ${formatInteger(least)} to ${formatInteger(most)} (${unit}).`;
  }
  if (kind.asked === 'choice') {
    const choices = Object.keys(kind.choices);
    return typeof value === 'string' && choices.includes(value)
      ? null
      : `Give ${choices.join(' or ')}.`;
  }
  return typeof value === 'string' && value.length <= 4096 && !value.includes('\0')
    ? null
    : 'Give a path.';
}

/** Left out where nothing was set: what is analysed is then what it always was. */
export function flagLimits(settings: LibrarySettings): FlagLimits | undefined {
  const { flagPercent: percent, flagMiB, flagSamples: samples } = settings;
  const limits = { percent, bytes: flagMiB * MiB, samples };
  const isUsual =
    percent === FLAG_LIMITS.percent &&
    limits.bytes === FLAG_LIMITS.bytes &&
    samples === FLAG_LIMITS.samples;
  return isUsual ? undefined : limits;
}
