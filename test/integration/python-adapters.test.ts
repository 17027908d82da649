/**
 * Adapters that PEFT lays beside real models: a budget of exactly what PEFT trains, or a sentence on why there is none.
 * Needs a Python that can import torch, transformers and peft: python3, or the one named by PLUMBLINE_TEST_TORCH.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { announcedModel, announcedRun } from '../../src/main/engine/announced';
import { computeBudget } from '../../src/shared/budget/budget';
import { wholeShard } from '../../src/shared/budget/sharding/shard';
import { countRankParameters } from '../../src/shared/budget/weights';
import { runPython, torchPython } from '../support/python';

const helpers = join(import.meta.dirname, '../../resources/python');
const script = join(import.meta.dirname, '../fixtures/torch-real/adapters.py');
const python = torchPython('import torch, transformers, peft');
const reason = python ? '' : ' (skipped: no Python that can import torch, transformers and peft)';

const SETTINGS: Readonly<Record<string, object>> = {
  defaults: { loraRank: 8, loraTargets: 'q_proj,v_proj' },
  named: { loraRank: 4, loraTargets: 'o_proj,q_proj', loraDropout: 0.1 },
  'all linear': {
    loraRank: 2,
    loraTargets: 'down_proj,gate_proj,k_proj,o_proj,q_proj,up_proj,v_proj',
  },
  'an expression': { loraRank: 8, loraTargets: 'k_proj,up_proj' },
  directions: { loraRank: 4, loraTargets: 'q_proj,v_proj', dora: true },
  'in half': { loraRank: 4, precision: 'bf16' },
  'in half throughout': { loraRank: 4, precision: 'bf16', loraPrecision: 'bf16' },
  gpt2: { loraRank: 4, loraTargets: 'c_attn,c_proj' },
  added: { loraRank: 3, loraTargets: 'down_proj,k_proj' },
};
const REFUSED: Readonly<Record<string, RegExp>> = {
  'one layer': /1,792 that are trained are not the 3,584 of adapters of rank 8 on every q_proj/,
  ranks: /adapters beside it, and not low-rank ones of one rank/,
  'a head beside': /16,384 that are trained are not the 3,584/,
  scales: /adapters beside it, and not low-rank ones of one rank/,
};

interface Case {
  readonly name: string;
  readonly trained: number;
  readonly held: number;
  readonly gradients: number;
}

it.skipIf(!python)(`counts what PEFT trains, or says why it cannot${reason}`, async () => {
  const { code, lines, stdout, stderr } = await runPython(python ?? '', [script, helpers]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const cases = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
  expect(cases.map(({ name }) => name)).toEqual([
    ...Object.keys(SETTINGS),
    ...Object.keys(REFUSED),
  ]);
  for (const { name, trained, held, gradients } of cases) {
    const from = lines.findIndex(({ text }) => text === `case ${name}`);
    const announced = lines.slice(from).find(({ type }) => type === 'model')?.fields ?? {};
    const ran = lines.slice(from).find(({ type }) => type === 'run')?.fields;
    const model = announcedModel(announced);
    const run =
      typeof model === 'string' || model === null
        ? model
        : announcedRun(model, { ...announced, ...ran, device: 'NVIDIA H100' });
    if (name in REFUSED) {
      expect(run, name).toMatch(REFUSED[name]!);
      continue;
    }
    expect(run, name).toMatchObject({ mode: 'train', ...SETTINGS[name] });
    if (typeof model === 'string' || model === null || typeof run === 'string' || run === null)
      throw new Error(name);
    expect(countRankParameters(model, run, wholeShard(model, run)), name).toEqual({
      held,
      trained,
    });
    const { phases } = computeBudget(model, run).tiers.refined;
    const backward = phases.find(({ phase }) => phase === 'backward');
    // Small matrices fill their blocks by chance; another precision is half or twice as much.
    expect(Math.abs((backward?.endComponents.gradients ?? 0) / gradients - 1)).toBeLessThan(0.2);
  }
});
