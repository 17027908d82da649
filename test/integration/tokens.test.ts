/** Which tokens the bundled workload generates: the cache changes none, the seed decides, wrong settings are refused. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunSpec } from '../../src/shared/model/spec';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const model = tinyModel({ vocab: 97 });
async function tokens(run: Partial<RunSpec>): Promise<number[][]> {
  const { code, lines, stderr } = await runWorkload(model, tinyRun({ mode: 'generate', batch: 3, promptTokens: 4, tokens: 8, seed: 5, ...run }));
  expect(code, stderr).toBe(0);
  return lines.filter(({ type }) => type === 'token').map((line) => (line as unknown as { ids: number[] }).ids);
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
    expect(cached.every((ids) => ids.length === 3 && ids.every((id) => id >= 0 && id < 97))).toBe(true);
    expect(await tokens({ ...sampling, kvCache: false })).toEqual(cached);
  });

  it('draws for each sequence and seed anew, and the same for the same seed', async () => {
    const [first, again, other] = await Promise.all([{}, {}, { seed: 6 }].map((run) => tokens({ temperature: 2, ...run })));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first!.map((ids) => ids.join())).size).toBeGreaterThan(4);
  });

  it('is greedy where only the likeliest token may be drawn', async () => {
    expect(await tokens({ topK: 1 })).toEqual(await tokens({}));
  });

  it.each([[{ temperature: 0 }, /temperature/], [{ topK: 0 }, /topK/], [{ topP: 1.5 }, /topP/]])('refuses %j', async (sampling, sentence) => {
    const { code, stderr } = await runWorkload(model, tinyRun({ mode: 'generate', ...sampling }));
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});

describe('training of the bundled workload on text', () => {
  beforeAll(buildWorkload);
  const losses = async (run: Partial<RunSpec>): Promise<number[]> => {
    const { stdout } = await runWorkload(tinyModel({ vocab: 256, maxPositions: 32 }), tinyRun({ batch: 2, seq: 32, steps: 12, ...run }));
    return [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
  };

  it('starts as a guess among all bytes and learns faster than random tokens let it', async () => {
    const [text, random] = [await losses({ data: 'text' }), await losses({ data: 'random' })];
    expect(text).toHaveLength(12);
    expect(text[0]).toBeCloseTo(Math.log(256), 1);
    expect(text[0]! - text.at(-1)!).toBeGreaterThan(random[0]! - random.at(-1)!);
  });

  it('takes other windows of it for another seed', async () => {
    expect((await losses({ data: 'text', steps: 1, seed: 1 }))[0]).not.toBe((await losses({ data: 'text', steps: 1, seed: 2 }))[0]);
  });

  it('is refused where a sequence is longer than the text', async () => {
    const { code, stderr } = await runWorkload(tinyModel({ maxPositions: 9999, hidden: 3, heads: 1 }), tinyRun({ seq: 9999, batch: 1, data: 'text' }));
    expect(code).toBe(2);
    expect(stderr).toMatch(/too few for sequences of 9999/);
  });
});
