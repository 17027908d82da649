/**
 * JSON that lies in a session file. The file may have come from anywhere, so its texts are bounded before they are
 * parsed: in length, and in depth, since whoever walks a document later does so by recursion.
 */
import { type Bytes, MiB } from '../../shared/base/units';

/** The file an import came from is the largest document there is: 64 MiB, compressed and in base64. */
const MAX_LENGTH: Bytes = 128 * MiB;
const MAX_DEPTH = 64;

/** Throws SyntaxError for what is no JSON, or longer or deeper than any document of a session. */
export function parseStored(text: unknown, maxLength: Bytes = MAX_LENGTH): unknown {
  if (typeof text !== 'string') throw new SyntaxError('not a text');
  if (text.length > maxLength) throw new SyntaxError('longer than any document of a session');
  // Each level takes two brackets.
  if (text.length > 2 * MAX_DEPTH && countBrackets(text) > MAX_DEPTH && depthIn(text) > MAX_DEPTH)
    throw new SyntaxError('nested too deeply');
  return JSON.parse(text);
}

/** Of those that open, within strings too: what has few cannot be deep, and most documents are short. */
function countBrackets(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length && count <= MAX_DEPTH; i++) {
    const code = text.charCodeAt(i);
    // [ and {
    if (code === 0x5b || code === 0x7b) count++;
  }
  return count;
}

/** How deep the brackets of a JSON text go; brackets within its strings do not count. */
function depthIn(text: string): number {
  let [depth, deepest] = [0, 0];
  const marks = /["[{\]}]/g;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else if (mark[0] === '[' || mark[0] === '{') deepest = Math.max(deepest, ++depth);
    else depth--;
    if (deepest > MAX_DEPTH) break;
  }
  return deepest;
}

/** Behind the closing quote of the string that begins at `start`; the text's end where there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}
