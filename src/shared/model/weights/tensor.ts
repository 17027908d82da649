/** A row of the list of a model's weights: tensors of one kind and shape. */
import type { Role } from '../roles';

/** Where it counts: `ParameterCount` is the sum of each. */
export type Part = 'embedding' | 'positions' | 'attention' | 'ffn' | 'norms' | 'finalNorm' | 'head';

export interface WeightTensor {
  readonly rows: number;
  readonly columns: number;
  /** How many of them there are. */
  readonly count: number;
  /** matrix: read by a matrix multiplication; table: looked up; vector: norms and biases. */
  readonly kind: 'matrix' | 'table' | 'vector';
  readonly part: Part;
  /** Part of every layer, or of the model's ends. */
  readonly layered: boolean;
  /** Of a matrix that is a layer of its own in the framework, so that an adapter can be laid beside it. */
  readonly role?: Role;
  /** Of an expert: a token passes through some of them alone. */
  readonly expert?: true;
  /** Of a layer of the decoder, where an encoder stands before it. */
  readonly decoder?: true;
  /** Of a layer, or of embeddings, that do not train. */
  readonly frozen?: true;
}

/** Ranks that widths are split over: matrices, keys and values (never more than there are heads), experts. */
export interface Split {
  readonly tensor: number;
  readonly kvSplit: number;
  readonly expert: number;
}

export const WHOLE: Split = { tensor: 1, kvSplit: 1, expert: 1 };

export function split(whole: number, parts: number): number {
  return Math.ceil(whole / parts);
}

/** Collects rows of one layer, or of the model's ends. */
export class TensorList {
  readonly rows: WeightTensor[] = [];
  readonly #layered: boolean;

  constructor(layered: boolean) {
    this.#layered = layered;
  }

  matrix(
    part: Part,
    rows: number,
    columns: number,
    { count = 1, ...more }: { count?: number; role?: Role; expert?: true } = {},
  ): void {
    this.#add({ kind: 'matrix', part, rows, columns, count, ...more });
  }

  table(
    part: Part,
    rows: number,
    columns: number,
    { count = 1, ...more }: { count?: number; frozen?: true } = {},
  ): void {
    this.#add({ kind: 'table', part, rows, columns, count, ...more });
  }

  vector(part: Part, length: number, count = 1, expert?: true): void {
    this.#add({ kind: 'vector', part, rows: 1, columns: length, count, ...(expert && { expert }) });
  }

  #add(row: Omit<WeightTensor, 'layered'>): void {
    if (row.rows * row.columns * row.count > 0) this.rows.push({ ...row, layered: this.#layered });
  }
}
