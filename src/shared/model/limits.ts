/** Formulas go layer by layer: each is far more than any model or run has, and few enough to go through. */
export const MAX_LAYERS = 10_000;
export const MAX_MICRO_BATCHES = 1_000_000;
