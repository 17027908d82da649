/**
 * Keys as commands name them: by the place on the keyboard ("KeyW", so that W A S D lie together on every layout) or by
 * the sign that is typed ("/", "?", ","), with "Mod+" for Ctrl or Cmd and "Shift+" and "Alt+" before either.
 */

/** What of a keyboard event decides; the browser's own event has it all. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export type Chord = string;

/** The chords that a press may be meant as: by place, by sign. A sign that takes Shift to type is named without it. */
export function readChords(press: KeyPress): readonly Chord[] {
  const mod = press.ctrlKey || press.metaKey ? 'Mod+' : '';
  const alt = press.altKey ? 'Alt+' : '';
  const shift = press.shiftKey ? 'Shift+' : '';
  const isSign = press.key.length === 1 && !/[a-z0-9 ]/i.test(press.key);
  const byPlace = mod + alt + shift + press.code;
  return isSign ? [byPlace, mod + alt + press.key] : [byPlace];
}

const SHOWN: Readonly<Record<string, string>> = {
  Space: 'Space',
  // In words: not every font has arrows.
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  Escape: 'Esc',
  Equal: '+',
  Minus: '−',
};

/** The keys of a chord as a person knows them: ["Ctrl", "K"], or ["⌘", "K"] on a Mac. */
export function nameKeys(chord: Chord, isMac: boolean): readonly string[] {
  // The sign "+" itself would be lost by splitting at it.
  const parts = chord.split(/\+(?=.)/);
  return parts.map((part) => {
    if (part === 'Mod') return isMac ? '⌘' : 'Ctrl';
    if (part === 'Shift') return isMac ? '⇧' : 'Shift';
    if (part === 'Alt') return isMac ? '⌥' : 'Alt';
    return SHOWN[part] ?? part.replace(/^(Key|Digit|Numpad)(?=.)/, '');
  });
}
