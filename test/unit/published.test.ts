import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare } from '../bench/published';
import { predict, type PublishedRow } from '../bench/published-rows';

const rows = JSON.parse(readFileSync(new URL('../../resources/published/measurements.json', import.meta.url), 'utf8')) as PublishedRow[];
const { covered, left } = compare(rows);
const worst = (kind: string) => Math.max(...covered.filter((one) => one.kind === kind).map(({ error }) => Math.abs(error)));

describe('predictions beside published measurements', () => {
  it('cover all rows but those of speed and of servers’ own rules, and say why not', () => {
    expect(covered.length + [...left.values()].reduce((sum, count) => sum + count, 0)).toBe(rows.length);
    expect([...left.keys()]).toEqual(expect.arrayContaining([expect.stringMatching(/speed/)]));
    expect(covered.length).toBeGreaterThan(rows.length - 4);
  });

  it('are exact to the figures’ own rounding for caches, parameters and single tensors', () => {
    for (const kind of ['kv cache', 'parameters', 'activations', 'logits', 'weights and states']) expect(worst(kind)).toBeLessThan(0.001);
  });

  it('of inference are within 1% in bf16', () => {
    for (const { row, error } of covered) if (/bf16/.test(row.id)) expect(Math.abs(error)).toBeLessThan(0.01);
  });

  it('of training stay within 15%', () => {
    expect(worst('training, process')).toBeLessThan(0.15);
    expect(worst('training, allocated')).toBeLessThan(0.15);
  });

  it('are not made where the figure depends on what nobody published', () => {
    expect(predict({ ...rows[0]!, id: 'x', model: 'a model of somebody', quantity: 'peak training GPU RAM' })).toHaveProperty('reason');
  });
});
