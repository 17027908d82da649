/** What a shell may complete the value of an option or an argument to: read off the tables that judge the value. */
import { EXPERIMENTS } from '../../../../shared/chapter/experiments';
import { BUNDLED_SWEEPS } from '../../../../shared/chapter/sweeps/bundled';
import { gpuNames } from '../../../../shared/hardware/gpu-names';
import { modelNames } from '../../../../shared/model/named';
import { RUN_SETTINGS, SETTING_NAMES } from '../../../../shared/model/settings';
import { exportFormats } from '../../../engine/exports';
import { type Completed, FILES } from '../text/completion';

const words = (all: readonly string[], orFile = false): Completed => ({
  kind: 'words',
  words: [...new Set(all)],
  orFile,
});

/** Of a setting's value, which may be one of a list, a switch, or anything. */
const SETTINGS: ReadonlyMap<string, Completed> = new Map(
  SETTING_NAMES.map((name) => {
    const { kind, option } = RUN_SETTINGS[name];
    const choices = kind.asked === 'switch' ? ['on', 'off'] : (kind.choices ?? []);
    return [option.flag, words(choices.filter((each) => each !== null).map(String))];
  }),
);

const formats = (source: 'session' | 'report') => words(exportFormats(source).map(({ id }) => id));

/** `takes`: its placeholder, as in <file>. */
export function completedOption(command: string, flag: string, takes: string): Completed {
  if (flag === '--model' || flag === '--against') return words(modelNames(), true);
  if (flag === '--gpu') return words(gpuNames().map((name) => name.replaceAll(' ', '-')));
  if (flag === '--format') return formats(command === 'export' ? 'session' : 'report');
  if (takes === 'id' && flag !== '--series') return { kind: 'sessions' };
  return SETTINGS.get(flag) ?? (/file|dir|path/.test(takes) ? FILES : words([]));
}

/** `about`: what its help says of the first argument; null where it takes none. */
export function completedArgument(command: string, about: string | null): Completed {
  if (about === null) return words([]);
  if (command === 'completion') return words(about.split(', '));
  if (command === 'experiment')
    return words([...EXPERIMENTS, ...BUNDLED_SWEEPS].map(({ name }) => name));
  return /\bid/.test(about) ? { kind: 'sessions' } : FILES;
}
