/**
 * Which settings a mode takes. A run has every setting that has a default, whatever its mode; what is refused here is a
 * setting that somebody said of a run whose mode knows nothing of it, since passing it over would answer another question.
 */
import type { Mode } from '../choices';
import { rejectField } from '../reject-field';
import { RUN_SETTINGS, type RunSpec, type SettingName } from './index';

const WORDS: Readonly<Record<Mode, string>> = {
  train: 'training',
  generate: 'generation',
  infer: 'inference',
  serve: 'serving',
};

/** Whether a run of that mode has a use for the setting. */
export function takesSetting(mode: Mode, name: SettingName): boolean {
  const { modes, alsoIn = [] } = RUN_SETTINGS[name];
  return modes === undefined || modes.includes(mode) || alsoIn.includes(mode);
}

/** Throws `bad_input` where `said` gives the setting a value that a run of that mode has no use for. */
export function refuseOtherMode<Name extends SettingName>(
  name: Name,
  said: Partial<RunSpec>,
  mode: Mode,
): void {
  const { modes = [], nothing, option } = RUN_SETTINGS[name];
  const { [name]: value } = said;
  if (value === undefined || value === false || value === nothing) return;
  if (takesSetting(mode, name)) return;
  rejectField(
    option.flag,
    value,
    `it is a setting of ${modes.map((each) => WORDS[each]).join(' and ')}, and the mode is ${mode}`,
    `Use --mode ${modes.join(' or ')}, or leave ${option.flag} out.`,
  );
}
