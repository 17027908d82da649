/**
 * What a workload gets of the environment Plumbline runs in, and what of it may never be written down.
 *
 * The choice: everything (the default), or only what any program needs to start and to find its GPU, with the variables
 * that are passed on by name; and those that are set for this workload alone.
 */

import { Failure } from '../../shared/base/failure';
import {
  isTelling,
  passwordsIn,
  secretsIn,
  withoutSecrets,
  withoutShapes,
} from '../../shared/base/secret-text';
import { HIDDEN, looksSecret } from '../../shared/base/secrets';
import type { WorkloadEnvironment } from '../../shared/session/types';
import type { Marker } from '../../shared/trace/types';

const NEEDED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'CUDA_HOME',
  'NVIDIA_VISIBLE_DEVICES',
  // Windows starts hardly any program without these.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERNAME',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'PROGRAMFILES',
];

/** Throws `bad_input` for a name that can be none, and where a variable to be passed on is not set. */
export function environmentFor(
  choice: WorkloadEnvironment | undefined,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const { only = false, pass = [], set = {} } = choice ?? {};
  for (const name of [...pass, ...Object.keys(set)]) checkName(name);
  for (const name of pass) {
    if (env[name] === undefined && !(name in set)) {
      throw new Failure(
        'bad_input',
        `The variable ${name} is to be passed on and is not set.`,
        `Set it before Plumbline starts, or give it a value with --env ${name}=….`,
      );
    }
  }
  const passed = only
    ? Object.fromEntries(
        Object.entries(env).filter(([name]) => isNeeded(name) || pass.includes(name)),
      )
    : env;
  return { ...passed, ...set };
}

function isNeeded(name: string): boolean {
  return (
    NEEDED.includes(process.platform === 'win32' ? name.toUpperCase() : name) ||
    name.startsWith('LC_') ||
    name.startsWith('PLUMBLINE_')
  );
}

function checkName(name: string): void {
  if (/^[^\s=\0]+$/.test(name)) return;
  throw new Failure(
    'bad_input',
    `"${name}" cannot be the name of a variable.`,
    'Give NAME=VALUE, or a NAME alone where it is to be passed on.',
  );
}

/**
 * Takes secrets out of what is about to be stored: those of a command by their names and forms, and the same values, with
 * those of the environment, wherever else they stand.
 */
export class Redactor {
  readonly #values: readonly string[];

  constructor(env: NodeJS.ProcessEnv, command: readonly string[] = []) {
    const secrets = Object.entries(env).flatMap(([name, value = '']) =>
      looksSecret(name) ? value.split('\n') : passwordsIn(value),
    );
    const telling = [...secrets, ...secretsIn(command)]
      .map((line) => line.trim())
      .filter(isTelling);
    // The longest first: a secret may hold another.
    this.#values = [...new Set(telling)].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let clean = text;
    for (const value of this.#values)
      if (clean.includes(value)) clean = clean.replaceAll(value, HIDDEN);
    return withoutShapes(clean);
  }

  command(words: readonly string[]): string[] {
    return withoutSecrets(words).map((word) => this.text(word));
  }

  /** What a workload announces in words of its own. */
  marker(marker: Marker): Marker {
    switch (marker.type) {
      case 'note':
        return { ...marker, text: this.text(marker.text) };
      case 'phase':
        return { ...marker, name: this.text(marker.name) };
      case 'memory':
        return this.#memory(marker);
      case 'run':
      case 'model':
        return { ...marker, fields: this.fields(marker.fields) };
      default:
        return marker;
    }
  }

  #memory(marker: Extract<Marker, { type: 'memory' }>): Marker {
    const { phase, memory } = marker;
    const { counters } = memory;
    const named = counters && {
      counters: Object.fromEntries(
        Object.entries(counters).map(([name, count]) => [this.text(name), count]),
      ),
    };
    return {
      ...marker,
      phase: phase === null ? null : this.text(phase),
      memory: { ...memory, ...named },
    };
  }

  /** A document a workload announced: values of secret names, and secret values wherever they stand. */
  fields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return this.#clean(fields) as Readonly<Record<string, unknown>>;
  }

  #clean(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((one) => this.#clean(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        looksSecret(name) && typeof one === 'string' ? HIDDEN : this.#clean(one),
      ]),
    );
  }
}

/** A secret keeps its name and loses its value: it is taken from the environment when the workload is run. */
export function withoutValues(
  { only, pass = [], set = {} }: WorkloadEnvironment,
  isKnownSecret: (value: string) => boolean = () => false,
): WorkloadEnvironment {
  const hidden = Object.entries(set)
    .filter(
      ([name, value]) =>
        looksSecret(name) || withoutSecrets([value])[0] !== value || isKnownSecret(value),
    )
    .map(([name]) => name);
  const names = [...new Set([...pass, ...hidden])];
  const shown = Object.fromEntries(Object.entries(set).filter(([name]) => !hidden.includes(name)));
  return {
    ...(only && { only }),
    ...(names.length > 0 && { pass: names }),
    ...(Object.keys(shown).length > 0 && { set: shown }),
  };
}
