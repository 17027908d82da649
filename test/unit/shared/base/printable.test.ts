/** Any text, made fit for a terminal: nothing that moves it is left, and what a person reads stays. */
import { describe, expect, it } from 'vitest';
import { printable, printableLine, printableOutput } from '../../../../src/shared/base/printable';

/** Every code unit once. */
const everything = Array.from({ length: 0xd800 }, (_, i) => String.fromCharCode(i)).join('');

describe('text for a terminal', () => {
  it('keeps no character that a terminal acts on, of all there are', () => {
    // Unicode's own classes, not the list of the implementation: controls, and formats that turn the direction.
    expect(printable(everything).replaceAll(/[\n\t]/g, '')).not.toMatch(
      /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u,
    );
  });

  it('keeps letters of every script, emoji, line ends and tabs', () => {
    const text = 'größe\t模型\nмодель 👩‍💻 שלום';
    expect(printable(text)).toBe(text);
    expect(printableLine(text)).toBe('größe 模型 модель 👩‍💻 שלום');
  });

  it('leaves JSON the document it was', () => {
    const document = { name: `a\u001b\r\u0007\u009b\u202e"\\${everything}` };
    expect(JSON.parse(printable(JSON.stringify(document, null, 2)))).toEqual(document);
  });

  it('keeps the colours of what a workload prints, and nothing else of its sequences', () => {
    expect(printableOutput('plain')).toBe('plain');
    expect(printableOutput('\u001b[1;31mred\u001b[0m\u001b[2J\u001b]0;title\u0007')).toBe(
      '\u001b[1;31mred\u001b[0m\\u001b[2J\\u001b]0;title\\u0007\u001b[0m',
    );
  });
});
