/** The terminal's words in the window's. */
import type { Failure } from '../../shared/base/failure';
import { RUN_SETTINGS, SETTING_NAMES } from '../../shared/model/settings';

const LABELS: ReadonlyMap<string, string> = new Map(
  SETTING_NAMES.map((name) => [RUN_SETTINGS[name].option.flag, RUN_SETTINGS[name].label]),
);

/** “--framework pytorch” is “Framework pytorch” where it is a field; a text that begins with a field needs no quotes for it. */
export function inWindowWords(text: string): string {
  return text.replace(/--[a-z][a-z0-9-]*/g, (flag, at: number) => {
    const label = LABELS.get(flag);
    if (label === undefined) return flag;
    return at === 0 ? label : `“${label}”`;
  });
}

/** Options as the fields that they set: “Batch 1, Checkpointing full” for `--batch 1` and `--checkpointing full`. */
export const fieldWords = (options: readonly string[]): string =>
  options
    // One of them may set several fields that go together.
    .flatMap((option) => option.split(/ (?=--)/))
    .map((option) => option.replace(/^--\S+/, (flag) => LABELS.get(flag) ?? flag))
    .join(', ');

/** What is wrong with a field and what to do about it, for the line beneath it. */
export const faultText = (fault: Failure | undefined): string | null =>
  fault === undefined ? null : inWindowWords(`${fault.message} ${fault.remedy}`);
