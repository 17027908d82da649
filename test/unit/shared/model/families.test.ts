import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { modelFromConfig } from '../../../../src/shared/model/config-file';
import { parseConfigText } from '../../../../src/shared/model/config-text';
import { FAMILIES, findImplementation } from '../../../../src/shared/model/families';
import {
  activeParameterCount,
  adapterParameters,
  parameterCount,
} from '../../../../src/shared/model/parameters';
import { preset, presetNames } from '../../../../src/shared/model/presets';
import { quantizedBytes } from '../../../../src/shared/model/quantization';
import { runDefaults } from '../../../../src/shared/model/run';
import { checkRun } from '../../../../src/shared/model/validate';

const refusal = (message: RegExp, remedy: RegExp = /./) =>
  expect.objectContaining({
    code: 'bad_input',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });

const llama3 = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 128_256,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 8192,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
  torch_dtype: 'bfloat16',
  tie_word_embeddings: false,
};
const configs: [string, Record<string, unknown>, number][] = [
  ['llama', llama3, 8_030_261_248],
  [
    'mistral',
    {
      model_type: 'mistral',
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      sliding_window: 4096,
      vocab_size: 32_000,
    },
    7_241_732_096,
  ],
  [
    'mixtral',
    {
      model_type: 'mixtral',
      hidden_size: 4096,
      intermediate_size: 14_336,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      num_experts_per_tok: 2,
      num_local_experts: 8,
      sliding_window: null,
      vocab_size: 32_000,
    },
    46_702_792_704,
  ],
  [
    'qwen2',
    {
      model_type: 'qwen2',
      hidden_size: 896,
      intermediate_size: 4864,
      num_attention_heads: 14,
      num_hidden_layers: 24,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
      use_sliding_window: false,
      sliding_window: 32_768,
      vocab_size: 151_936,
    },
    494_032_768,
  ],
  [
    'qwen3_moe',
    {
      model_type: 'qwen3_moe',
      hidden_size: 2048,
      intermediate_size: 6144,
      moe_intermediate_size: 768,
      num_experts: 128,
      num_experts_per_tok: 8,
      num_attention_heads: 32,
      num_hidden_layers: 48,
      num_key_value_heads: 4,
      head_dim: 128,
      vocab_size: 151_936,
    },
    30_532_122_624,
  ],
  [
    'gpt_neox',
    {
      model_type: 'gpt_neox',
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
      vocab_size: 50_304,
    },
    162_322_944,
  ],
  ['bert', { model_type: 'bert', architectures: ['BertModel'] }, 109_482_240],
  ['distilbert', { model_type: 'distilbert' }, 66_362_880],
  [
    'deepseek_v3',
    {
      model_type: 'deepseek_v3',
      n_routed_experts: 256,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 3,
      q_lora_rank: 1536,
    },
    671_026_404_352,
  ],
  ['t5', { model_type: 't5' }, 60_506_624],
];

describe('a preset', () => {
  // Counts as the checkpoints on Hugging Face hold them.
  it.each([
    ['gpt2', 124_439_808],
    ['gpt2-medium', 354_823_168],
    ['gpt2-large', 774_030_080],
    ['gpt2-xl', 1_557_611_200],
    ['bert-base', 109_482_240],
    ['bert-large', 335_141_888],
    ['distilbert', 66_362_880],
    ['tinybert', 14_350_248],
    ['llama-2-7b', 6_738_415_616],
    ['llama-2-13b', 13_015_864_320],
    ['llama-2-70b', 68_976_648_192],
    ['llama-3-8b', 8_030_261_248],
    ['llama-3-70b', 70_553_706_496],
    ['mistral-7b', 7_241_732_096],
    ['mixtral-8x7b', 46_702_792_704],
    ['qwen2.5-0.5b', 494_032_768],
    ['qwen2.5-7b', 7_615_616_512],
  ])('%s has %d parameters', (name, parameters) => {
    expect(parameterCount(preset(name))).toBe(parameters);
  });

  it('of GPT-3 has 175 billion parameters, of the chapter’s exercise 1.3 billion', () => {
    expect(parameterCount(preset('gpt3')) / 1e9).toBeCloseTo(175, 0);
    expect(parameterCount(preset('gpt-1.3b')) / 1e9).toBeCloseTo(1.3, 1);
  });

  it('of experts sends a token through a part of its parameters', () => {
    // Mixtral: 12.9 billion active, as its paper says.
    expect(activeParameterCount(preset('mixtral-8x7b')) / 1e9).toBeCloseTo(12.9, 1);
    expect(activeParameterCount(preset('llama-2-7b'))).toBe(parameterCount(preset('llama-2-7b')));
  });
});

describe('a config.json', () => {
  it.each(configs)('of %s is read as it is', (_, config, parameters) => {
    const model = modelFromConfig(config, 'config.json');
    expect(parameterCount(model)).toBe(parameters);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it('keeps what memory depends on', () => {
    expect(modelFromConfig(llama3, 'x')).toMatchObject({
      kvHeads: 8,
      headDim: 128,
      positions: 'rotary',
      norm: 'rmsnorm',
      activation: 'swiglu',
      bias: false,
      tiedHead: false,
    });
    expect(modelFromConfig(configs[1]![1], 'x').slidingWindow).toBe(4096);
    expect(modelFromConfig(configs[3]![1], 'x').slidingWindow).toBeUndefined();
    expect(modelFromConfig(configs[8]![1], 'x').latentAttention).toMatchObject({
      kvRank: 512,
      ropeDim: 64,
    });
  });

  it('of an architecture nobody knows is refused by name', () => {
    expect(() => modelFromConfig({ model_type: 'mamba2' }, 'x')).toThrow(
      refusal(/"mamba2".*recurrent state/, /transformer.*Recorded without --model it is measured/),
    );
    expect(() => modelFromConfig({ model_type: 'perceptron' }, 'x')).toThrow(
      refusal(/"perceptron"/, /gpt2.*llama/),
    );
    expect(() => modelFromConfig({ model_type: 'gemma3n_text' }, 'x')).toThrow(
      refusal(/"gemma3n_text".*streams/, /Gemma 1 to 4/),
    );
    expect(() => modelFromConfig({ model_type: 'whisper' }, 'x')).toThrow(
      refusal(/"whisper".*sound/, /text/),
    );
    expect(() => modelFromConfig({ model_type: 'llamax' }, 'x')).toThrow(
      refusal(/"llamax"/, /llama.*others/),
    );
    expect(() => modelFromConfig({ ...llama3, hidden_act: 'mish' }, 'x')).toThrow(
      refusal(/hidden_act "mish"/, /silu/),
    );
    expect(() =>
      modelFromConfig({ ...llama3, architectures: ['LlamaForImageGeneration'] }, 'x'),
    ).toThrow(refusal(/architectures cannot be "LlamaForImageGeneration"/, /ForCausalLM/));
    expect(() => modelFromConfig({ ...llama3, num_key_value_heads: 5 }, 'x')).toThrow(
      refusal(/^Key-value heads cannot be 5/, /divisor of 32/),
    );
  });

  it('with a value that cannot be is refused by the field, the value and what would be valid', () => {
    for (const [field, value, valid] of [
      ['num_hidden_layers', 0, 'a number above 0'],
      ['num_hidden_layers', -3, 'a number above 0'],
      ['num_hidden_layers', 1e308, 'a (whole )?number'],
      ['vocab_size', 'many', 'a number'],
      ['hidden_size', 1.5, 'a whole number'],
      ['hidden_size', Number.NaN, 'a number'],
      ['tie_word_embeddings', 'no', 'true or false'],
      ['quantization_config', 'gptq', 'an object'],
    ] as const) {
      const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
      const pattern = `${field} cannot be ${shown.replaceAll(/[.+]/g, '\\$&')}: .*${valid}`;
      expect(() => modelFromConfig({ ...llama3, [field]: value }, 'x')).toThrow(
        refusal(new RegExp(pattern)),
      );
    }
    expect(() => modelFromConfig({ ...llama3, torch_dtype: 'bf61' }, 'x')).toThrow(
      refusal(/torch_dtype cannot be "bf61"/, /float32, float16, bfloat16/),
    );
    expect(modelFromConfig({ ...llama3, dtype: 'auto', torch_dtype: 'float16' }, 'x').dtype).toBe(
      'fp16',
    );
    expect(() =>
      modelFromConfig({ ...llama3, layer_types: ['full_attention', 'full_attention'] }, 'x'),
    ).toThrow(refusal(/layer_types cannot be "a list of 2": there are 32 layers/, /32 entries/));
  });
});

describe('a file of several parts', () => {
  it('is not read as a family whose name its class begins with', () => {
    const file = { model_type: 't5gemma', architectures: ['T5GemmaForConditionalGeneration'] };
    expect(() => modelFromConfig(file, 't5gemma')).toThrow(refusal(/"t5gemma"/));
  });

  it('names what stands beside the language model by what the file calls it', () => {
    const file = {
      model_type: 'speech',
      text_config: llama3,
      acoustic_tokenizer_config: { hidden_size: 8 },
    };
    expect(modelFromConfig(file, 'speech').leftOut).toEqual(['acoustic tokenizer']);
  });
});

describe('layers without attention', () => {
  const next = modelFromConfig(
    {
      model_type: 'qwen3_next',
      hidden_size: 512,
      num_hidden_layers: 4,
      num_attention_heads: 8,
      num_key_value_heads: 2,
      head_dim: 64,
      vocab_size: 1000,
      moe_intermediate_size: 128,
      shared_expert_intermediate_size: 128,
      num_experts: 8,
      num_experts_per_tok: 2,
      linear_num_key_heads: 4,
      linear_num_value_heads: 8,
    },
    'next',
  );

  it('keep a state of one size, however much has gone before', () => {
    const cached = (promptTokens: number) => {
      const run = runDefaults(next, {
        mode: 'generate',
        framework: 'pytorch',
        precision: 'bf16',
        promptTokens,
        tokens: 1,
      });
      const prefill = computeBudget(next, run).tiers.refined.timeline.find(
        ({ phase }) => phase === 'prefill',
      );
      return prefill?.endComponents.kv_cache ?? Number.NaN;
    };
    // Keys and values of 2 heads of 64 in bf16, of one layer of four.
    expect(cached(200) - cached(100)).toBe(100 * 2 * 2 * 64 * 2);
    // States of 8 heads, 128 × 128 in fp32, and four taps of 2·4·128 + 8·128 channels in bf16, of the other three.
    expect(cached(100) - 100 * 2 * 2 * 64 * 2).toBe(3 * (8 * 128 * 128 * 4 + 4 * 2048 * 2));
  });
});

describe('Gemma 4', () => {
  const text = {
    model_type: 'gemma4_text',
    hidden_size: 1536,
    num_hidden_layers: 10,
    num_attention_heads: 8,
    num_key_value_heads: 1,
    head_dim: 256,
    sliding_window: 512,
    layer_types: Array.from({ length: 10 }, (_, at) =>
      at % 5 === 4 ? 'full_attention' : 'sliding_attention',
    ),
  };
  const cached = (fields: object, promptTokens: number) => {
    const model = modelFromConfig({ ...text, ...fields }, 'gemma 4');
    const run = runDefaults(model, {
      mode: 'generate',
      framework: 'pytorch',
      precision: 'bf16',
      batch: 1,
      promptTokens,
      tokens: 1,
    });
    const prefill = computeBudget(model, run).tiers.refined.timeline.find(
      ({ phase }) => phase === 'prefill',
    );
    return prefill?.endComponents.kv_cache;
  };

  it('caches 256 a head in layers with a window, up to its length, and 512 in the others', () => {
    // Eight layers of one head of 256 and two of 512, keys and values in bf16.
    expect(cached({}, 100)).toBe(100 * (8 * 256 + 2 * 512) * 2 * 2);
    expect(cached({}, 1000)).toBe((512 * 8 * 256 + 1000 * 2 * 512) * 2 * 2);
  });

  it('caches nothing in layers that read the keys of others', () => {
    // Of the first five layers four have a window.
    expect(cached({ num_kv_shared_layers: 5 }, 100)).toBe(100 * (4 * 256 + 512) * 2 * 2);
  });

  it('takes the heads of its layers as transformers writes them since 5.18', () => {
    const said = { '4': { head_dim: 128 }, '9': { head_dim: 128 } };
    expect(cached({ per_layer_config: said }, 100)).toBe(100 * (8 * 256 + 2 * 128) * 2 * 2);
    expect(() => cached({ per_layer_config: { '4': { head_dim: 128 } } }, 100)).toThrow(
      refusal(/per_layer_config/),
    );
  });
});

describe('a field that nobody reads', () => {
  it.each([
    ['altup_num_inputs', 4],
    ['hidden_size_per_layer_input', 256],
    ['num_memory_tokens_dim', 8],
    ['expert_interval_step', 2],
  ])('%s is refused by name, since it may change a size', (field, value) => {
    expect(() => modelFromConfig({ ...llama3, [field]: value }, 'x')).toThrow(
      refusal(new RegExp(`${field} ${value}`), /Leave the field out/),
    );
    for (const unset of [null, false, 0, []])
      expect(modelFromConfig({ ...llama3, [field]: unset }, 'x')).toEqual(
        modelFromConfig(llama3, 'x'),
      );
  });

  it('is let be where it changes none', () => {
    const more = { rope_scaling: { factor: 8 }, pretraining_tp: 1, initializer_range: 0.02 };
    expect(modelFromConfig({ ...llama3, ...more }, 'x')).toEqual(modelFromConfig(llama3, 'x'));
  });
});

describe('the text of a config.json', () => {
  it('may hold what Python writes and JSON does not know', () => {
    const text = '{"a": Infinity, "b": [-Infinity, NaN], "c": "NaN, \\"Infinity\\"", "d": 1}';
    expect(parseConfigText(text)).toEqual({
      a: Number.POSITIVE_INFINITY,
      b: [Number.NEGATIVE_INFINITY, null],
      c: 'NaN, "Infinity"',
      d: 1,
    });
    expect(() => parseConfigText('{"a": Infinit}')).toThrow(SyntaxError);
  });
});

describe('the storage of a published model', () => {
  it('is read from dtype, or torch_dtype as it once was', () => {
    expect(modelFromConfig(llama3, 'x').dtype).toBe('bf16');
    expect(modelFromConfig({ ...llama3, dtype: 'float16' }, 'x').dtype).toBe('fp16');
    const { torch_dtype: _, ...without } = llama3;
    expect(modelFromConfig(without, 'x').dtype).toBeUndefined();
  });

  it.each<[string, object, object]>([
    ['GPTQ', { quant_method: 'gptq', bits: 4, group_size: 32 }, { kind: 'gptq', group: 32 }],
    ['AWQ', { quant_method: 'awq', bits: 4, group_size: 128 }, { kind: 'awq', group: 128 }],
    [
      'NF4',
      { load_in_4bit: true, bnb_4bit_quant_type: 'nf4', bnb_4bit_use_double_quant: true },
      { kind: 'nf4', double: true },
    ],
    ['int8', { quant_method: 'bitsandbytes', load_in_8bit: true }, { kind: 'int8', bits: 8 }],
    [
      'fp8 in blocks',
      { quant_method: 'fp8', weight_block_size: [128, 128] },
      { kind: 'fp8', group: 128, groupColumns: 128 },
    ],
    ['mxfp4', { quant_method: 'mxfp4' }, { kind: 'mxfp4', group: 32 }],
  ])('is read of %s', (_, quantization_config, expected) => {
    const model = modelFromConfig({ ...llama3, quantization_config }, 'x');
    expect(model.quantization).toMatchObject(expected);
  });

  it('of a method nobody knows is refused by name', () => {
    expect(() =>
      modelFromConfig({ ...llama3, quantization_config: { quant_method: 'vptq' } }, 'x'),
    ).toThrow(refusal(/"vptq"/, /gptq, awq/));
  });

  it('takes the bytes its format defines', () => {
    // 4096 × 4096: NF4 half a byte and an fp32 scale for 64; doubled, a byte for 64 and an fp32 for 256 of those, and one.
    const elements = 4096 * 4096;
    const nf4 = { kind: 'nf4', bits: 4, group: 64 } as const;
    expect(quantizedBytes(nf4, 4096, 4096)).toBe(elements / 2 + elements / 16);
    expect(quantizedBytes({ ...nf4, double: true }, 4096, 4096)).toBe(
      elements / 2 + elements / 64 + elements / 4096 + 4,
    );
    // GPTQ, group 128: 32 groups of fp16 scales and 4-bit zero-points an output, and an int32 an input (AutoGPTQ's g_idx).
    expect(quantizedBytes({ kind: 'gptq', bits: 4, group: 128 }, 4096, 4096)).toBe(
      elements / 2 + 32 * 4096 * 2 + (32 * 4096) / 2 + 4 * 4096,
    );
    // DeepSeek-V3's fp8: an fp32 for a block of 128 × 128.
    expect(
      quantizedBytes({ kind: 'fp8', bits: 8, group: 128, groupColumns: 128 }, 7168, 2048),
    ).toBe(7168 * 2048 + 4 * 56 * 16);
    expect(quantizedBytes({ kind: 'mxfp4', bits: 4, group: 32 }, 2880, 5760)).toBe(
      (2880 * 5760 * 4.25) / 8,
    );
  });
});

describe('a family', () => {
  const named = [
    ...presetNames().map(preset),
    ...configs.map(([name, config]) => modelFromConfig(config, name)),
  ];

  it('has a name and config.json types that no other has', () => {
    const names = FAMILIES.map(({ name }) => name);
    const types = FAMILIES.flatMap((family) => family.configs.flatMap((format) => format.types));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(types).size).toBe(types.length);
  });

  it('is named by every preset and every config.json', () => {
    const names = new Set<string | undefined>(FAMILIES.map(({ name }) => name));
    for (const { name, family } of named) expect(names, name).toContain(family);
  });

  it('is found for the models of sessions recorded before it had a name', () => {
    for (const model of named) {
      const { family: _, ...older } = model;
      expect(findImplementation(older), model.name).toEqual(findImplementation(model));
      expect(findImplementation({ ...model, family: 'of a later version' })).toEqual(
        findImplementation(model),
      );
    }
  });
});

describe('a run that cannot be', () => {
  it('on the bundled framework names what the model has that it lacks', () => {
    const llama = preset('llama-3-8b');
    expect(() => computeBudget(llama, runDefaults(llama, { framework: 'tfjs' }))).toThrow(
      refusal(/tfjs.*rotary/, /pytorch/),
    );
    expect(runDefaults(llama).framework).toBe('pytorch');
    expect(runDefaults(preset('gpt2')).framework).toBe('tfjs');
  });

  it.each<[string, string, Parameters<typeof runDefaults>[1], RegExp]>([
    [
      'generation by an encoder',
      'bert-base',
      { mode: 'generate' },
      /--mode cannot be "generate".*encoder/,
    ],
    [
      'quantized weights trained without adapters',
      'llama-2-7b',
      { mode: 'train', precision: 'int4' },
      /--precision cannot be "int4"/,
    ],
    [
      'flash attention in fp32',
      'llama-2-7b',
      { mode: 'train', precision: 'fp32', attention: 'flash' },
      /--attention cannot be "flash"/,
    ],
    [
      'more tensor-parallel ranks than heads divide',
      'llama-2-7b',
      { mode: 'train', tp: 3 },
      /--tp cannot be 3.*32 heads/,
    ],
    [
      'more stages than layers',
      'llama-2-7b',
      { mode: 'train', pp: 33 },
      /--pp cannot be 33.*32 layers/,
    ],
    [
      'adapters without training',
      'llama-2-7b',
      { mode: 'infer', loraRank: 8 },
      /--lora-rank cannot be 8/,
    ],
    [
      'experts spread where there are none',
      'llama-2-7b',
      { mode: 'train', expertParallel: 2, dp: 2 },
      /--expert-parallel cannot be 2/,
    ],
    [
      'sequence parallelism without tensor parallelism',
      'llama-2-7b',
      { mode: 'train', sequenceParallel: true },
      /--sequence-parallel cannot be on/,
    ],
    [
      'ZeRO on the bundled framework',
      'gpt2',
      { mode: 'train', framework: 'tfjs', zero: 3 },
      /--zero cannot be 3/,
    ],
    ['a dropout of one', 'llama-2-7b', { mode: 'train', dropout: 1 }, /--dropout cannot be 1/],
  ])('%s is refused', (_, name, given, message) => {
    expect(() => checkRun(preset(name), runDefaults(preset(name), given))).toThrow(
      refusal(message),
    );
  });
});

describe('adapters', () => {
  it('of rank 8 on queries and values of Llama 2 13B are 6,553,600, as LitGPT prints', () => {
    expect(adapterParameters(preset('llama-2-13b'), 8, 'query-value')).toBe(6_553_600);
  });
});

describe('a billion', () => {
  it('of layers or of micro-batches is refused at once', () => {
    const deep = { model_type: 'qwen3_moe', num_hidden_layers: 1e9, decoder_sparse_step: 2 };
    expect(() => modelFromConfig(deep, 'x')).toThrow(/cannot be/);
    const gpt2 = preset('gpt2');
    const run = runDefaults(gpt2, { mode: 'train', framework: 'tfjs', gradAccum: 1e9 });
    expect(() => checkRun(gpt2, run)).toThrow(/--grad-accum cannot be 1000000000/);
  });
});
