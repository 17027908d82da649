/** What the window calls the fields of a draft, and the terminal's words in the window's. */
import { RUN_SETTINGS, SETTING_NAMES } from '../../shared/model/settings';
import type { ShapeField } from './draft';

export const SHAPE_LABELS: Readonly<Record<ShapeField, string>> = {
  layers: 'Layers',
  hidden: 'Width',
  heads: 'Heads',
  kvHeads: 'Key-value heads',
  ffn: 'Feed-forward width',
  vocab: 'Vocabulary',
  maxPositions: 'Positions',
};

const LABELS: ReadonlyMap<string, string> = new Map(
  SETTING_NAMES.map((name) => [RUN_SETTINGS[name].option.flag, RUN_SETTINGS[name].label]),
);

/** “--framework pytorch” is “Framework pytorch” where it is a field. */
export function inWindowWords(text: string): string {
  return text.replace(/--[a-z][a-z-]*/g, (flag) => {
    const label = LABELS.get(flag);
    return label === undefined ? flag : `“${label}”`;
  });
}
