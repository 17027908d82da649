/** The text of a config.json as Python's json module writes it: JSON, and besides it Infinity, -Infinity and NaN. */

const STRING_OR_WORD = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** A number too large for a double reads as Infinity; NaN, which no JSON can hold, reads as null: no number. */
const WORDS: Readonly<Record<string, string>> = {
  Infinity: '1e999',
  '-Infinity': '-1e999',
  NaN: 'null',
};

/** Throws a SyntaxError as JSON.parse does. */
export function parseConfigText(text: string): unknown {
  return JSON.parse(text.replace(STRING_OR_WORD, (found) => WORDS[found] ?? found));
}
