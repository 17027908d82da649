/**
 * What a transformer is and what a run of it does: the two inputs of every formula in Plumbline.
 * Symbols of the formulas: L layers, d hidden, h heads, d_ff ffn, V vocab, B batch, n seq.
 */
export type { Checkpointing } from './checkpointing';
export * from './choices';
export type { Experts, LatentAttention, ModelSpec } from './model-spec';
export type { RunSpec } from './settings';
