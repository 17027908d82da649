/**
 * An independent BERT: plain loops in float64 over one sequence, from the paper's own equations. Whoever uses it says
 * where a table's rows, a dense layer and a norm come from; their names are the bundled workload's.
 */
export interface EncoderParts {
  readonly layers: number;
  readonly heads: number;
  /** The row of a table, or null where the model has no such table. */
  row(table: 'tokens' | 'positions' | 'types', index: number): number[] | null;
  /** W x + b */
  dense(x: readonly number[], name: string): number[];
  readonly activate: (x: number) => number;
  /** Gain and bias. */
  norm(name: string): readonly [ArrayLike<number>, ArrayLike<number>];
}

/** The state of every token after the last layer. */
export function referenceStates(parts: EncoderParts, ids: readonly number[]): number[][] {
  const { layers, heads } = parts;
  let states = ids.map((id, position) => {
    const type = parts.row('types', 0);
    const placed = plus(parts.row('tokens', id)!, parts.row('positions', position)!);
    return normalized(type ? plus(placed, type) : placed, parts.norm('embeddingNorm'));
  });
  for (let layer = 0; layer < layers; layer++) {
    const name = `layer${layer}`;
    const [queries, keys, values] = ['query', 'key', 'value'].map((part) =>
      states.map((x) => parts.dense(x, `${name}.${part}`)),
    );
    states = states.map((x, position) => {
      const width = x.length / heads;
      const mixed: number[] = [];
      for (let head = 0; head < heads; head++) {
        const piece = (of: number[]): number[] => of.slice(head * width, (head + 1) * width);
        const scores = keys!.map(
          (key) =>
            piece(key).reduce((sum, value, i) => sum + value * piece(queries![position]!)[i]!, 0) /
            Math.sqrt(width),
        );
        const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = weights.reduce((a, b) => a + b);
        for (let i = 0; i < width; i++)
          mixed.push(
            weights.reduce(
              (sum, weight, at) => sum + (weight / total) * piece(values![at]!)[i]!,
              0,
            ),
          );
      }
      const attended = normalized(
        plus(x, parts.dense(mixed, `${name}.projection`)),
        parts.norm(`${name}.norm1`),
      );
      const inner = parts.dense(attended, `${name}.up`).map(parts.activate);
      return normalized(
        plus(attended, parts.dense(inner, `${name}.down`)),
        parts.norm(`${name}.norm2`),
      );
    });
  }
  return states;
}

export function normalized(
  x: readonly number[],
  [gain, bias]: readonly [ArrayLike<number>, ArrayLike<number>],
): number[] {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-12)) * gain[i]! + bias[i]!);
}

export const exactGelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2));
export const tanhGelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const relu = (x: number): number => Math.max(0, x);

/** By the series whose terms are all of one sign: 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}
