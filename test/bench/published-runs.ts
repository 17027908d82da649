/** Rows of whole runs: training and generation, read as a run of PyTorch's refined tier. */

import { fullestShard } from '../../src/shared/budget/per-rank';
import { pytorchBudget } from '../../src/shared/budget/pytorch';
import { isSharded } from '../../src/shared/budget/sharding/shard';
import type { TierBudget } from '../../src/shared/budget/types';
import { parameterCount } from '../../src/shared/model/parameters';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../src/shared/model/spec';
import { checkRun } from '../../src/shared/model/validate';
import type { Config, Prediction, PublishedRow } from './published-row';
import { schemeOf, weightBytes } from './published-weights';

type Found = Prediction | { readonly kind: string; readonly bytes: number };
type Given = { -readonly [K in keyof RunSpec]?: RunSpec[K] };

/** The level a row was read at, by its words: torch's counters, or what the device shows. */
function levelOf(words: string): 'allocated' | 'reserved' | 'process' {
  if (/reserved/.test(words) || /torchtitan/.test(words)) return 'reserved';
  return /allocated|active|training GPU RAM|inference GPU RAM|memory used, inference/.test(words)
    ? 'allocated'
    : 'process';
}

function budgetFor(model: ModelSpec, run: RunSpec): TierBudget {
  checkRun(model, run);
  return isSharded(run)
    ? pytorchBudget(model, run, fullestShard(model, run).shard)
    : pytorchBudget(model, run);
}

export function trained(row: PublishedRow, model: ModelSpec, config: Config): Found {
  const { setup } = config;
  const optimizer = config.text('optimizer');
  const batch = config.number('batch');
  const sequence = config.number('seq');
  if (batch === undefined || sequence === undefined)
    return { reason: 'batch or sequence is not published' };
  if (/-compile\b/.test(row.id) && config.text('checkpointing') !== 'full')
    return {
      reason:
        'compiled: fused kernels save fewer tensors than eager PyTorch, which Plumbline counts',
    };
  if (/torchtitan/.test(setup) && config.text('checkpointing') === 'selective')
    return { reason: 'checkpointing of every other matrix product, which Plumbline does not have' };
  const parts: Given = {
    precision: precisionOf(config.text('precision'), setup),
    optimizer: optimizerOf(optimizer),
  };
  if (/LoRA/i.test(`${optimizer} ${row.id}`)) adapters(`${setup} ${row.source}`, parts);
  // Full fine-tuning of Qwen (2023) ran under bf16 autocast, every mode of it with checkpointing, as torchtune's adapters.
  if (/^Full/.test(optimizer)) parts.precision = 'mixed-bf16';
  const said = config.text('checkpointing');
  const usual =
    /^qwen-\d/.test(model.name) ||
    (parts.loraRank !== undefined && /torchtune/.test(`${setup} ${row.source}`));
  const checkpointing = said === '' && usual ? 'full' : checkpointingOf(said);
  if (checkpointing === undefined)
    return { reason: `checkpointing in words nobody has explained: ${said}` };
  parts.checkpointing = checkpointing;
  const attention = config.text('attention');
  parts.attention = /flash/i.test(attention) ? 'flash' : attention === 'eager' ? 'eager' : 'sdpa';
  if (/HF Trainer|hf-pr2356/.test(setup)) {
    parts.dropout = 0.1;
    // Hugging Face's own AdamW went through the parameters one by one, and PyTorch before 2.0 set gradients to zero after
    // a step and kept them, as accumulation does.
    parts.optimizerKernel = 'fused';
    parts.gradAccum = 2;
  }
  sharding(config, parts);
  const context = config.counted(/\bCP(\d+)/) ?? 1;
  // torchtune's recipes compute the loss in chunks where they checkpoint, and take the fused optimizer.
  if (/torchtune/.test(`${setup} ${row.source}`))
    Object.assign(parts, {
      optimizerKernel: 'fused',
      ...(parts.checkpointing === 'full' ? { loss: 'fused' } : {}),
    });
  if (/Paged/i.test(setup)) parts.pagedOptimizer = true;
  if (/opt(imizer)?-in-b(ack)?w/i.test(setup)) parts.optimizerInBackward = true;
  // Each of its rows has the flags of those before it, in the order of its table: activations go to the host with the update
  // in backward, which adapters leave out.
  const flag = /^torchtune-llama32-3b-(act-offload|adamw8bit|lora|qlora)$/.exec(row.id)?.[1];
  if (flag !== undefined) parts.offloadActivations = true;
  if (flag === 'act-offload' || flag === 'adamw8bit') parts.optimizerInBackward = true;
  // The 8-bit optimizer is one kernel as it is, and Adafactor of transformers goes from one parameter to the next.
  if (parts.optimizer === 'adam8bit' || parts.optimizer === 'adafactor')
    delete parts.optimizerKernel;
  const { gpu } = config;
  // LitGPT's GELU is one kernel.
  const ran = /LitGPT/i.test(`${setup} ${row.id}`)
    ? { ...model, activationComposed: false }
    : model;
  const run = runDefaults(ran, {
    mode: 'train',
    framework: 'pytorch',
    precision: 'fp32',
    attention: 'eager',
    batch,
    seq: Math.ceil(sequence / context),
    steps: 2,
    ...parts,
    ...(gpu ? { gpu } : {}),
  });
  const budget = budgetFor(ran, run);
  const level = levelOf(`${setup} ${/torchtune/.test(row.source ?? '') ? 'active' : ''}`);
  return { kind: `training, ${level}`, bytes: budget.levels![level] };
}

function precisionOf(said: string, setup: string): RunSpec['precision'] {
  if (/Q-?LoRA|nf4/i.test(setup)) return 'nf4';
  if (/AMP/i.test(said)) return /bf16/.test(said) ? 'mixed-bf16' : 'mixed-fp16';
  // FSDP2 keeps fp32 parameters and computes in bf16.
  if (/mixed/i.test(said) || /torchtitan/.test(setup))
    return /fp16/.test(said) ? 'mixed-fp16' : 'mixed-bf16';
  return /^fp32/.test(said) ? 'fp32' : /bf16/.test(said) ? 'bf16' : 'fp16';
}

/** "full", "full per-layer", "every layer" are one thing; undefined for what is none of the known ones. */
function checkpointingOf(said: string): RunSpec['checkpointing'] | undefined {
  if (/^(|no|none|off|false)$/i.test(said)) return 'none';
  const every = /\bevery[ =](\d+)\b/i.exec(said)?.[1];
  if (every !== undefined) return `every=${Number(every)}`;
  if (/^selective/i.test(said)) return 'selective';
  return /\b(full|all|per[- ]layer|every layer|yes|true|on)\b/i.test(said) ? 'full' : undefined;
}

function optimizerOf(said: string): RunSpec['optimizer'] {
  if (/8bit/i.test(said)) return 'adam8bit';
  if (/adafactor/i.test(said)) return 'adafactor';
  if (/\blion\b/i.test(said)) return 'lion';
  if (/\bmuon\b/i.test(said)) return 'muon';
  if (/momentum/i.test(said)) return 'momentum';
  return /^SGD/i.test(said) ? 'sgd' : 'adamw';
}

/** Ranks and targets that each project's recipe has where the row does not say. */
function adapters(setup: string, parts: Given): void {
  const wide = /qwen|torchtune/i.test(setup);
  // torchtune's recipes: rank 64 for Llama 3.2 3B, 8 for Llama 3.1 8B (recipes/configs/llama3_1/8B_qlora_single_device.yaml).
  const usual = wide && !/torchtune.*llama-?31-8b|llama ?3\.1 8b.*torchtune/i.test(setup) ? 64 : 8;
  parts.loraRank = Number(/\br(?:ank)?\s?=?\s?(\d+)/i.exec(setup)?.[1] ?? usual);
  parts.loraTargets = wide ? 'all-linear' : 'query-value';
  // None of them prepares the model as PEFT's recipe does.
  if (/Q-?LoRA|nf4/i.test(setup)) parts.unquantizedPrecision = 'bf16';
}

function sharding(config: Config, parts: Given): void {
  const { setup } = config;
  const gpus = countGpus(config);
  const zero = config.counted(/ZeRO-?(\d)/i) ?? config.number('zero');
  const tp = config.counted(/\bTP\s?=?\s?(\d+)/i);
  const pp = config.counted(/\bPP\s?=?\s?(\d+)/i);
  if (tp !== undefined && tp > 1) parts.tp = tp;
  if (pp !== undefined && pp > 1) parts.pp = pp;
  const dp =
    config.counted(/\bDP\s?=?\s?(\d+)/i) ??
    (gpus === undefined ? 1 : Math.max(1, Math.round(gpus / ((tp ?? 1) * (pp ?? 1)))));
  if (dp > 1) {
    parts.dp = dp;
    if (/FSDP|torchtitan/i.test(setup)) parts.zero = 3;
    else if (zero !== undefined) parts.zero = zero as 0 | 1 | 2 | 3;
  }
  if (/offload_param/.test(setup)) parts.offload = 'all';
  else if (/offload_optimizer/.test(setup)) parts.offload = 'optimizer';
}

/** "8 GPUs", "8x H800", and nodes times what each has: "2x8 GPUs". */
function countGpus(config: Config): number | undefined {
  const nodes = config.counted(/\b(\d+)\s*x\s*\d+\s*x?\s*(?:GPUs|ranks)\b/i) ?? 1;
  const each =
    config.counted(/(\d+)\s*x?\s*(?:GPUs|ranks)\b/i) ??
    config.counted(/\b(\d+)\s*x\s*[A-Z]+\d/) ??
    config.counted(/\bworld[ _]size\s*=?\s*(\d+)/i);
  return config.number('gpus') ?? (each === undefined ? undefined : nodes * each);
}

export function generated(row: PublishedRow, model: ModelSpec, config: Config): Found {
  const { id, quantity } = row;
  const { setup, gpu } = config;
  const said = config.text('precision');
  const cached = /int8 KV/i.test(said);
  const scheme = schemeOf(cached ? 'bf16' : said);
  if (!scheme)
    return {
      reason:
        said === ''
          ? 'the precision is not published'
          : `weights in ${said}, which Plumbline does not count`,
    };
  const precision: RunSpec['precision'] =
    scheme.plain === 4
      ? 'fp32'
      : scheme.quantized === null
        ? 'bf16'
        : scheme.quantized < 1
          ? 'int4'
          : 'int8';
  const whole = config.number('seq') ?? 256;
  const prompt = Math.min(whole - 2, Number(/-in(\d+)/.exec(id)?.[1] ?? 1));
  // LitGPT keeps a head of its own even where the model ties it.
  const ran = /LitGPT/i.test(setup) ? { ...model, tiedHead: false } : model;
  const run = runDefaults(ran, {
    mode: 'generate',
    framework: 'pytorch',
    precision,
    batch: config.number('batch') ?? 1,
    promptTokens: Math.max(1, prompt),
    tokens: Math.max(2, whole - Math.max(1, prompt)),
    attention: precision === 'fp32' ? 'sdpa' : 'flash',
    kvPrecision: cached ? 'int8' : precision === 'fp32' ? 'fp32' : 'bf16',
    ...(gpu ? { gpu } : {}),
    // Qwen (2023) passes its cache as tuples; LitGPT makes it at full length.
    ...(/^qwen-\d/.test(model.name)
      ? { cacheGrowth: 'rebuild' }
      : /LitGPT/i.test(setup)
        ? { cacheGrowth: 'static' }
        : {}),
  });
  const budget = budgetFor(ran, run);
  // What the row's way of quantizing makes of the weights instead of Plumbline's.
  const instead =
    scheme.quantized === null
      ? 0
      : weightBytes(ran, said)! - (budget.phases[0]!.components.params ?? 0);
  const level = levelOf(`${quantity} ${setup}`);
  if (/max_memory_allocated/.test(quantity) || (/^qwen3-/.test(id) && /transformers/.test(setup))) {
    // Its authors print the counter as generation ends.
    const end = budget.phases.at(-1)!;
    return {
      kind: 'inference, allocated',
      bytes:
        end.end - (end.endComponents.reserve ?? 0) - (end.endComponents.context ?? 0) + instead,
    };
  }
  return { kind: `inference, ${level}`, bytes: budget.levels![level] + instead };
}

/** A model as it is before anything runs. */
export function loaded(row: PublishedRow, model: ModelSpec, config: Config): Found {
  const tp = config.counted(/TP=?\s?(\d+)/) ?? config.counted(/\btp(\d+)/) ?? 1;
  if (/context|nvidia-smi|process/i.test(`${row.quantity} ${row.unit}`)) {
    const { gpu } = config;
    const run = runDefaults(model, {
      mode: 'train',
      framework: 'pytorch',
      precision: /fp32/.test(config.text('precision')) ? 'fp32' : 'bf16',
      ...(gpu ? { gpu } : {}),
    });
    return { kind: 'weights, process', bytes: pytorchBudget(model, run).phases[0]!.end };
  }
  const bytes = weightBytes(model, config.text('precision'), tp);
  return bytes === undefined
    ? { reason: 'the precision of the weights is not published' }
    : { kind: 'weights and states', bytes };
}

/** Weights with their two moments, and the masks nanoGPT's checkpoints hold: a byte count of a file. */
export function checkpointed(row: PublishedRow, model: ModelSpec): Found {
  const masks = /nanoGPT/i.test(JSON.stringify(row.config))
    ? model.layers * model.maxPositions ** 2 * 4
    : 0;
  return { kind: 'weights and states', bytes: 12 * parameterCount(model) + masks };
}

/** Activations kept for backward, as forward ends. */
export function activations(row: PublishedRow, model: ModelSpec, config: Config): Found {
  // One tensor, block or layer of them is not their sum.
  if (
    /\b(per|one|single|each|a)[ -](layer|block|tensor)\b|\b(attention|MLP|FFN|norm)\b/i.test(
      row.quantity,
    )
  )
    return { reason: 'activations of a part of the model, which its words do not say exactly' };
  const said = config.text('attention');
  const run = runDefaults(model, {
    mode: 'train',
    framework: 'pytorch',
    precision: /fp32/.test(config.text('precision'))
      ? 'fp32'
      : /bf16/.test(config.text('precision'))
        ? 'bf16'
        : 'fp16',
    batch: config.number('batch') ?? 1,
    seq: config.number('seq') ?? 512,
    attention: /flash/i.test(said) ? 'flash' : /sdpa/i.test(said) ? 'sdpa' : 'eager',
  });
  checkRun(model, run);
  return {
    kind: 'activations',
    bytes:
      pytorchBudget(model, run).phases.find(({ phase }) => phase === 'forward')?.endComponents
        .activations ?? Number.NaN,
  };
}
