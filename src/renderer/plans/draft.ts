/**
 * A model and a run as a person types them: texts, kept as they are however wrong they may be, so that nothing typed is
 * lost. A draft is also the part of an address that restores it; its parameters are the terminal's options.
 */
import { MODES } from '../../shared/model/choices';
import {
  COMMON_SETTINGS,
  RUN_SETTINGS,
  type RunSpec,
  type SettingName,
} from '../../shared/model/settings';
import { takesSetting } from '../../shared/model/settings/modes';

/** Sizes of a model that can be typed over. */
export const SHAPE_FIELDS = [
  'layers',
  'hidden',
  'heads',
  'kvHeads',
  'ffn',
  'vocab',
  'maxPositions',
] as const;
export type ShapeField = (typeof SHAPE_FIELDS)[number];

/** A config.json, named as its file or its directory is. */
export interface ConfigText {
  readonly name: string;
  readonly text: string;
}

export interface Draft {
  /** A preset or the id of its release; empty where none is named. */
  readonly model: string;
  /** Comes before `model`. */
  readonly config: ConfigText | null;
  readonly shape: Readonly<Partial<Record<ShapeField, string>>>;
  /** What is left out takes its default. */
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
}

export const EMPTY_DRAFT: Draft = { model: '', config: null, shape: {}, settings: {} };

const parameterFor = (name: SettingName): string => RUN_SETTINGS[name].option.flag.slice(2);

/**
 * A draft with one setting typed anew; empty leaves it to its default. A mode that is chosen takes the settings along that
 * it has a use for, and no others.
 */
export function withSetting(draft: Draft, name: SettingName, text: string): Draft {
  const settings = name === 'mode' ? settingsFor(text, draft.settings) : draft.settings;
  return { ...draft, settings: replaced(settings, name, text) };
}

/** Of what is typed, what a run of that mode takes; all of it where the mode is none. */
function settingsFor(typed: string | undefined, settings: Draft['settings']): Draft['settings'] {
  const mode = MODES.find((each) => each === typed);
  if (mode === undefined) return settings;
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => takesSetting(mode, name as SettingName)),
  );
}

/** The value of a setting as it is typed; empty for what it has none. */
export function writtenSetting(value: RunSpec[SettingName]): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** A draft with one size typed anew; empty leaves it to the model. */
export function withShape(draft: Draft, field: ShapeField, text: string): Draft {
  return { ...draft, shape: replaced(draft.shape, field, text) };
}

function replaced<Key extends string>(
  texts: Readonly<Partial<Record<Key, string>>>,
  key: Key,
  text: string,
): Partial<Record<Key, string>> {
  const { [key]: _before, ...others } = texts;
  const rest = others as Partial<Record<Key, string>>;
  return text === '' ? rest : { ...rest, [key]: text };
}

/** What is said in `own` comes before what `base` says; a mode said there leaves what `base` says of another. */
export function overlaid(base: Draft, own: Draft): Draft {
  const ownModel = own.config !== null || own.model !== '';
  return {
    model: ownModel ? own.model : base.model,
    config: ownModel ? own.config : base.config,
    // Sizes typed over one model are none of another's.
    shape: ownModel ? own.shape : { ...base.shape, ...own.shape },
    settings: { ...settingsFor(own.settings.mode, base.settings), ...own.settings },
  };
}

/** Longest config.json that an address holds; longer ones stay out of it. */
const MAX_CONFIG = 24_000;

/** The parameters of a draft, by name; null where it says nothing, so that an older one goes. */
export function writeDraft(draft: Draft, prefix = ''): Record<string, string | null> {
  const { model, config, shape, settings } = draft;
  const kept = config !== null && config.text.length <= MAX_CONFIG ? config : null;
  const parameters: Record<string, string | null> = {
    model: model === '' ? null : model,
    config: kept && encodeText(kept.text),
    'config-name': kept?.name ?? null,
  };
  for (const field of SHAPE_FIELDS) parameters[`shape-${field}`] = shape[field] ?? null;
  for (const name of COMMON_SETTINGS) parameters[parameterFor(name)] = settings[name] ?? null;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [`${prefix}${name}`, value]),
  );
}

/** The draft that an address holds. Whatever it says is text, and judged when it is read. */
export function parseDraft(parameters: URLSearchParams, prefix = ''): Draft {
  const get = (name: string) => parameters.get(`${prefix}${name}`);
  const config = get('config');
  return {
    model: get('model') ?? '',
    config:
      config === null
        ? null
        : { name: get('config-name') ?? 'config.json', text: decodeText(config) },
    shape: texts(SHAPE_FIELDS, (field) => get(`shape-${field}`)),
    settings: texts(COMMON_SETTINGS, (name) => get(parameterFor(name))),
  };
}

function texts<Key extends string>(
  keys: readonly Key[],
  read: (key: Key) => string | null,
): Partial<Record<Key, string>> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const text = read(key);
      return text === null || text === '' ? [] : [[key, text]];
    }),
  ) as Partial<Record<Key, string>>;
}

/** base64url: an address may hold it as it is. */
function encodeText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** What is no such text is shown as it is, so that it is refused where the person looks. */
function decodeText(encoded: string): string {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
  } catch {
    return encoded;
  }
}
