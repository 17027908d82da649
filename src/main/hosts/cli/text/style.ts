/**
 * Colour and weight of what commands print. Texts are built with marks: characters that Unicode keeps for use within a
 * program (noncharacters), so that a text is the same whether it will be coloured or not. Only the output of the
 * terminal host turns them into sequences, or takes them out; a name that holds one can therefore colour itself and do
 * nothing else.
 */

/** What is printed stands out as one of these; a sign or a word always says it too. */
const STYLES = {
  strong: ['\ufdd0', '\u001b[1m'],
  quiet: ['\ufdd1', '\u001b[2m'],
  good: ['\ufdd2', '\u001b[32m'],
  warning: ['\ufdd3', '\u001b[33m'],
  bad: ['\ufdd4', '\u001b[31m'],
  measured: ['\ufdd5', '\u001b[36m'],
  predicted: ['\ufdd6', '\u001b[34m'],
} as const;
export type Style = keyof typeof STYLES;

const END = '\ufdd7';
const MARKS = /[\ufdd0-\ufdd7]/g;
const SEQUENCES = new Map<string, string>([...Object.values(STYLES), [END, '\u001b[0m']]);

export const isMark = (character: string): boolean => character >= '\ufdd0' && character <= END;

export const styled = (style: Style, text: string): string =>
  text === '' ? '' : `${STYLES[style][0]}${text}${END}`;

/** Marks become the sequences of a terminal, or nothing. */
export const paint = (text: string, isColored: boolean): string =>
  text.replaceAll(MARKS, (mark) => (isColored ? (SEQUENCES.get(mark) ?? '') : ''));
