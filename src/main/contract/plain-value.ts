/**
 * Whether a value from outside is small, plain data. Checked before any schema looks at it: what is deep overflows the
 * stack of whoever walks it, and an object that redefines `toString` throws where it is only put into a sentence.
 */

const MAX_DEPTH = 24;
const MAX_VALUES = 200_000;
const MAX_TEXT = 1 << 20;
/** Names that JavaScript itself looks up on every object. */
const MEANINGFUL = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'then',
]);

/** Why `value` is none, in words that follow "it"; null where it is one. Never recurses, whatever it is given. */
export function refusePlain(value: unknown): string | null {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  let seen = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: one, depth } = next;
    if (++seen > MAX_VALUES) return 'holds too many values';
    if (typeof one === 'string' && one.length > MAX_TEXT) return 'holds too long a text';
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one)) continue;
    if (depth === MAX_DEPTH) return 'is nested too deeply';
    const entries = Object.entries(one);
    if (waiting.length + entries.length > MAX_VALUES) return 'holds too many values';
    for (const [name, inner] of entries) {
      if (MEANINGFUL.has(name)) return `has a field ${name}`;
      waiting.push({ value: inner, depth: depth + 1 });
    }
  }
  return null;
}
