import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareStep, type Figures, summarize } from '../../../bench/truth/compare';
import { heldOut, listSteps } from '../../../bench/truth/steps';

const figures = JSON.parse(
  readFileSync(new URL('../../../../resources/truth/figures.json', import.meta.url), 'utf8'),
) as Figures;
const compared = listSteps().map((step) => compareStep(step, figures.steps[step.id]));
const known = compared.filter(({ peak }) => peak !== undefined);
const rows = new Map(summarize(compared).map((row) => [row.row, row]));

describe('the refined tier beside steps that PyTorch ran on tensors without memory', () => {
  it('is compared with at least 200 steps of 30 families, some of them held out', () => {
    expect(known.length).toBeGreaterThanOrEqual(200);
    const families = new Set(known.map(({ step }) => step.family));
    expect(families.size).toBeGreaterThanOrEqual(30);
    expect([...families].filter(heldOut).length).toBeGreaterThanOrEqual(5);
  });

  it('finds the allocated peak of every step it was tuned on: half of them to 0.05%, the worst to 1.25%', () => {
    for (const [name, steps] of [
      ['as PyTorch runs it', 150],
      ['attention by a stand-in', 110],
      ['sharded by FSDP', 20],
    ] as const) {
      const row = rows.get(name);
      expect(row?.steps, name).toBeGreaterThanOrEqual(steps);
      expect(row?.median, name).toBeLessThan(0.0005);
      expect(Math.abs(row?.worst.peak ?? 1), name).toBeLessThan(0.0125);
      expect(row?.phasesOff, name).toBe(0);
    }
  });

  it('finds that of families held out as often', () => {
    expect(rows.get('as PyTorch runs it, held out')?.median).toBeLessThan(0.0005);
    expect(rows.get('attention by a stand-in, held out')?.median).toBeLessThan(0.0005);
  });
});
