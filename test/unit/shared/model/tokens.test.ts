/** GPT-2's tokens: published encodings, and what holds of any byte-level encoding whatever the text. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../src/shared/model/tokens';
import {
  frequencyPerplexity,
  heldOutWindows,
  splitText,
  trainingWindows,
} from '../../../../src/workload/model/data';
import { decodeText } from '../../../../src/workload/model/prompts';
import { Random } from '../../../../src/workload/model/random';
import { tinyModel, tinyRun } from '../../../integration/workload-process';
import { repository } from '../../../support/repository';

const gpt2 = new Tokenizer(50_257);

describe("GPT-2's tokenizer", () => {
  // OpenAI's tiktoken and Hugging Face's GPT2Tokenizer give these for "gpt2".
  it.each([
    ['Hello world', [15496, 995]],
    ['hello world', [31373, 995]],
    ['Hello, world!', [15496, 11, 995, 0]],
    ['Hello my dog is cute', [15496, 616, 3290, 318, 13779]],
    [
      'The quick brown fox jumps over the lazy dog.',
      [464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290, 13],
    ],
    ['', []],
  ])('encodes %j as published', (text, ids) => {
    expect(gpt2.encode(text)).toEqual(ids);
    expect(decodeText(gpt2, ids)).toBe(text);
  });

  it.each([256, 300, 1024, 50_256, 50_257, 50_304])(
    'with a vocabulary of %i writes any text within it and reads it back',
    (vocab) => {
      const tokenizer = new Tokenizer(vocab);
      for (const text of [
        'plain words, and more of them',
        'tabs\tand\r\n\nlines  ',
        'Größe 日本語 🙂👩‍👩‍👧 \u0000\u0007',
        "it's 12,345.67 (don't)",
        '<|endoftext|>',
        ' '.repeat(50),
      ]) {
        const ids = tokenizer.encode(text);
        expect(ids.every((id) => id < vocab)).toBe(true);
        expect(decodeText(tokenizer, ids)).toBe(text);
      }
    },
  );

  it('needs one token a byte with the smallest vocabulary, and never more with a larger one', () => {
    const text = 'What the theory leaves out is small, until it is not: größer.';
    const counts = [256, 260, 400, 1024, 50_257].map(
      (vocab) => new Tokenizer(vocab).encode(text).length,
    );
    expect(counts[0]).toBe(Buffer.byteLength(text));
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts.at(-1)).toBeLessThan(counts[0]! / 3);
  });

  it('turns any tokens into some text, each call for itself', () => {
    const random = new Random(5);
    const ids = Array.from({ length: 400 }, () => random.integer(50_257));
    const text = decodeText(gpt2, ids);
    expect(text.length).toBeGreaterThan(400);
    // Half a character at the end must not reach the next text.
    const [half] = gpt2.encode('🙂');
    expect(decodeText(gpt2, [half!])).toBe('\ufffd');
    expect(decodeText(gpt2, gpt2.encode('abc'))).toBe('abc');
    expect(decodeText(new Tokenizer(300), [299, 5000])).toBe(decodeText(new Tokenizer(300), [299]));
  });
});

describe('the text that training reads', () => {
  const text = readFileSync(join(repository, 'resources/text/memory.txt'), 'utf8');
  const bytes = tinyModel({ vocab: 256 });

  it('is its beginning, and scoring reads the rest: together the whole, and no token of one in the other', () => {
    const { trained, heldOut } = splitText(tinyModel({ vocab: 50_257 }));
    expect(decodeText(gpt2, [...trained]) + decodeText(gpt2, [...heldOut])).toBe(text);
    expect(decodeText(gpt2, [...heldOut]).length).toBeGreaterThan(text.length / 10);
    // Bytes can be found again: no window of training, however many are drawn, reaches into what is scored.
    const { heldOut: last } = splitText(bytes);
    const held = Buffer.from(last).toString('latin1');
    const windows = trainingWindows(tinyRun({ data: 'text', seq: 40 }), bytes, 50, new Random(3));
    for (let step = 0; step < 40; step++) {
      const { ids } = windows();
      for (let start = 0; start < ids.length; start += 40)
        expect(held).not.toContain(Buffer.from(ids.subarray(start, start + 40)).toString('latin1'));
    }
  });

  it('is another part of itself at every step, and all of it in the end', () => {
    const { trained } = splitText(bytes);
    const windows = trainingWindows(tinyRun({ data: 'text', seq: 64 }), bytes, 8, new Random(1));
    const [first, second] = [windows(), windows()];
    expect([...second.ids]).not.toEqual([...first.ids]);
    const circle = Buffer.from([...trained, ...trained]).toString('latin1');
    expect(circle).toContain(
      Buffer.from([...first.ids.subarray(0, 64), first.last[0]!]).toString('latin1'),
    );
  });

  it('is whole within a window as long as it, wherever the window begins, and comes again in a longer one', () => {
    const { trained } = splitText(tinyModel({ vocab: 50_257 }));
    const { ids, last } = trainingWindows(
      tinyRun({ data: 'text', seq: 2 * trained.length }),
      tinyModel({ vocab: 50_257 }),
      1,
      new Random(3),
    )();
    expect(decodeText(gpt2, [...ids])).toContain(decodeText(gpt2, [...trained]));
    expect(last[0]).toBe(ids[0]);
    expect([...ids.subarray(trained.length)]).toEqual([...ids.subarray(0, trained.length)]);
  });

  it('is its bytes where the vocabulary holds no more', () => {
    const { ids } = trainingWindows(
      tinyRun({ data: 'text', seq: 50 }),
      tinyModel({ vocab: 31 }),
      2,
      new Random(3),
    )();
    const circle = Array.from(Buffer.from(text + text), (byte) => byte % 31).join();
    for (const window of [ids.subarray(0, 50), ids.subarray(50)])
      expect(circle).toContain(window.join());
  });

  it('is scored from its beginning on, each token once', () => {
    const { heldOut } = splitText(bytes);
    const run = tinyRun({ seq: 16 });
    const ids = [0, 1].flatMap((step) => [...heldOutWindows(heldOut, run, 3, step).ids]);
    expect(ids).toEqual(heldOut.slice(0, 96));
    expect([...heldOutWindows(heldOut, run, 3, 0).last]).toEqual([
      heldOut[16],
      heldOut[32],
      heldOut[48],
    ]);
  });

  it('would be guessed among fewer tokens by their frequency than by chance, and uniform ones by no fewer', () => {
    expect(frequencyPerplexity(splitText(bytes), 256)).toBeLessThan(256 / 10);
    const uniform = Array.from({ length: 2000 }, (_, at) => at % 10);
    expect(frequencyPerplexity({ trained: uniform, heldOut: uniform }, 10)).toBeCloseTo(10, 6);
  });
});
