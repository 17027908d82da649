/** `plumbline settings`: what is set for the library, and setting it: `plumbline settings interval 50`. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import {
  LIBRARY_SETTING_NAMES,
  LIBRARY_SETTINGS,
  type LibrarySetting,
  type LibrarySettings,
  readSetting,
} from '../../../../shared/library/settings';
import type { Output } from '../output';
import { wrap } from '../text/columns';
import { withEngine } from '../with-engine';

/** What a setting is set to, where it is to be as it was before it was set. */
const AS_USUAL = 'usual';

export function registerSettings(program: Command, output: Output): void {
  program
    .command('settings')
    .argument('[name]', 'of the setting; all are told where it is left out')
    .argument('[value]', `what to set it to; "${AS_USUAL}" sets it back`)
    .action((option: string | undefined, value: string | undefined) =>
      withEngine(async (engine) => {
        const name = option === undefined ? undefined : findSetting(option);
        const settings =
          name === undefined || value === undefined
            ? await engine.settings()
            : await engine.changeSettings({
                [name]: readSetting(name, value === AS_USUAL ? '' : value),
              });
        output.result(settings, () =>
          settingsText(settings, name === undefined ? LIBRARY_SETTING_NAMES : [name]),
        );
      }),
    );
}

function findSetting(option: string): LibrarySetting {
  const found = LIBRARY_SETTING_NAMES.find(
    (name) => name === option || LIBRARY_SETTINGS[name].option === option,
  );
  if (found !== undefined) return found;
  const options = LIBRARY_SETTING_NAMES.map((name) => LIBRARY_SETTINGS[name].option);
  throw new Failure(
    'bad_input',
    `There is no setting "${option}".`,
    `There are ${options.join(', ')}.`,
  );
}

function settingsText(settings: LibrarySettings, names: readonly LibrarySetting[]): string {
  const width = Math.max(...names.map((name) => LIBRARY_SETTINGS[name].option.length));
  const indent = ' '.repeat(width + 2);
  return names
    .map((name) => {
      const { option, about, usual } = LIBRARY_SETTINGS[name];
      const shown = formatValue(name, settings[name]);
      const note = settings[name] === usual ? '' : `  (usual: ${formatValue(name, usual)})`;
      return [`${option.padEnd(width)}  ${shown}${note}`, wrap(about, indent, indent)].join('\n');
    })
    .join('\n');
}

function formatValue(name: LibrarySetting, value: string | number): string {
  const { kind } = LIBRARY_SETTINGS[name];
  if (kind.asked === 'number') return kind.unit === '%' ? `${value}%` : `${value} ${kind.unit}`;
  return value === '' ? 'found by itself' : String(value);
}
