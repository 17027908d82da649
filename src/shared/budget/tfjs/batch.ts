/** The inputs of one forward pass: token ids, positions and the mask. */
import type { RunSpec } from '../../model/spec';
import type { DryEngine, DryTensor } from './engine';

export interface DryBatch {
  readonly sequences: number;
  readonly length: number;
  readonly ids: DryTensor;
  readonly positions: DryTensor;
  readonly mask: DryTensor | null;
}

/** Where the tokens of a batch stand. */
export interface Place {
  readonly length: number;
  /** Column of the first of them. */
  readonly start: number;
  /** Keys attended over; left out, those up to the last of them. */
  readonly columns?: number;
  /** Sequences are of unequal length and padded to the longest. */
  readonly padded?: boolean;
}

/** Token ids and positions count as inputs, the mask (none where one token may look at all keys) as a buffer. */
export function createBatch(
  engine: DryEngine,
  sequences: number,
  { length, start, columns, padded = false }: Place,
): DryBatch {
  const scores = [length, columns ?? start + length];
  let mask: readonly number[] | null = null;
  if (padded) mask = [sequences, 1, ...scores];
  else if (length > 1 || columns !== undefined) mask = scores;
  return engine.within('inputs', () => ({
    sequences,
    length,
    ids: engine.create([sequences * length]),
    positions: engine.create([padded ? sequences * length : length]),
    mask: mask && engine.within('buffers', () => engine.create(mask)),
  }));
}

/** A batch is padded where its sequences are of unequal length. */
export function isPadded({ lengths }: RunSpec): boolean {
  return lengths?.some((length) => length !== lengths[0]) ?? false;
}

export function disposeBatch(engine: DryEngine, batch: DryBatch): void {
  engine.dispose(batch.ids);
  engine.dispose(batch.positions);
  if (batch.mask) engine.dispose(batch.mask);
}
