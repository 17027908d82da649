/** Words and tones that several views share. */
import type { Percent } from '../../shared/base/units';

/** Date and time of day in the person's own zone; the year only where it is another. */
export function formatMoment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const sameYear = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** How far measured and predicted lie apart: close below 5% (the limit of a flag), off up to 20%, far beyond. */
export function residualTone(percent: Percent | null): 'close' | 'off' | 'far' | 'unknown' {
  if (percent === null) return 'unknown';
  const size = Math.abs(percent);
  return size <= 5 ? 'close' : size <= 20 ? 'off' : 'far';
}

/** Splits a command line as a shell would, quotes and backslashes included, expanding nothing. Null for an open quote. */
export function splitCommand(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote !== null) {
      if (c === quote) quote = null;
      else if (c === '\\' && quote === '"' && i + 1 < line.length && '"\\$`'.includes(line[i + 1]!))
        word = (word ?? '') + line[++i]!;
      else word = (word ?? '') + c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (c === '\\' && i + 1 < line.length) word = (word ?? '') + line[++i]!;
    else if (/\s/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + c;
  }
  if (quote !== null) return null;
  if (word !== null) words.push(word);
  return words;
}
