import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../bench/published';
import { type PublishedRow, rowsOf } from '../../../bench/published-row';
import { predict } from '../../../bench/published-rows';
import { pick, randomFrom } from '../../../support/random-runs';

const rows = rowsOf(
  JSON.parse(
    readFileSync(
      new URL('../../../../resources/published/measurements.json', import.meta.url),
      'utf8',
    ),
  ),
);
const { covered, bounded, left } = compare(rows);
const errors = (kind: string) =>
  covered.filter((one) => one.kind === kind).map(({ error }) => Math.abs(error));
const row = (given: Partial<PublishedRow>): PublishedRow => ({
  id: 'x',
  url: null,
  kind: 'measured',
  model: '',
  config: {},
  quantity: '',
  value: 1,
  unit: 'GiB',
  ...given,
});

describe('predictions beside published measurements', () => {
  it('cover nine rows of ten, and say of each of the others why not', () => {
    expect(covered.length + bounded.length + left.length).toBe(rows.length);
    expect((covered.length + bounded.length) / rows.length).toBeGreaterThan(0.9);
    for (const { reason } of left) expect(reason.length).toBeGreaterThan(10);
  });

  it('are exact to the figures’ own rounding for caches, counts, states, buffers and what needs no assumption', () => {
    for (const kind of ['kv cache', 'parameters', 'operations', 'workspace', 'llm.c buffers'])
      expect(Math.max(...errors(kind))).toBeLessThan(0.001);
    expect(Math.max(...errors('weights and states'))).toBeLessThan(0.01);
    for (const kind of ['activations', 'logits and loss'])
      expect(
        errors(kind)
          .sort((a, b) => a - b)
          .slice(0, -1)
          .every((error) => error < 0.001),
      ).toBe(true);
  });

  it('of inference are within 1% in bf16 where torch counted, and within 20% where the device did', () => {
    for (const one of covered)
      if (/bf16/.test(one.row.id) && one.kind === 'inference, allocated')
        expect(Math.abs(one.error)).toBeLessThan(0.02);
    for (const error of errors('inference, process')) expect(error).toBeLessThan(0.2);
  });

  it('of training stay within 15%, and of servers within 5%', () => {
    for (const kind of ['training, process', 'training, allocated', 'training, reserved'])
      expect(Math.max(...errors(kind))).toBeLessThan(0.15);
    for (const kind of ['server, sampling peak', 'server, left for the cache'])
      expect(Math.max(...errors(kind))).toBeLessThan(0.05);
  });

  it('are not what the roofline allows: that is a bound, which no measurement passes', () => {
    expect(bounded.length).toBeGreaterThan(0);
    for (const { row: one, holds } of bounded) expect(holds, one.id).toBe(true);
    expect(covered.some(({ kind }) => /speed/.test(kind))).toBe(false);
  });

  it('read a row’s words: forward alone, checkpointing layer by layer, ranks, a part of the activations', () => {
    const given = { layers: 32, d_model: 4096, heads: 32, seq: 2048, batch: 1, precision: 'bf16' };
    const training = (config: object, quantity = 'peak training memory allocated') =>
      predict(row({ model: 'Llama 2 7B', config: { ...given, ...config }, quantity }));
    const flops = (quantity: string) =>
      predict(row({ model: 'Llama 2 7B', config: given, quantity, unit: 'FLOP' }));
    const predicted = (found: ReturnType<typeof predict>) =>
      'predicted' in found ? found.predicted : Number.NaN;
    expect(predicted(flops('FLOPs of a training step'))).toBe(
      3 * predicted(flops('forward FLOPs')),
    );
    expect(training({ checkpointing: 'full per-layer' })).toEqual(
      training({ checkpointing: 'full' }),
    );
    expect(training({ checkpointing: 'by tea leaves' })).toHaveProperty('reason');
    expect(training({ optimizer: 'AdamW, ZeRO-3, 8 ranks' })).toEqual(
      training({ optimizer: 'AdamW, ZeRO-3', gpus: 8 }),
    );
    for (const words of ['2x4 GPUs', '8x H800', 'world size 8', 'DP8'])
      expect(training({ optimizer: `AdamW, ZeRO-3, ${words}` }), words).toEqual(
        training({ optimizer: 'AdamW, ZeRO-3', gpus: 8 }),
      );
    expect(training({}, 'activation memory of one layer')).toHaveProperty('reason');
    expect(training({}, 'activation memory')).toHaveProperty('predicted');
  });

  it('are not made where the figure depends on what nobody published', () => {
    expect(
      predict(row({ model: 'a model of somebody', quantity: 'peak training GPU RAM' })),
    ).toHaveProperty('reason');
    expect(predict(row({ model: 'Llama 2 7B', quantity: 'peak training GPU RAM' }))).toEqual({
      reason: 'batch or sequence is not published',
    });
    expect(predict(row({ unit: 'furlongs' }))).toEqual({
      reason: 'a unit Plumbline does not know: furlongs',
    });
    expect(predict(row({ value: Number.NaN }))).toEqual({ reason: 'the row has no figure' });
  });

  it('read a file of other rows without a crash and without losing one', () => {
    const random = randomFrom(5);
    const junk = [null, -1, 0, 1e12, 'full', '', 'ZeRO-9 TP=0 PP=3', {}, [], true, 'nf4', '4 GPUs'];
    const strange = Array.from({ length: 600 }, (_, index) => {
      const from = pick(random, rows);
      const config = Object.fromEntries(
        Object.entries({ ...from.config, surprise: 1 }).map(([key, value]) => [
          key,
          random() < 0.3 ? pick(random, junk) : value,
        ]),
      );
      return {
        ...from,
        id: `strange ${index}`,
        config: random() < 0.05 ? null : config,
        model:
          random() < 0.2
            ? pick(random, ['', 'Qwen3-99B', '13B', 'GPT-2', 'T5-base', 'DeepSeek-V3'])
            : from.model,
        extra: junk,
      };
    });
    const {
      covered: some,
      bounded: limits,
      left: others,
    } = compare(rowsOf([...strange, null, 7, 'text', { id: 'bare' }]));
    expect(some.length + limits.length + others.length).toBe(604);
    expect(
      others.map(({ reason }) => reason).filter((reason) => reason.startsWith('it cannot be read')),
    ).toEqual([]);
    for (const { predicted } of some) expect(Number.isFinite(predicted)).toBe(true);
    expect(rowsOf({ about: 'figures', rows: [{ id: 'a' }] })).toHaveLength(1);
    expect(rowsOf(null)).toEqual([]);
  });
});
