/**
 * Gradient checkpointing as it is written: none; full, where every layer is run again in backward; selective, where only
 * attention is; or every=N, where segments of N layers are.
 */
export type Checkpointing = 'none' | 'full' | 'selective' | `every=${number}`;

export function isCheckpointing(text: string): text is Checkpointing {
  return /^(none|full|selective|every=[1-9]\d*)$/.test(text);
}

/** Layers of a segment that is run again as a whole; null where there is none. */
export function segmentLength(checkpointing: Checkpointing): number | null {
  if (checkpointing === 'full') return 1;
  const every = /^every=(\d+)$/.exec(checkpointing)?.[1];
  return every === undefined ? null : Number(every);
}
