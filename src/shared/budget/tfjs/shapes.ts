/** Shape arithmetic of tfjs: broadcasting, and the axes a broadcast gradient is summed over. */

export type Shape = readonly number[];

export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index) => {
    const x = a[a.length - rank + index] ?? 1;
    return x === 1 ? (b[b.length - rank + index] ?? 1) : x;
  });
}

/** Axes of `out` along which `shape` was repeated. */
export function repeatedAxes(shape: Shape, out: Shape): readonly number[] {
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
