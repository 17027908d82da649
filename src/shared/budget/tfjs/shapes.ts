/** Shape arithmetic of tfjs: broadcasting, and the axes a broadcast gradient is summed over. */

export type Shape = readonly number[];

/** Where one shape is only repeated along the other, as nearly always, it is the very shape that is given. */
export function broadcast(a: Shape, b: Shape): Shape {
  const [longer, shorter] = a.length < b.length ? [b, a] : [a, b];
  const lead = longer.length - shorter.length;
  if (shorter.every((length, axis) => length === 1 || length === longer[lead + axis]))
    return longer;
  return longer.map((length, axis) => (length === 1 ? (shorter[axis - lead] ?? 1) : length));
}

const NONE: readonly number[] = [];

/** Axes of `out` along which `shape` was repeated. */
export function repeatedAxes(shape: Shape, out: Shape): readonly number[] {
  if (shape === out) return NONE;
  return out.flatMap((length, axis) => {
    const before = shape[shape.length - out.length + axis];
    return before === undefined || (before === 1 && length > 1) ? [axis] : [];
  });
}

export function without(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

export function flattened(shape: Shape, axis: number): Shape {
  return shape.map((length, index) => (index === axis ? 1 : length));
}

export function permuted(shape: Shape, order: readonly number[]): Shape {
  return order.map((axis) => shape[axis]!);
}

export function product(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  const rows = a[a.length - (transposeA ? 1 : 2)]!;
  const columns = b[b.length - (transposeB ? 2 : 1)]!;
  return [...a.slice(0, -2), rows, columns];
}
