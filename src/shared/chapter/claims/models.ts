/** The models the chapter speaks of, as published, and the round sizes it calls them by. */

import type { Component } from '../../base/vocabulary';
import { textbookActivations, textbookBudget } from '../../budget/textbook';
import { parameterCount } from '../../model/parameters';
import { preset } from '../../model/presets';
import { runDefaults } from '../../model/run';
import type { ModelSpec, Precision } from '../../model/spec';

export const BERT: ModelSpec = preset('bert-base');
export const DISTILBERT: ModelSpec = preset('distilbert');
export const TINYBERT: ModelSpec = preset('tinybert');
export const GPT2: ModelSpec = preset('gpt2');
export const GPT3: ModelSpec = preset('gpt3');
/** The architecture the second exercise assumes for 1.3B parameters. */
export const XL: ModelSpec = preset('gpt-1.3b');

/** The sizes the chapter calculates with. */
export const NOMINAL = { bert: 110e6, gpt3: 175e9, xl: 1.3e9 } as const;

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
export function activations(
  model: ModelSpec,
  batch: number,
  seq: number,
  precision: Precision = 'fp32',
): number {
  return textbookActivations(model, { batch, seq, checkpointing: 'none', precision });
}

/** With every layer recomputed from its input: the textbook's 0.2 A. */
export function checkpointed(
  model: ModelSpec,
  batch: number,
  seq: number,
  precision: Precision = 'fp32',
): number {
  return textbookActivations(model, { batch, seq, checkpointing: 'full', precision });
}
