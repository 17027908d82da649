/** What a run is where nothing is said: what the framework would do with the model as it was published. */
import { describe, expect, it } from 'vitest';
import { resolveModel } from '../../../../src/main/hosts/cli/options/resolve-model';
import { modelCalled, modelNames, namedModel } from '../../../../src/shared/model/named';
import { nearNames } from '../../../../src/shared/model/preset-names';
import { preset } from '../../../../src/shared/model/presets';
import { releaseIds } from '../../../../src/shared/model/published';
import { runDefaults } from '../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { listAssumed } from '../../../../src/shared/present/assumed';

const precision = (model: ModelSpec, given: Partial<RunSpec>) =>
  runDefaults(model, { framework: 'pytorch', ...given }).precision;

describe('the precision of a run', () => {
  it('is the one its model was published in, and fp32 where none is known', () => {
    expect(precision(preset('llama-3-8b'), { mode: 'train' })).toBe('bf16');
    expect(precision(preset('llama-2-7b'), { mode: 'generate' })).toBe('fp16');
    expect(precision(preset('gpt2'), { mode: 'train' })).toBe('fp32');
    expect(precision(preset('llama-3-8b'), { mode: 'train', precision: 'fp32' })).toBe('fp32');
  });

  it('of a quantized release is that of its weights, and half where they are trained', () => {
    const model = preset('deepseek-v3');
    expect(precision(model, { mode: 'generate' })).toBe('fp8');
    expect(precision(model, { mode: 'train' })).toBe('bf16');
    expect(precision(model, { mode: 'train', loraRank: 8 })).toBe('fp8');
  });
});

describe('attention', () => {
  it('is sdpa in PyTorch and written out in the bundled workload', () => {
    expect(runDefaults(preset('llama-3-8b')).attention).toBe('sdpa');
    expect(runDefaults(preset('gpt2'), { framework: 'tfjs' }).attention).toBe('eager');
  });
});

describe('what is assumed', () => {
  const llama = preset('llama-3-8b');
  it('says where no precision is published that fp32 stands in', () => {
    const model = preset('gpt2');
    expect(listAssumed(model, runDefaults(model, { framework: 'pytorch' }), {})[0]).toBe(
      'fp32 (none is published)',
    );
  });

  it('says what four bits are, and that transformers leaves the experts of today as they are', () => {
    const words = (name: string, given: Partial<RunSpec>) => {
      const model = namedModel(name);
      return listAssumed(model, runDefaults(model, { framework: 'pytorch', ...given }), given);
    };
    const [bits, experts] = words('mixtral-8x22b', { precision: 'int4', mode: 'infer' });
    expect(bits).toBe(
      '4.5 bits a weight (NF4, an fp32 scale every 64; embeddings, norms and head in 16)',
    );
    // 56 layers of 8 experts of three matrices 6144 × 16384, 11.5 bits a weight more.
    const more = (56 * 8 * 3 * 6144 * 16_384 * 11.5) / 8 / 2 ** 30;
    expect(experts).toContain(`${more.toFixed(0)} GiB more`);
    expect(words('llama-3-8b', { precision: 'int8', mode: 'infer' })[0]).toBe('sdpa');
    expect(words('gpt-oss-20b', { mode: 'infer' })[0]).toMatch(/^mxfp4 as published/);
  });

  it('says that ZeRO shards nothing over one rank', () => {
    const words = (given: Partial<RunSpec>) =>
      listAssumed(llama, runDefaults(llama, given), given).join();
    expect(words({ mode: 'train', zero: 3 })).toContain('ZeRO shards nothing');
    expect(words({ mode: 'train', zero: 3, dp: 2 })).not.toContain('ZeRO');
  });

  it('says of a release whose file nobody here has seen that its precision is not verified', () => {
    const words = (name: string) => {
      const model = namedModel(name);
      return listAssumed(model, runDefaults(model, { framework: 'pytorch' }), {})[0];
    };
    expect(words('qwen2.5-72b')).toBe('bf16 as published (not verified)');
    expect(words('t5-small')).toBe('fp32 (none known to be published)');
    expect(words('mistral-7b')).toBe('bf16 as published');
    expect(words('gpt2')).toBe('fp32 (none is published)');
  });

  const assumed = (given: Partial<RunSpec>) =>
    listAssumed(llama, runDefaults(llama, { framework: 'pytorch', ...given }), given);

  it('is named, and no more than that', () => {
    expect(assumed({ mode: 'train' })).toEqual([
      'bf16 as published',
      'sdpa',
      'AdamW',
      'batch 1',
      'sequences of 128 tokens',
    ]);
    expect(
      assumed({
        mode: 'train',
        precision: 'fp32',
        attention: 'eager',
        optimizer: 'sgd',
        batch: 2,
        seq: 64,
      }),
    ).toEqual([]);
    expect(assumed({ mode: 'train', precision: 'nf4', loraRank: 8, batch: 1, seq: 64 })).toContain(
      'embeddings, norms and head cast to fp32 (PEFT)',
    );
  });
});

describe('a name', () => {
  it.each([
    ['meta-llama/Meta-Llama-3-8B', 'llama-3-8b'],
    ['meta-llama/Meta-Llama-3-8B-Instruct', 'llama-3-8b'],
    ['llama3-8b', 'llama-3-8b'],
    ['meta-llama/Llama-3.1-8B-Instruct', 'llama-3.1-8b'],
    ['Qwen/Qwen2.5-7B-Instruct', 'qwen2.5-7b'],
    ['google-bert/bert-base-uncased', 'bert-base'],
    ['mistralai/Mistral-7B-Instruct-v0.1', 'mistral-7b'],
    ['GPT2', 'gpt2'],
    ['google/gemma-2-9b', 'gemma-2-9b'],
  ])('%s means %s', async (typed, name) => {
    expect(await resolveModel(typed)).toEqual(preset(name));
  });

  it('whose ending matters means a release of its own: Gemma 2 is tuned in bf16, and its base is in fp32', () => {
    for (const size of ['2b', '9b', '27b']) {
      expect(modelCalled(`google/gemma-2-${size}-it`)?.dtype).toBe('bf16');
      expect(modelCalled(`google/gemma-2-${size}`)?.dtype).toBe('fp32');
    }
  });

  it.each([
    ['openai/whisper-large-v3', /sound/],
    ['google/vit-base-patch16-224', /pictures/],
    ['google/gemma-3n-e4b', /streams/],
    ['state-spaces/mamba-2.8b-hf', /recurrent state/],
    ['RWKV/rwkv-4-169m-pile', /recurrent state/],
    ['tiiuae/falcon-mamba-7b', /recurrent state/],
    ['deepseek-ai/DeepSeek-V3.2', /kernel/],
  ])('%s is refused with what is missing', async (typed, why) => {
    expect(modelCalled(typed)).toBeUndefined();
    await expect(resolveModel(typed)).rejects.toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringMatching(why) }),
    );
  });

  it('of every preset and of every release means itself', () => {
    for (const name of modelNames()) {
      expect(modelCalled(name)?.name).toBe(name);
      for (const id of releaseIds(name)) expect(modelCalled(id)?.name, id).toBe(name);
    }
  });

  it('that means none is refused with those like it', async () => {
    expect(nearNames('lama-3-8b')[0]).toBe('llama-3-8b');
    // One that is only begun.
    for (const name of nearNames('llama')) expect(name).toMatch(/^llama/);
    expect(nearNames('llama').length).toBeGreaterThan(2);
    // Another vocabulary than the first version: a guess would count wrong.
    expect(modelCalled('mistralai/Mistral-7B-v0.3')?.vocab).toBe(32_768);
    expect(modelCalled('mistralai/Mistral-7B-v0.2')).toBeUndefined();
    for (const typed of ['lama-3-8b', 'meta-llama/Llama-3-8b-q4', 'zzzzzzzz'])
      await expect(resolveModel(typed)).rejects.toThrow(
        expect.objectContaining({
          code: 'bad_input',
          message: expect.stringContaining(typed),
          remedy: expect.stringContaining('config.json'),
        }),
      );
    await expect(resolveModel('nowhere/config.json')).rejects.toThrow(/cannot be read/);
  });

  it('of the bundled workload’s narrow weights are its own packing, not PyTorch’s', () => {
    const gpt2 = preset('gpt2');
    const assumed = (precision: RunSpec['precision']) =>
      listAssumed(gpt2, runDefaults(gpt2, { framework: 'tfjs', precision }), { precision }).join();
    expect(assumed('int4')).toContain('layers at 4 bits with an fp32 scale every 64');
    expect(assumed('int8')).toContain('an fp32 scale a row');
    expect(assumed('fp32')).not.toContain('matrices');
    for (const precision of ['fp16', 'int8', 'int4'] as const)
      expect(assumed(precision)).not.toMatch(/NF4|norms and head in 16/);
  });
});
