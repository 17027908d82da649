/**
 * What a terminal may be given. A phase, a model, a file or a GPU may bear any name, and whoever chose it may be a
 * stranger: characters by which a terminal is moved, cleared, typed into or read the other way round are shown as what
 * they are (\u001b), so that they can be seen and do nothing.
 */

/** C0 and C1 controls but line ends and tabs, marks and overrides of direction, separators of lines and paragraphs. */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Colours and weights alone: what a program may say of its own text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what such a sequence begins with
const STYLE = /(\u001b\[[\d;:]*m)/;

/** Most texts have none, and are looked at a hundred thousand at a time. */
const SUSPECT = new RegExp(CONTROLS.source);

const showControl = (control: string): string =>
  `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Line ends and tabs stay. Within JSON the text stays JSON, and means the same. */
export const printable = (text: string): string =>
  SUSPECT.test(text) ? text.replaceAll(CONTROLS, showControl) : text;

/** For one line of a frame or a table, whose place nothing may move. */
export const printableLine = (text: string): string =>
  BREAKS.test(text) ? printable(text).replaceAll(/[\n\t]+/g, ' ') : printable(text);
const BREAKS = /[\n\t]/;

/** What a workload printed itself: its colours stay, and end with the line. */
export function printableOutput(text: string): string {
  const pieces = text.split(STYLE);
  const shown = pieces.map((piece, i) => (i % 2 === 1 ? piece : printable(piece))).join('');
  return pieces.length > 1 ? `${shown}\u001b[0m` : shown;
}
