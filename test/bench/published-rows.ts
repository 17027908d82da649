/** From a row of published measurements to what Plumbline predicts for it, or why it predicts nothing. */
import { pytorchBudget } from '../../src/shared/budget/pytorch';
import { headOf } from '../../src/shared/budget/pytorch/head';
import { elementsOf, savedTensors } from '../../src/shared/budget/pytorch/saved';
import { elementBytes } from '../../src/shared/budget/pytorch/types';
import { wholeShard } from '../../src/shared/budget/sharding/shard';
import { parameterCount } from '../../src/shared/model/parameters';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { checkRun } from '../../src/shared/model/validate';
import { publishedModel } from './published-models';

export interface PublishedRow {
  readonly id: string;
  readonly url: string | null;
  readonly kind: string;
  readonly model: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly quantity: string;
  readonly value: number;
  readonly unit: string;
}
export type Prediction =
  | { readonly kind: string; readonly predicted: number }
  | { readonly reason: string };

/** Bytes of one unit as printed; 1 where the unit is a count. Null for what is no size. */
function unitBytes(unit: string): number | null {
  if (/^(MiB|MB \((MiB|nvidia-smi MiB)\))/.test(unit)) return 2 ** 20;
  if (unit.startsWith('GiB')) return 2 ** 30;
  if (unit.startsWith('GB')) return 1e9;
  return unit === 'bytes' || unit === 'bytes/token' || unit === 'params' ? 1 : null;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** In the row's own unit. */
export function predict(row: PublishedRow): Prediction {
  const unit = unitBytes(row.unit);
  if (unit === null) return { reason: 'no size of memory (speed or operations)' };
  if (row.kind === 'published-analytic') return { reason: 'a formula of others, not measured' };
  if (/llm\.c/.test(text(row.config.framework)) && !/^(params|adam-m|adam-v|grads) bytes/.test(row.quantity)) return { reason: 'llm.c plans its own buffers' };
  if (/available/.test(row.quantity)) return { reason: 'what a server leaves over, by rules of its own' };
  if (/^torchtune-llama32/.test(row.id) && !/packed$/.test(row.id)) return { reason: 'compiled or offloaded activations' };
  if (/^(ctx-|pytorch-ctx|cublas)/.test(row.id)) return { reason: 'source of a constant, so no test of it' };
  const cache = cacheSize(row);
  if (cache !== null) return { kind: 'kv cache', predicted: cache / unit };
  if (/^torch CrossEntropy/.test(row.model)) return { kind: 'logits', predicted: crossEntropy(row) / unit };
  const model = publishedModel(row.model);
  if (!model) return { reason: 'the model’s configuration is not published with the figure' };
  const found = byQuantity(row, model);
  if ('reason' in found) return found;
  return { kind: found.kind, predicted: found.predicted / unit };
}

/** Cache rows carry all they need in their configuration. */
function cacheSize({ quantity, config, unit }: PublishedRow): number | null {
  if (!/^KV/.test(quantity)) return null;
  const layers = number(config.layers);
  if (layers === undefined) return null;
  const latent = number(config.kv_lora_rank);
  const heads = number(config.kv_heads);
  const width = number(config.head_dim);
  const elements = latent !== undefined ? latent + (number(config.qk_rope_head_dim) ?? 0) : heads !== undefined && width !== undefined ? 2 * heads * width : null;
  if (elements === null) return null;
  return layers * elements * 2 * (unit === 'bytes/token' ? 1 : number(config.seq) ?? 1);
}

function byQuantity(row: PublishedRow, model: ModelSpec): Prediction {
  const { quantity, config } = row;
  const framework = text(config.framework);
  const precision = text(config.precision);
  if (row.unit === 'params') return { kind: 'parameters', predicted: parameterCount(model) };
  if (/^(params|adam-m|adam-v|grads) bytes/.test(quantity)) {
    const P = parameterCount({ ...model, vocab: number(config.vocab) ?? model.vocab });
    return { kind: 'weights and states', predicted: P * (/fp32/.test(precision) || quantity.startsWith('adam') ? 4 : 2) };
  }
  if (/^weights$|memory allocated after model setup/.test(quantity)) {
    if (!/^bf16$/.test(precision)) return { reason: 'weights of another precision than Plumbline counts' };
    const tp = Number(/TP=(\d+)/.exec(framework)?.[1] ?? 1);
    return { kind: 'weights and states', predicted: 2 * parameterCount(model) / tp };
  }
  if (/^allocation step/.test(quantity)) return scores(row, model);
  if (/activation memory/.test(quantity)) {
    const budget = pytorchBudget(model, training(row, model, { precision: 'fp16' }));
    return { kind: 'activations', predicted: budget.phases.find(({ phase }) => phase === 'forward')?.components.activations ?? Number.NaN };
  }
  if (/inference|generating|KV cache/.test(quantity)) return inference(row, model);
  if (/after loading weights/.test(quantity)) return { kind: 'process', predicted: pytorchBudget(model, { ...training(row, model, {}), gpu: 'V100 16GB' }).phases[0]!.end };
  if (/train|process GPU|peak active/i.test(quantity)) return trained(row, model);
  return { reason: 'a quantity Plumbline does not predict' };
}

/** The loss alone, on logits that are a leaf: they and their gradient stand beside what the loss holds. */
function crossEntropy(row: PublishedRow): number {
  const model = { ...preset('gpt2'), vocab: number(row.config.vocab) ?? 0, maxPositions: 1 << 20 };
  const run = training(row, model, { precision: 'fp32' });
  const logits = 4 * run.batch * run.seq * model.vocab;
  return 2 * logits + headOf(model, run, wholeShard(model, run), elementBytes(run)).backward.requested;
}

/** One tensor of eager attention: its weights, or what dropout makes of them. */
function scores(row: PublishedRow, model: ModelSpec): Prediction {
  const run = training(row, model, { precision: 'bf16', attention: 'eager', dropout: 0.1 });
  const types = elementBytes(run);
  const wanted = /dropout/.test(row.quantity) ? /after dropout|dropout mask/ : /^attention weights$/;
  const tensors = savedTensors(model, run, wholeShard(model, run), types).filter((one) => one.scores && wanted.test(one.name));
  return { kind: 'activations', predicted: tensors.reduce((sum, one) => sum + elementsOf(one) * one.element, 0) };
}

function training({ config }: PublishedRow, model: ModelSpec, given: Partial<RunSpec>): RunSpec {
  return runDefaults({ ...model, vocab: number(config.vocab) ?? model.vocab }, {
    mode: 'train', framework: 'pytorch', batch: number(config.batch) ?? 1, seq: number(config.seq) ?? 512, ...given,
  });
}

function inference(row: PublishedRow, model: ModelSpec): Prediction {
  const { config, id } = row;
  const framework = text(config.framework);
  const said = text(config.precision);
  const precision = /^bf16/.test(said) || said === 'int8 KV' ? 'bf16' : /nf4$/.test(said) ? 'int4' : null;
  if (precision === null) return { reason: `weights in ${said}, which Plumbline does not count` };
  if (said === 'int8 KV') return { reason: 'a quantized cache with the figures of its own kernels' };
  const whole = number(config.seq) ?? 256;
  const prompt = Number(/-in(\d+)$/.exec(id)?.[1] ?? 1);
  const gpu = /A100-40/.test(framework) ? 'A100 40GB' : /A100/.test(framework) ? 'A100 80GB' : /^qwen3/.test(id) ? 'H20' : undefined;
  const run = runDefaults(model, {
    mode: 'generate', framework: 'pytorch', precision, batch: number(config.batch) ?? 1, promptTokens: prompt,
    tokens: Math.max(2, whole - prompt), attention: 'flash', ...(precision === 'int4' ? { kvPrecision: 'bf16' } : {}), ...(gpu ? { gpu } : {}),
  });
  checkRun(model, run);
  const budget = pytorchBudget(model, run);
  const end = budget.phases.at(-1)!;
  // The authors of the first print what the allocator holds; the others what the device shows.
  if (/max_memory_allocated/.test(row.quantity)) {
    return { kind: 'inference, allocated', predicted: end.end - (end.endComponents.reserve ?? 0) - (end.endComponents.context ?? 0) };
  }
  if (/peak inference GPU RAM|memory used, inference/.test(row.quantity)) return { kind: 'inference, allocated', predicted: budget.levels!.allocated };
  return { kind: 'inference, process', predicted: budget.total };
}

function trained(row: PublishedRow, model: ModelSpec): Prediction {
  const { config, quantity } = row;
  const optimizer = text(config.optimizer);
  const said = text(config.precision);
  const framework = text(config.framework);
  const parts: { -readonly [K in keyof RunSpec]?: RunSpec[K] } = {};
  if (number(config.batch) === undefined || number(config.seq) === undefined) return { reason: 'batch or sequence is not published' };
  if (/compile|offload|opt-in-bwd/.test(`${row.id} ${framework}`)) return { reason: 'compiled or offloaded activations' };
  parts.precision = /AMP/.test(said) ? 'mixed-fp16' : /^fp32/.test(said) ? 'fp32' : /nf4/.test(said) ? 'int4' : /bf16/.test(said) ? 'bf16' : 'fp16';
  if (/Adam8bit|AdamW8bit/.test(optimizer)) parts.optimizer = 'adam8bit';
  else if (/Adafactor/.test(optimizer)) parts.optimizer = 'adafactor';
  if (/Q-LoRA|QLoRA/.test(optimizer)) parts.precision = 'int4';
  if (/LoRA/.test(optimizer) || /lora/.test(row.id)) {
    parts.loraRank = /Qwen/.test(model.name) || /^qwen/.test(model.name) ? 64 : 8;
    parts.loraTargets = /^qwen/.test(model.name) || /torchtune/.test(row.id) ? 'all-linear' : 'query-value';
  }
  // Full fine-tuning of Qwen ran under bf16 autocast.
  if (/^Full/.test(optimizer)) parts.precision = 'mixed-bf16';
  parts.checkpointing = text(config.checkpointing) === 'full' ? 'full' : 'none';
  if (config.checkpointing === null && /^qwen/.test(model.name)) parts.checkpointing = 'full';
  parts.attention = /Flash/.test(text(config.attention)) ? 'flash' : text(config.attention) === 'eager' ? 'eager' : 'sdpa';
  if (/HF Trainer|hf-pr2356/.test(`${framework} ${row.id}`)) {
    parts.dropout = 0.1;
    // Hugging Face's own AdamW went through the parameters one by one.
    parts.optimizerKernel = 'fused';
    // PyTorch before 2.0 set gradients to zero after a step and kept them, as accumulation does.
    parts.gradAccum = 2;
  }
  if (/V100/.test(framework)) parts.gpu = 'V100 16GB';
  else if (/A100/.test(framework)) parts.gpu = 'A100 80GB';
  const run = training(row, model, parts);
  checkRun(model, run);
  const budget = pytorchBudget(model, run);
  if (/active|training GPU RAM/.test(quantity)) return { kind: 'training, allocated', predicted: budget.levels!.allocated };
  return { kind: 'training, process', predicted: budget.total };
}
