/**
 * The release that each preset stands for: its page on Hugging Face, and `torch_dtype` of the config.json there. Presets of
 * papers alone have no page; a release whose file names no dtype loads in fp32, and none is said here. `read` says where a copy
 * of that file was read whole; the other dtypes are as those files are known, and not verified.
 */
import type { ModelSpec } from './model-spec';
import type { Quantization } from './quantization';
import { CONFIGURED } from './releases';
import { CARRIED, COMPILED, type ReleasePage, TRAINED } from './releases/fields';

interface Release extends ReleasePage {
  readonly dtype?: NonNullable<ModelSpec['dtype']>;
  readonly quantization?: Quantization;
}

/** Copies of config.json of eleven releases, printed whole. */
const PRINTED = 'github.com/citsjtu2020/LLM-Prof sglang/Model_Config.md @8434c8d';

/** Copies of config.json that a server's tests carry. */
const TESTED =
  'github.com/scaleapi/llm-engine model-engine/tests/unit/domain/test_llm_use_cases.py @28edd64';

const RELEASES: Readonly<Record<string, Release>> = {
  gpt2: { id: 'openai-community/gpt2', read: COMPILED },
  'gpt2-medium': { id: 'openai-community/gpt2-medium', read: COMPILED },
  'gpt2-large': { id: 'openai-community/gpt2-large' },
  'gpt2-xl': { id: 'openai-community/gpt2-xl' },
  'bert-base': { id: 'google-bert/bert-base-uncased' },
  'bert-large': { id: 'google-bert/bert-large-uncased' },
  distilbert: { id: 'distilbert/distilbert-base-uncased' },
  tinybert: { id: 'huawei-noah/TinyBERT_General_4L_312D' },
  'llama-2-7b': {
    id: 'meta-llama/Llama-2-7b-hf',
    same: ['lmsys/vicuna-7b-v1.5'],
    dtype: 'fp16',
    read: TESTED,
  },
  'llama-2-13b': {
    id: 'meta-llama/Llama-2-13b-hf',
    same: ['lmsys/vicuna-13b-v1.5'],
    dtype: 'fp16',
    read: TESTED,
  },
  'llama-2-70b': { id: 'meta-llama/Llama-2-70b-hf', dtype: 'fp16', read: TESTED },
  'llama-3-8b': { id: 'meta-llama/Meta-Llama-3-8B', dtype: 'bf16', read: TESTED },
  'llama-3-70b': { id: 'meta-llama/Meta-Llama-3-70B', dtype: 'bf16', read: TESTED },
  'llama-3.1-8b': {
    id: 'meta-llama/Llama-3.1-8B',
    same: ['deepseek-ai/DeepSeek-R1-Distill-Llama-8B'],
    dtype: 'bf16',
    read: PRINTED,
  },
  'llama-3.1-70b': {
    id: 'meta-llama/Llama-3.1-70B',
    same: ['meta-llama/Llama-3.3-70B-Instruct', 'deepseek-ai/DeepSeek-R1-Distill-Llama-70B'],
    dtype: 'bf16',
    read: CARRIED,
  },
  'llama-3.1-405b': { id: 'meta-llama/Llama-3.1-405B', dtype: 'bf16', read: CARRIED },
  'llama-3.2-1b': { id: 'meta-llama/Llama-3.2-1B', dtype: 'bf16', read: COMPILED },
  'llama-3.2-3b': { id: 'meta-llama/Llama-3.2-3B', dtype: 'bf16', read: PRINTED },
  'mistral-7b': {
    id: 'mistralai/Mistral-7B-v0.1',
    same: ['HuggingFaceH4/zephyr-7b-beta'],
    dtype: 'bf16',
    read: COMPILED,
  },
  'mixtral-8x7b': { id: 'mistralai/Mixtral-8x7B-v0.1', dtype: 'bf16', read: CARRIED },
  'mixtral-8x22b': { id: 'mistralai/Mixtral-8x22B-v0.1', dtype: 'bf16', read: CARRIED },
  'qwen2.5-0.5b': { id: 'Qwen/Qwen2.5-0.5B', dtype: 'bf16' },
  'qwen2.5-1.5b': { id: 'Qwen/Qwen2.5-1.5B', same: ['Qwen/Qwen2.5-Coder-1.5B'], dtype: 'bf16' },
  'qwen2.5-3b': { id: 'Qwen/Qwen2.5-3B', dtype: 'bf16', read: PRINTED },
  'qwen2.5-7b': {
    id: 'Qwen/Qwen2.5-7B',
    same: ['Qwen/Qwen2.5-Coder-7B'],
    dtype: 'bf16',
    read: PRINTED,
  },
  'qwen2.5-14b': {
    id: 'Qwen/Qwen2.5-14B',
    same: ['Qwen/Qwen2.5-Coder-14B', 'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B'],
    dtype: 'bf16',
    read: PRINTED,
  },
  'qwen2.5-32b': {
    id: 'Qwen/Qwen2.5-32B',
    same: ['Qwen/Qwen2.5-Coder-32B', 'Qwen/QwQ-32B', 'deepseek-ai/DeepSeek-R1-Distill-Qwen-32B'],
    dtype: 'bf16',
    read: PRINTED,
  },
  'qwen2.5-72b': { id: 'Qwen/Qwen2.5-72B', dtype: 'bf16' },
  'qwen3-0.6b': { id: 'Qwen/Qwen3-0.6B', dtype: 'bf16', read: CARRIED },
  'qwen3-1.7b': { id: 'Qwen/Qwen3-1.7B', dtype: 'bf16', read: CARRIED },
  'qwen3-4b': { id: 'Qwen/Qwen3-4B', dtype: 'bf16', read: PRINTED },
  'qwen3-8b': { id: 'Qwen/Qwen3-8B', dtype: 'bf16', read: PRINTED },
  'qwen3-14b': { id: 'Qwen/Qwen3-14B', dtype: 'bf16', read: PRINTED },
  'qwen3-32b': { id: 'Qwen/Qwen3-32B', dtype: 'bf16', read: PRINTED },
  'qwen3-30b-a3b': { id: 'Qwen/Qwen3-30B-A3B', dtype: 'bf16', read: PRINTED },
  'gemma-2-2b': { id: 'google/gemma-2-2b', dtype: 'fp32', read: TRAINED },
  'gemma-2-9b': { id: 'google/gemma-2-9b', dtype: 'fp32' },
  'deepseek-v2-lite': { id: 'deepseek-ai/DeepSeek-V2-Lite', dtype: 'bf16', read: COMPILED },
  'deepseek-v3': {
    id: 'deepseek-ai/DeepSeek-V3',
    same: ['deepseek-ai/DeepSeek-V3-Base', 'deepseek-ai/DeepSeek-V3.1', 'deepseek-ai/DeepSeek-R1'],
    dtype: 'bf16',
    quantization: { kind: 'fp8', bits: 8, group: 128, groupColumns: 128 },
    read: CARRIED,
  },
  't5-small': { id: 'google-t5/t5-small' },
  't5-base': { id: 'google-t5/t5-base' },
  't5-large': { id: 'google-t5/t5-large' },
  't5-3b': { id: 'google-t5/t5-3b' },
  'bart-base': { id: 'facebook/bart-base' },
  'bart-large': { id: 'facebook/bart-large' },
};

/** Ids of the release that the preset `name` stands for, and of those of its shape, the first its own. */
export function releaseIds(name: string): readonly string[] {
  const { id, same = [] } = RELEASES[name] ?? CONFIGURED[name] ?? {};
  return id === undefined ? [] : [id, ...same];
}

/**
 * Where the dtype of the model of that name was read: a copy of its config.json, or the file that was brought. Null where
 * nobody here has seen the file.
 */
export function findDtypeSource(name: string): string | null {
  const release = RELEASES[name] ?? CONFIGURED[name];
  return release === undefined ? 'its own file' : (release.read ?? null);
}

/** `model` in the precision of its release. */
export function asPublished(model: ModelSpec): ModelSpec {
  const { dtype, quantization } = RELEASES[model.name] ?? {};
  return { ...model, ...(dtype && { dtype }), ...(quantization && { quantization }) };
}
