/**
 * How many columns a text takes on a terminal: a Chinese character or an emoji takes two, an accent that joins the
 * letter before it and a mark of colour none. Whoever lays out text counts with these, never with `length`.
 */
import { isMark } from './style';

/** Letters of Latin, dashes, quotes and dots, each a column of its own: as wide as it is long. */
const SIMPLE = /^[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027]*$/;

/** Made when it is first needed: that takes longer than most tables. */
let graphemes: Intl.Segmenter | undefined;
function graphemesIn(text: string): Iterable<{ readonly segment: string }> {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return graphemes.segment(text);
}

/** Wide and fullwidth of Unicode's East Asian Width (UAX 11), as scripts and blocks; pictures are told apart below. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6]/u;
const HALF = /[\uff61-\uffdc\uffe8-\uffee]/;
const PICTURE = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f\u20e3/u;
const NOTHING = /^[\p{Mark}\p{Cf}\u200b]+$/u;

/** Columns of one character as people see it. */
function graphemeWidth(grapheme: string): number {
  if (isMark(grapheme) || NOTHING.test(grapheme)) return 0;
  if (PICTURE.test(grapheme)) return 2;
  return WIDE.test(grapheme) && !HALF.test(grapheme) ? 2 : 1;
}

export function textWidth(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesIn(text)) width += graphemeWidth(segment);
  return width;
}

/** At most `width` columns of `text`; what is cut ends in an ellipsis. Nothing is cut through the middle of a character. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let taken = 0;
  for (const { segment } of graphemesIn(text)) {
    const more = graphemeWidth(segment);
    // Marks that follow are kept: what was coloured must end.
    if (more > 0 && taken + more > width - 1) taken = Number.POSITIVE_INFINITY;
    if (more === 0 || Number.isFinite(taken)) kept += segment;
    taken += more;
  }
  return `${kept}…`;
}

/** The same with the ellipsis in the middle: names that begin alike tell themselves apart by their ends. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const end = lastColumns(text, Math.floor((width - 1) / 2));
  return `${cut(text, width - textWidth(end))}${end}`;
}

function lastColumns(text: string, width: number): string {
  let end = '';
  for (const { segment } of [...graphemesIn(text)].reverse()) {
    if (textWidth(segment + end) > width) break;
    end = segment + end;
  }
  return end;
}

/** `text` in pieces of at most `width` columns. */
export function split(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const pieces: string[] = [];
  let piece = '';
  let taken = 0;
  for (const { segment } of graphemesIn(text)) {
    const more = graphemeWidth(segment);
    if (taken + more > width && piece !== '') {
      pieces.push(piece);
      piece = '';
      taken = 0;
    }
    piece += segment;
    taken += more;
  }
  return [...pieces, piece];
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - textWidth(text)));

export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - textWidth(text))) + text;
