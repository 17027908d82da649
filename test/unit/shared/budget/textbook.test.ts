import { describe, expect, it } from 'vitest';
import {
  textbookActivations,
  textbookBudget,
  textbookKvCache,
} from '../../../../src/shared/budget/textbook';
import type { TierBudget } from '../../../../src/shared/budget/types';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { MODES, OPTIMIZERS, PRECISIONS, type RunSpec } from '../../../../src/shared/model/spec';

const gpt2 = preset('gpt2');
const P = 124_439_808;
const tier = (given: Partial<RunSpec>): TierBudget =>
  textbookBudget(gpt2, runDefaults(gpt2, given));
const phase = (of: TierBudget, name: string) => of.phases.find((one) => one.phase === name)!;

describe('textbook activations', () => {
  // GPT-2, B = 1, n = 512: 7·512·768 = 2,752,512; 512·3072 = 1,572,864; 12·512² = 3,145,728; together 7,471,104 elements
  // a layer; × 4 bytes × 12 layers = 358,612,992.
  const A = 358_612_992;
  const activations = (given: Partial<RunSpec>) =>
    textbookActivations(gpt2, runDefaults(gpt2, { mode: 'train', seq: 512, ...given }));

  it('of GPT-2 at 512 tokens are 4·12·(7nd + n·d_ff + h·n²)', () => {
    expect(activations({})).toBe(A);
    expect(activations({ batch: 3 })).toBe(3 * A);
  });

  it('shrink by checkpointing as the chapter says', () => {
    expect(activations({ checkpointing: 'full' })).toBe(71_722_598); // 0.2 A = 71,722,598.4
    expect(activations({ checkpointing: 'every=4' })).toBe(89_653_248);
    expect(activations({ checkpointing: 'selective' })).toBe(207_618_048); // 4·12·(2,752,512 + 1,572,864)
  });

  it('halve in half precision', () => {
    for (const precision of ['fp16', 'bf16', 'mixed-fp16', 'mixed-bf16'] as const)
      expect(activations({ precision })).toBe(179_306_496);
  });
});

describe('textbook training', () => {
  const A = 358_612_992;

  it('in fp32 with Adam peaks in backward at 16P + A', () => {
    for (const steps of [1, 5]) {
      const budget = tier({ mode: 'train', seq: 512, steps });
      expect(budget.peak).toEqual({ bytes: 16 * P + A, phase: 'backward' });
      expect(budget.components).toEqual({
        params: 4 * P,
        gradients: 4 * P,
        adam_m: 4 * P,
        adam_v: 4 * P,
        activations: A,
      });
    }
  });

  it('in mixed precision is 18P + A/2', () => {
    const budget = tier({ mode: 'train', seq: 512, precision: 'mixed-bf16' });
    expect(budget.total).toBe(18 * P + A / 2);
    expect(budget.components).toEqual({
      params: 2 * P,
      master_params: 4 * P,
      gradients: 4 * P,
      adam_m: 4 * P,
      adam_v: 4 * P,
      activations: A / 2,
    });
  });

  it('holds one state for momentum and none for plain SGD', () => {
    expect(tier({ mode: 'train', seq: 512, optimizer: 'momentum' }).total).toBe(12 * P + A);
    expect(tier({ mode: 'train', seq: 512, optimizer: 'momentum' }).components.momentum).toBe(
      4 * P,
    );
    expect(tier({ mode: 'train', seq: 512, optimizer: 'sgd' }).total).toBe(8 * P + A);
  });

  it('holds what each other optimizer is defined to hold', () => {
    const state = (optimizer: RunSpec['optimizer']) =>
      tier({ mode: 'train', seq: 512, optimizer }).total - 8 * P - A;
    expect([state('lion'), state('muon'), state('adam8bit'), state('adafactor')]).toEqual([
      4 * P,
      4 * P,
      2 * P,
      0,
    ]);
  });

  it('goes through the phases of a step, the states of Adam arriving with the first update', () => {
    const budget = tier({ mode: 'train', seq: 512 });
    const totals = budget.timeline.map(({ phase: name, step, lastStep, total, end }) => [
      name,
      step,
      lastStep,
      total,
      end,
    ]);
    expect(totals).toEqual([
      ['load', null, null, 4 * P, 4 * P],
      ['forward', 1, 1, 4 * P + A, 4 * P + A],
      ['backward', 1, 1, 8 * P + A, 8 * P],
      ['optimizer', 1, 1, 16 * P, 12 * P],
      ['forward', 2, 5, 12 * P + A, 12 * P + A],
      ['backward', 2, 5, 16 * P + A, 16 * P],
      ['optimizer', 2, 5, 16 * P, 12 * P],
    ]);
  });

  it('carries gradients through forward only where micro-batches accumulate', () => {
    expect(
      phase(tier({ mode: 'train', seq: 512 }), 'forward').components.gradients,
    ).toBeUndefined();
    expect(
      phase(tier({ mode: 'train', seq: 512, gradAccum: 4 }), 'forward').components.gradients,
    ).toBe(4 * P);
  });
});

describe('textbook inference', () => {
  it('is 2P at fp16 and 4P at fp32 with no activations', () => {
    expect(tier({ mode: 'infer', precision: 'fp16' }).components).toEqual({ params: 2 * P });
    expect(tier({ mode: 'infer', precision: 'fp32' }).components).toEqual({ params: 4 * P });
    expect(tier({ mode: 'infer', precision: 'int4' }).total).toBe(P / 2);
  });

  it('adds 2·L·B·n·d_kv·bytes of keys and values, to the length reached', () => {
    // 2 · 12 · 768 · 2 bytes = 36,864 bytes a token at fp16.
    expect(textbookKvCache(gpt2, { batch: 1, kvPrecision: 'fp16' }, 1024)).toBe(37_748_736);
    const budget = tier({
      mode: 'generate',
      batch: 2,
      promptTokens: 100,
      tokens: 50,
      precision: 'fp16',
    });
    expect(phase(budget, 'prefill').components).toEqual({
      params: 2 * P,
      kv_cache: 2 * 100 * 36_864,
    });
    expect(phase(budget, 'decode').components).toEqual({
      params: 2 * P,
      kv_cache: 2 * 150 * 36_864,
    });
    expect(budget.peak).toEqual({ phase: 'decode', bytes: 2 * P + 2 * 150 * 36_864 });
  });

  it('keeps no keys or values without a cache, and fewer with fewer key-value heads', () => {
    expect(tier({ mode: 'generate', kvCache: false }).components).toEqual({ params: 4 * P });
    expect(textbookKvCache({ ...gpt2, kvHeads: 4 }, { batch: 1, kvPrecision: 'fp32' }, 10)).toBe(
      2 * 12 * 10 * 4 * 64 * 4,
    );
  });
});

describe('any textbook budget', () => {
  const runs = MODES.flatMap((mode) =>
    PRECISIONS.flatMap((precision) =>
      OPTIMIZERS.map((optimizer) => ({
        mode,
        precision,
        optimizer,
        seq: mode === 'generate' ? 48 : 64,
      })),
    ),
  );

  it('adds up, in whole bytes, and peaks at its largest phase', () => {
    for (const run of runs) {
      const budget = tier(run);
      for (const row of [...budget.phases, ...budget.timeline]) {
        expect(Object.values(row.components).reduce((a, b) => a + b, 0)).toBe(row.total);
        expect(Object.values(row.endComponents).reduce((a, b) => a + b, 0)).toBe(row.end);
        expect(Number.isSafeInteger(row.total) && Number.isSafeInteger(row.end)).toBe(true);
        expect(row.end).toBeLessThanOrEqual(row.total);
      }
      expect(budget.peak.bytes).toBe(Math.max(...budget.timeline.map(({ total }) => total)));
      expect(phase(budget, budget.peak.phase).total).toBe(budget.total);
    }
  });

  it('never shrinks as batch, sequence or layers grow', () => {
    for (const { mode, precision, optimizer } of runs) {
      const at = (batch: number, seq: number, layers: number) => {
        const model = { ...gpt2, layers };
        return textbookBudget(
          model,
          runDefaults(model, {
            mode,
            precision,
            optimizer,
            batch,
            ...(mode === 'generate' ? { promptTokens: seq, tokens: 8 } : { seq }),
          }),
        ).total;
      };
      expect(at(2, 32, 12)).toBeGreaterThanOrEqual(at(1, 32, 12));
      expect(at(1, 64, 12)).toBeGreaterThanOrEqual(at(1, 32, 12));
      expect(at(1, 32, 13)).toBeGreaterThan(at(1, 32, 12));
    }
  });
});
