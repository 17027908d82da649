/**
 * The chapter's phrases as they are read: they are quoted from its source, where formulas are LaTeX, and often begin or
 * end within one. Text with what is raised or lowered in it; what is not known stays as it is written.
 */

export interface QuotePart {
  readonly text: string;
  readonly shift: 'sub' | 'sup' | null;
}

const SIGNS: Readonly<Record<string, string>> = {
  times: '×',
  approx: '≈',
  sim: '~',
  propto: '∝',
  in: '∈',
  alpha: 'α',
  beta: 'β',
  quad: ' ',
  left: '',
  right: '',
};

export function readQuote(quote: string): readonly QuotePart[] {
  const plain = quote
    .replace(/(?<!\\)\$/g, '')
    .replace(/\\frac\{((?:[^{}]|\{[^{}]*\})*)\}(?:\{((?:[^{}]|\{[^{}]*\})*)\})?/g, '($1) / $2')
    .replace(/\\text\{([^{}]*)\}?/g, '$1')
    .replace(/\\([a-z]+)/g, (whole, name: string) => SIGNS[name] ?? whole)
    .replace(/\\([%,$])/g, '$1')
    .replaceAll('{,}', ',');
  return splitShifts(plain).filter(({ text }) => text !== '');
}

/** At `_` and `^`, which take a group or one character. A name in code keeps its line. */
function splitShifts(text: string): QuotePart[] {
  const parts: QuotePart[] = [];
  let last = 0;
  for (const match of text.matchAll(/([_^])(?:\{([^{}]*)\}|([\p{L}\p{N}]+))/gu)) {
    const [whole, sign, group, run = ''] = match;
    // A bare power is one digit long, a bare index the name that follows.
    const shifted = group ?? (sign === '^' ? run.charAt(0) : run);
    const used = group === undefined ? 1 + shifted.length : whole.length;
    parts.push({ text: text.slice(last, match.index), shift: null });
    parts.push({ text: shifted, shift: sign === '_' ? 'sub' : 'sup' });
    last = match.index + used;
  }
  parts.push({ text: text.slice(last), shift: null });
  return parts;
}
