/** The parameters of the bundled models as dry tensors, or packed where the weights are narrower than float32. */
import { isPacked, type PackedLayout, packedLayout, tablePrecision } from '../../model/packing';
import type { ModelSpec, Precision } from '../../model/spec';
import type { DryEngine, DryTensor } from './engine';

/** A matrix as packed words and scales: no tape reaches them. */
interface DryPacked {
  readonly layout: PackedLayout;
}
export type Matrix = DryTensor | DryPacked;
export interface Norm {
  readonly gain: DryTensor;
  readonly bias: DryTensor;
}
export interface Affine {
  readonly weight: Matrix;
  readonly bias: DryTensor;
}
export interface DryLayer {
  readonly norm1: Norm;
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly projection: Affine;
  readonly norm2: Norm;
  readonly up: Affine;
  readonly down: Affine;
}
export interface Parameters {
  readonly tokenTable: Matrix;
  readonly positionTable: Matrix;
  readonly layers: readonly DryLayer[];
  readonly outerNorm: Norm;
  readonly typeTable: Matrix | null;
  readonly pooler: Affine | null;
  /** Those that training changes. */
  readonly all: readonly DryTensor[];
}

export function createParameters(
  engine: DryEngine,
  model: ModelSpec,
  precision: Precision,
): Parameters {
  const { hidden, ffn } = model;
  const all: DryTensor[] = [];
  const parameter = (shape: readonly number[]): DryTensor => {
    const initial = engine.create(shape);
    const variable = engine.variable(initial);
    engine.dispose(initial);
    all.push(variable);
    return variable;
  };
  const packed = (layout: PackedLayout): DryPacked => {
    engine.create([layout.rows, layout.words]);
    if (layout.scales > 0) engine.create([layout.rows, layout.scales]);
    return { layout };
  };
  const table = (rows: number): Matrix =>
    isPacked(precision)
      ? packed(packedLayout(rows, hidden, tablePrecision(precision)))
      : parameter([rows, hidden]);
  const matrix = (rows: number, columns: number): Matrix =>
    isPacked(precision)
      ? packed(packedLayout(columns, rows, precision))
      : parameter([rows, columns]);
  const norm = (): Norm => ({ gain: parameter([hidden]), bias: parameter([hidden]) });
  const linear = (rows: number, columns: number): Affine => ({
    weight: matrix(rows, columns),
    bias: parameter([columns]),
  });
  return {
    tokenTable: table(model.vocab),
    positionTable: table(model.maxPositions),
    layers: Array.from({ length: model.layers }, () => ({
      norm1: norm(),
      query: linear(hidden, hidden),
      key: linear(hidden, hidden),
      value: linear(hidden, hidden),
      projection: linear(hidden, hidden),
      norm2: norm(),
      up: linear(hidden, ffn),
      down: linear(ffn, hidden),
    })),
    outerNorm: norm(),
    typeTable: model.tokenTypes ? table(model.tokenTypes) : null,
    pooler: model.pooler ? linear(hidden, hidden) : null,
    all,
  };
}

export function isPackedMatrix(matrix: Matrix): matrix is DryPacked {
  return 'layout' in matrix;
}

/** A matrix that gradients reach; throws for a packed one. */
export function trainable(matrix: Matrix): DryTensor {
  if (isPackedMatrix(matrix)) throw new Error('a packed matrix cannot be trained');
  return matrix;
}

/** The variables of a layer, in the order in which they were made. */
export function layerVariables(layer: DryLayer): DryTensor[] {
  const { norm1, query, key, value, projection, norm2, up, down } = layer;
  const affine = ({ weight, bias }: Affine) => [trainable(weight), bias];
  return [
    norm1.gain,
    norm1.bias,
    ...[query, key, value, projection].flatMap(affine),
    norm2.gain,
    norm2.bias,
    ...[up, down].flatMap(affine),
  ];
}
