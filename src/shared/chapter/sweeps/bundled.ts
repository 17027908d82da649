/** The sweeps that come with Plumbline, each fitting a law the chapter states, in the order they are listed. */
import type { BundledSweep } from './bundled-sweep';
import { DISTILLATION, KV_CACHE, PADDING, PRECISION } from './inference';
import { BATCH, CHECKPOINTING, LAYERS, MAX_BATCH, SEQUENCE } from './training';

export const BUNDLED_SWEEPS: readonly BundledSweep[] = [
  KV_CACHE,
  SEQUENCE,
  BATCH,
  PADDING,
  PRECISION,
  CHECKPOINTING,
  LAYERS,
  MAX_BATCH,
  DISTILLATION,
];

export const findSweep = (name: string): BundledSweep | null =>
  BUNDLED_SWEEPS.find((sweep) => sweep.name === name) ?? null;
