/** Every band of every budget is explained by parts that add up to it; the textbook's are its formulas and nothing else. */
import { describe, expect, it } from 'vitest';
import { COMPONENTS, TIERS } from '../../../../src/shared/base/vocabulary';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { explainBand } from '../../../../src/shared/formulas/explain';
import { evaluate, symbolsIn } from '../../../../src/shared/formulas/formula';
import { meaning } from '../../../../src/shared/formulas/symbols';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { pick, randomFrom, randomModel, randomRun } from '../../../support/random-runs';

function explainAll(model: ModelSpec, run: RunSpec) {
  const budget = computeBudget(model, run);
  return TIERS.flatMap((tier) =>
    (budget.perRank?.[tier] ?? budget.tiers[tier]).phases.flatMap(({ phase, components }) =>
      COMPONENTS.filter((component) => components[component] !== undefined).map((component) => {
        const told = explainBand(budget, tier, component, phase);
        return {
          told,
          bytes: components[component]!,
          label: `${tier} ${component} ${phase} ${JSON.stringify(run)}`,
        };
      }),
    ),
  );
}

const CASES: readonly (readonly [string, Partial<RunSpec>])[] = [
  ['llama-3-8b', { mode: 'train', batch: 2, seq: 2048 }],
  ['llama-3-8b', { mode: 'train', precision: 'mixed-bf16', checkpointing: 'full' }],
  ['llama-3-8b', { mode: 'train', precision: 'nf4', loraRank: 16 }],
  ['llama-3-70b', { mode: 'train', zero: 3, dp: 8, tp: 4, sequenceParallel: true, seq: 4096 }],
  ['llama-3-8b', { mode: 'train', pp: 4, microBatches: 8, checkpointing: 'every=4' }],
  [
    'llama-3-8b',
    { mode: 'generate', batch: 4, promptTokens: 512, tokens: 128, framework: 'pytorch' },
  ],
  ['llama-3-8b', { mode: 'serve', batch: 16, seq: 4096 }],
  ['mixtral-8x7b', { mode: 'infer', framework: 'pytorch', batch: 2 }],
  ['deepseek-v3', { mode: 'generate', framework: 'pytorch' }],
  ['t5-base', { mode: 'train', batch: 4 }],
  ['t5-base', { mode: 'generate', framework: 'pytorch' }],
  ['bert-base', { mode: 'train', framework: 'pytorch', frozenLayers: 4 }],
  ['gpt2-nano', { mode: 'train', framework: 'tfjs' }],
  ['gpt2-nano', { mode: 'generate', framework: 'tfjs' }],
  ['gpt2', { mode: 'train', framework: 'pytorch', optimizer: 'adam8bit', gradAccum: 4 }],
];

describe('a band', () => {
  it('is explained by parts that add up to it, in every tier, phase and component', () => {
    const random = randomFrom(20);
    const runs = CASES.map(([name, given]) => {
      const model = preset(name);
      return [model, runDefaults(model, given)] as const;
    });
    for (let i = 0; i < 60; i++) {
      const model = randomModel(random);
      runs.push([model, randomRun(random, model, { framework: 'pytorch' })]);
    }
    for (const [model, run] of runs) {
      for (const { told, bytes, label } of explainAll(model, run)) {
        expect(
          told?.parts.reduce((sum, part) => sum + part.bytes, 0),
          label,
        ).toBe(bytes);
        expect(told?.source, label).not.toBe('');
        for (const { formula } of told?.parts ?? []) {
          if (formula === null) continue;
          expect(Number.isFinite(evaluate(formula)), label).toBe(true);
          for (const { name, of } of symbolsIn(formula))
            expect(meaning(name, of), `${name} ${of}`).not.toBe('');
        }
      }
    }
  });

  it('of the textbook is its formula, but for a byte of rounding', () => {
    const random = randomFrom(5);
    for (let i = 0; i < 80; i++) {
      const model =
        i % 4 === 0
          ? preset(pick(random, ['t5-base', 'bert-base', 'deepseek-v3']))
          : randomModel(random);
      const run =
        i % 4 === 0
          ? runDefaults(model, { mode: 'train', framework: 'pytorch' })
          : randomRun(random, model, { framework: 'pytorch' });
      for (const { told, label } of explainAll(model, run)) {
        if (told?.tier !== 'textbook') continue;
        for (const part of told.parts)
          if (part.formula === null) expect(Math.abs(part.bytes), label).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is explained in full where it is plain: 16 bytes a parameter of GPT-2 in fp32 Adam, by the count of its release', () => {
    const model = preset('gpt2');
    const run = runDefaults(model, { mode: 'train', framework: 'pytorch', precision: 'fp32' });
    const budget = computeBudget(model, run);
    const told = (component: 'params' | 'adam_m' | 'gradients') =>
      explainBand(budget, 'refined', component, 'optimizer');
    for (const component of ['params', 'adam_m', 'gradients'] as const)
      expect(told(component)?.parts.map(({ formula }) => formula !== null)).not.toContain(false);
    expect(told('params')?.bytes).toBe(4 * 124_439_808);
    expect(told('params')?.parts.find(({ name }) => name === 'embeddings')?.bytes).toBe(
      4 * 50_257 * 768,
    );
    expect(told('adam_m')?.bytes).toBe(4 * 124_439_808);
  });

  it('tells what Adam’s update holds by a formula, in either framework and however it is spread, to a hundredth', () => {
    const random = randomFrom(31);
    const bundled = preset('gpt2-nano');
    const runs: (readonly [ModelSpec, RunSpec])[] = (['adam', 'adamw'] as const).map(
      (optimizer) => [
        bundled,
        runDefaults(bundled, { mode: 'train', framework: 'tfjs', optimizer }),
      ],
    );
    for (let i = 0; i < 40; i++) {
      const model = randomModel(random);
      if (model.architecture === 'decoder' || model.architecture === 'encoder')
        runs.push([
          model,
          randomRun(random, model, {
            mode: 'train',
            optimizer: 'adamw',
            ...(i % 3 === 0 && { zero: 1 as const, dp: 4 }),
          }),
        ]);
    }
    for (const [model, run] of runs) {
      const told = explainBand(computeBudget(model, run), 'refined', 'workspace', 'optimizer');
      const untold = told?.parts.find(({ formula }) => formula === null)?.bytes ?? 0;
      expect(Math.abs(untold) / (told?.bytes ?? 0), JSON.stringify(run)).toBeLessThan(0.01);
    }
  });

  it('has no root of v where the kernels are fused, or the update is not made on the device', () => {
    const model = preset('gpt2');
    for (const given of [
      { optimizerKernel: 'fused' },
      { pagedOptimizer: true },
      { offload: 'optimizer' },
      { optimizerInBackward: true },
    ] as const) {
      const run = runDefaults(model, { mode: 'train', framework: 'pytorch', ...given });
      const told = explainBand(computeBudget(model, run), 'refined', 'workspace', 'optimizer');
      expect(told?.parts.map(({ name }) => name).join(), JSON.stringify(given)).not.toMatch('√v');
    }
  });

  it.each(['fp16', 'int8', 'int4'] as const)(
    'tells the bundled workload’s weights in %s to the byte: tables, matrices, scales and what is not packed',
    (precision) => {
      for (const name of ['gpt2', 'gpt2-nano', 'bert-base', 'distilbert']) {
        const model = preset(name);
        const mode = model.architecture === 'encoder' ? 'infer' : 'generate';
        const run = runDefaults(model, { mode, framework: 'tfjs', precision });
        const told = explainBand(computeBudget(model, run), 'refined', 'params', 'load');
        expect(
          told?.parts.filter(({ formula }) => formula === null),
          name,
        ).toEqual([]);
      }
    },
  );
});
