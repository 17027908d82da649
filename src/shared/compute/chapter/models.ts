/** The models the chapter speaks of, as published, and the round sizes it calls them by. */
import { parameterCount } from '../../model/parameters';
import { preset } from '../../model/presets';
import { runDefaults } from '../../model/run';
import type { ModelSpec, Precision } from '../../model/spec';
import { textbookActivations, textbookBudget } from '../../budget/textbook';
import type { Component } from '../../vocabulary';

/** bert-base-uncased; the head is the masked-language one, tied to the embedding. */
export const BERT: ModelSpec = {
  ...preset('gpt2'), name: 'bert-base', architecture: 'encoder', vocab: 30_522, maxPositions: 512,
};
/** Half the layers of BERT-base. */
export const DISTILBERT: ModelSpec = { ...BERT, name: 'distilbert', layers: 6 };
/** TinyBERT-4. */
export const TINYBERT: ModelSpec = { ...BERT, name: 'tinybert-4', layers: 4, hidden: 312, headDim: 26, ffn: 1200 };
export const GPT2: ModelSpec = preset('gpt2');
/** GPT-3 175B (Brown et al. 2020, table 2.1). */
export const GPT3: ModelSpec = {
  ...GPT2, name: 'gpt3', layers: 96, hidden: 12_288, heads: 96, kvHeads: 96, headDim: 128, ffn: 49_152, maxPositions: 2048,
};
/** The architecture the second exercise assumes for 1.3B parameters. */
export const XL: ModelSpec = {
  ...GPT2, name: '1.3B', layers: 24, hidden: 2048, heads: 32, kvHeads: 32, headDim: 64, ffn: 8192, maxPositions: 2048,
};

/** The sizes the chapter calculates with. */
export const NOMINAL = { bert: 110e6, gpt3: 175e9, xl: 1.3e9 } as const;

/** bert-base with what the plain stack lacks: two token types and the pooler, d² + d. */
export function bertParameters(): number {
  return parameterCount(BERT) + 2 * BERT.hidden + BERT.hidden * (BERT.hidden + 1);
}

/** Bytes a parameter that training keeps in one component. */
export function bytesPerParameter(component: Component, precision: Precision): number {
  const run = runDefaults(GPT2, { mode: 'train', precision });
  return (textbookBudget(GPT2, run).components[component] ?? 0) / parameterCount(GPT2);
}

/** 16 at fp32, 18 mixed: all model states together. */
export function stateBytesPerParameter(precision: Precision): number {
  const states: readonly Component[] = ['params', 'master_params', 'gradients', 'adam_m', 'adam_v'];
  return states.reduce((sum, component) => sum + bytesPerParameter(component, precision), 0);
}

/** A of the textbook: all layers, fp32 unless told. */
export function activations(model: ModelSpec, batch: number, seq: number, precision: Precision = 'fp32'): number {
  return textbookActivations(model, { batch, seq, checkpointing: 'none', precision });
}

/** With every layer recomputed from its input: the textbook's 0.2 A. */
export function checkpointed(model: ModelSpec, batch: number, seq: number, precision: Precision = 'fp32'): number {
  return textbookActivations(model, { batch, seq, checkpointing: 'full', precision });
}
