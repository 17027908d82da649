/** Which tokens the bundled workload generates: neither cache nor padding changes any, the seed decides, wrong settings are refused. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/shared/model/spec';
import { Tokenizer } from '../../src/shared/model/tokens';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const model = tinyModel({ vocab: 97 });
async function tokens(run: Partial<RunSpec>): Promise<number[][]> {
  const { code, lines, stderr } = await runWorkload(
    model,
    tinyRun({ mode: 'generate', batch: 3, promptTokens: 4, tokens: 8, seed: 5, ...run }),
  );
  expect(code, stderr).toBe(0);
  return lines
    .filter(({ type }) => type === 'token')
    .map((line) => (line as unknown as { ids: number[] }).ids);
}

describe('generation of the bundled workload', () => {
  beforeAll(buildWorkload);

  it.each([
    ['the likeliest', {}],
    ['drawn at a temperature', { temperature: 1.3 }],
    ['drawn among the likeliest', { temperature: 0.8, topK: 20, topP: 0.9 }],
  ])('yields the same tokens with and without a cache: %s', async (_name, sampling) => {
    const cached = await tokens(sampling);
    expect(cached).toHaveLength(8);
    expect(cached.every((ids) => ids.length === 3 && ids.every((id) => id >= 0 && id < 97))).toBe(
      true,
    );
    expect(await tokens({ ...sampling, kvCache: false })).toEqual(cached);
    expect(await tokens({ ...sampling, cacheGrowth: 'static' })).toEqual(cached);
    expect(await tokens({ ...sampling, cacheGrowth: 'static', backend: 'cpu' })).toEqual(cached);
  });

  it('draws for each sequence and seed anew, and the same for the same seed', async () => {
    const [first, again, other] = await Promise.all(
      [{}, {}, { seed: 6 }].map((run) => tokens({ temperature: 2, ...run })),
    );
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first!.map((ids) => ids.join())).size).toBeGreaterThan(4);
  });

  it('is greedy where only the likeliest token may be drawn', async () => {
    expect(await tokens({ topK: 1 })).toEqual(await tokens({}));
  });

  it.each([
    [{ temperature: 0 }, /--temperature cannot be 0/],
    [{ topK: 0 }, /--top-k cannot be 0/],
    [{ topP: 1.5 }, /--top-p cannot be 1.5/],
  ])('refuses %j', async (sampling, sentence) => {
    const { code, stderr } = await runWorkload(model, tinyRun({ mode: 'generate', ...sampling }));
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe('a batch of texts', () => {
  beforeAll(buildWorkload);
  const texts = ['The memory of a model', 'No', 'Seven tailors, a ship'];
  const encoded = (vocab: number, text: string): number[] => new Tokenizer(vocab).encode(text);
  async function continued(
    prompts: readonly string[],
    run: Partial<RunSpec> = {},
    env: Record<string, string> = {},
  ): Promise<{ ids: number[][]; notes: string[] }> {
    const lengths = prompts.map((text) => encoded(300, text).length);
    const spec = tinyRun({
      mode: 'generate',
      batch: prompts.length,
      prompts,
      lengths,
      promptTokens: Math.max(...lengths),
      tokens: 7,
      seed: 3,
      ...run,
    });
    const { code, lines, stderr } = await runWorkload(
      tinyModel({ vocab: 300, maxPositions: 40 }),
      spec,
      env,
    );
    expect(code, stderr).toBe(0);
    const each = lines
      .filter(({ type }) => type === 'token')
      .map((line) => (line as unknown as { ids: number[] }).ids);
    return {
      ids: prompts.map((_, sequence) => each.map((ids) => ids[sequence]!)),
      notes: lines
        .filter(({ type }) => type === 'note')
        .map((line) => (line as unknown as { text: string }).text),
    };
  }

  it.each<[string, Partial<RunSpec>]>([
    ['with a cache', {}],
    ['with a cache laid out at once', { cacheGrowth: 'static' }],
    ['without a cache', { kvCache: false }],
    ['on cpu', { cacheGrowth: 'static', backend: 'cpu' }],
  ])('of unequal length goes on for each as it does alone: %s', async (_name, run) => {
    const together = await continued(texts, run);
    const alone = await Promise.all(texts.map((text) => continued([text], run)));
    expect(together.ids).toEqual(alone.map(({ ids }) => ids[0]));
    expect(new Set(together.ids.map((ids) => ids.join())).size).toBe(3);
  });

  it('goes on the same where the cache is written by a shader', { timeout: 120_000 }, async ({
    skip,
  }) => {
    const missing = swiftshaderUnavailable();
    if (missing !== null) skip(missing);
    const onGpu = await continued(
      texts,
      { cacheGrowth: 'static', backend: 'webgpu', tokens: 4 },
      swiftshaderEnvironment(),
    );
    expect(onGpu.ids).toEqual((await continued(texts, { tokens: 4 })).ids);
  });

  it('is told with its continuation, one note a sequence', async () => {
    const { ids, notes } = await continued(texts);
    expect(notes).toHaveLength(3);
    notes.forEach((note, index) => {
      expect(note.startsWith(`text ${index + 1}: ${JSON.stringify(texts[index])} + "`)).toBe(true);
      const bytes = new Tokenizer(300)
        .pieces(ids[index]!)
        .map((piece) => Buffer.from(piece as Uint8Array));
      expect(JSON.parse(note.slice(note.lastIndexOf(' + ') + 3))).toBe(
        Buffer.concat(bytes).toString(),
      );
    });
  });

  it('is refused where the run declares other lengths', async () => {
    const run = tinyRun({ mode: 'generate', prompts: ['No'], promptTokens: 5 });
    const { code, stderr } = await runWorkload(tinyModel({ vocab: 300 }), run);
    expect(code).toBe(2);
    expect(stderr).toMatch(/"No" has 2 tokens, and the run says 5/);
  });
});

describe('training of the bundled workload on text', () => {
  beforeAll(buildWorkload);
  const losses = async (run: Partial<RunSpec>): Promise<number[]> => {
    const { stdout } = await runWorkload(
      tinyModel({ vocab: 256, maxPositions: 32 }),
      tinyRun({ batch: 2, seq: 32, steps: 12, ...run }),
    );
    return [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
  };

  it('starts as a guess among all bytes and learns faster than random tokens let it', async () => {
    const [text, random] = [await losses({ data: 'text' }), await losses({ data: 'random' })];
    expect(text).toHaveLength(12);
    expect(text[0]).toBeCloseTo(Math.log(256), 1);
    expect(text[0]! - text.at(-1)!).toBeGreaterThan(random[0]! - random.at(-1)!);
  });

  it('takes other windows of it for another seed', async () => {
    expect((await losses({ data: 'text', steps: 1, seed: 1 }))[0]).not.toBe(
      (await losses({ data: 'text', steps: 1, seed: 2 }))[0],
    );
  });

  it('learns what is common to its windows, of which every step shows others', async () => {
    const { stdout } = await runWorkload(
      tinyModel({ vocab: 512, maxPositions: 32, hidden: 48, ffn: 96 }),
      tinyRun({ batch: 4, seq: 32, steps: 80, data: 'text' }),
    );
    const told = [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
    expect(told[0]).toBeCloseTo(Math.log(512), 1);
    const late = told.slice(-10);
    expect(new Set(late).size).toBeGreaterThan(5);
    expect(late.reduce((sum, loss) => sum + loss) / late.length).toBeLessThan(0.85 * told[0]!);
  });

  it('refuses padded sequences, with what can be done instead', async () => {
    const { code, stderr } = await runWorkload(tinyModel(), tinyRun({ lengths: [5, 2] }));
    expect(code).toBe(3);
    expect(stderr).toMatch(/padded ones.*--mode generate or infer/);
  });
});
