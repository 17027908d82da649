/**
 * What was set for a library, in `settings.json` of its folder. The file may have been written by hand or by a later
 * version: a value that cannot be is as if it were not there, and is told by the doctor; nothing that fails to be read
 * keeps anybody from recording.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, unlessFailure } from '../../shared/base/failure';
import {
  checkSetting,
  LIBRARY_SETTING_NAMES,
  LIBRARY_SETTINGS,
  type LibrarySetting,
  type LibrarySettings,
  USUAL_SETTINGS,
} from '../../shared/library/settings';
import { makeFolder } from '../install/make-folder';
import { unwritable } from './sqlite-failures';

export interface ReadSettings {
  readonly settings: LibrarySettings;
  /** What is wrong with the file; null where nothing is. */
  readonly problem: string | null;
}

export const settingsPath = (library: string): string => join(library, 'settings.json');

/** `library`: its folder. */
export function readSettings(library: string): ReadSettings {
  let text: string;
  try {
    text = readFileSync(settingsPath(library), 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      settings: USUAL_SETTINGS,
      problem: isMissing ? null : `it cannot be read: ${(error as Error).message}`,
    };
  }
  try {
    const stored: unknown = JSON.parse(text);
    if (typeof stored === 'object' && stored !== null && !Array.isArray(stored))
      return readValues(Object.entries(stored));
  } catch {
    // Said below.
  }
  return { settings: USUAL_SETTINGS, problem: 'it is no JSON object' };
}

/** Sets what is given; the others stay. Throws `bad_input` for a value that cannot be, before anything is written. */
export function changeSettings(
  library: string,
  change: Partial<Record<string, unknown>>,
): LibrarySettings {
  const given = Object.entries(change).map(([name, value]) => {
    if (!isSetting(name))
      throw new Failure(
        'bad_input',
        `There is no setting “${name.slice(0, 80)}”.`,
        `There are ${LIBRARY_SETTING_NAMES.join(', ')}.`,
      );
    return [name, checkSetting(name, value)] as const;
  });
  const settings: LibrarySettings = {
    ...readSettings(library).settings,
    ...Object.fromEntries(given),
  };
  const set = LIBRARY_SETTING_NAMES.filter(
    (name) => settings[name] !== LIBRARY_SETTINGS[name].usual,
  ).map((name) => [name, settings[name]]);
  const path = settingsPath(library);
  try {
    makeFolder(library, 0o700);
    const draft = `${path}.${process.pid}.draft`;
    writeFileSync(draft, `${JSON.stringify(Object.fromEntries(set), null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw unwritable(library, (error as Error).message, error);
  }
  return settings;
}

function readValues(entries: readonly (readonly [string, unknown])[]): ReadSettings {
  const known = entries.flatMap(([name, value]) => (isSetting(name) ? [{ name, value }] : []));
  const right = known.filter(
    ({ name, value }) => unlessFailure(() => checkSetting(name, value)) !== null,
  );
  const wrong = known.filter((each) => !right.includes(each)).map(({ name }) => name);
  return {
    settings: {
      ...USUAL_SETTINGS,
      ...Object.fromEntries(right.map(({ name, value }) => [name, value])),
    },
    problem:
      wrong.length === 0
        ? null
        : `${wrong.join(', ')} ${wrong.length === 1 ? 'has a value' : 'have values'} that cannot be, and the usual holds`,
  };
}

const isSetting = (name: string): name is LibrarySetting => Object.hasOwn(LIBRARY_SETTINGS, name);
