/**
 * The tfjs operations that the bundled GPT-2 uses: what each allocates, what it saves for its gradient, and what its
 * gradient allocates in turn. Written from tfjs 4.22's own gradient functions, op by op.
 */
import type { DryEngine, DryTensor, Gradient, Tensors } from './engine';
import {
  broadcast,
  flattened,
  permuted,
  product,
  repeatedAxes,
  type Shape,
  without,
} from './shapes';

/** A tensor, or a number, which tfjs turns into a scalar tensor of 4 bytes within the op's scope. */
export type Operand = DryTensor | number;
type Single = readonly [DryTensor];
type Pair = readonly [DryTensor, DryTensor];

export class Ops {
  constructor(readonly engine: DryEngine) {}

  // --- element by element, with broadcasting ---

  add(a: Operand, b: Operand): DryTensor {
    return this.#binary(a, b, (out) => (dy, [x, y]) => [
      () => this.reshape(this.#sumRepeated(dy, x.shape, out), x.shape),
      () => this.reshape(this.#sumRepeated(dy, y.shape, out), y.shape),
    ]);
  }

  sub(a: Operand, b: Operand): DryTensor {
    return this.#binary(a, b, (out) => (dy, [x, y]) => [
      () => this.reshape(this.#sumRepeated(dy, x.shape, out), x.shape),
      () => this.reshape(this.neg(this.#sumRepeated(dy, y.shape, out)), y.shape),
    ]);
  }

  mul(a: Operand, b: Operand): DryTensor {
    return this.#binary(a, b, (out) => (dy, [x, y]) => [
      () => this.#mulGradient(dy, y, x.shape, out),
      () => this.#mulGradient(dy, x, y.shape, out),
    ]);
  }

  div(a: Operand, b: Operand): DryTensor {
    return this.#binary(a, b, () => noGradient);
  }

  pow(a: Operand, b: Operand): DryTensor {
    return this.#binary(a, b, () => noGradient);
  }

  square(x: DryTensor): DryTensor {
    return this.#unary(
      x,
      (dy, [saved]) => [() => this.mul(dy, this.mul(this.#cast(saved), 2))],
      'input',
    );
  }

  rsqrt(x: DryTensor): DryTensor {
    return this.#unary(
      x,
      (dy, [saved]) => [() => this.neg(this.div(dy, this.mul(this.pow(saved, 1.5), 2)))],
      'input',
    );
  }

  tanh(x: DryTensor): DryTensor {
    return this.#unary(
      x,
      (dy, [y]) => [
        () => {
          const unit = this.engine.create([]);
          return this.mul(this.sub(unit, this.square(y)), dy);
        },
      ],
      'output',
    );
  }

  /** neg, exp, log, sqrt, erf, relu and zerosLike: a fresh tensor of the same shape, in places where no tape records. */
  same(x: DryTensor): DryTensor {
    return this.#run([x], x.shape, [], noGradient);
  }

  neg(x: DryTensor): DryTensor {
    return this.same(x);
  }

  // --- reductions ---

  meanKept(x: DryTensor, axis: number): DryTensor {
    return this.#run([x], flattened(x.shape, axis), [x], (dy, [saved]) => [
      () => {
        const expanded = this.reshape(dy, flattened(saved.shape, axis));
        const ones = this.engine.create(saved.shape);
        return this.div(this.mul(expanded, ones), saved.shape[axis]!);
      },
    ]);
  }

  /** sum, max or argMax over axes, outside the tape. */
  reduce(x: DryTensor, axes: readonly number[], keep = false): DryTensor {
    const shape = keep
      ? x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
      : without(x.shape, axes);
    return this.#run([x], shape, [], noGradient);
  }

  softmax(x: DryTensor): DryTensor {
    return this.#unary(
      x,
      (dy, [y]) => {
        const weighted = this.mul(dy, y);
        return [
          () => this.sub(weighted, this.mul(this.reduce(weighted, [y.shape.length - 1], true), y)),
        ];
      },
      'output',
    );
  }

  // --- products and layout ---

  matMul(a: DryTensor, b: DryTensor, transposeB = false, transposeA = false): DryTensor {
    const shape = product(a.shape, b.shape, transposeA, transposeB);
    return this.#run([a, b], shape, [a, b], (dy, [x, y]) =>
      transposeB
        ? [() => this.matMul(dy, y), () => this.matMul(dy, x, false, true)]
        : [() => this.matMul(dy, y, true), () => this.matMul(x, dy, false, true)],
    );
  }

  transpose(x: DryTensor, order: readonly number[]): DryTensor {
    const undo = order.map((_, axis) => order.indexOf(axis));
    return this.#run([x], permuted(x.shape, order), [], (dy) => [() => this.transpose(dy, undo)]);
  }

  reshape(x: DryTensor, shape: Shape): DryTensor {
    return this.engine.op(this.engine.view(x, shape), [x], [x], (dy, [saved]) => [
      () => this.reshape(dy, saved.shape),
    ]);
  }

  concat(a: DryTensor, b: DryTensor, axis: number): DryTensor {
    const shape = a.shape.map((length, index) =>
      index === axis ? length + b.shape[index]! : length,
    );
    return this.#run([a, b], shape, [], noGradient);
  }

  /** slice, gather, gatherND and scatterND, outside the tape: a fresh tensor of the given shape. */
  fresh(x: DryTensor, shape: Shape): DryTensor {
    return this.#run([x], shape, [], noGradient);
  }

  // --- shared pieces ---

  #run<const Saved extends Tensors>(
    inputs: Tensors,
    shape: Shape,
    saved: Saved,
    gradient: Gradient<Saved>,
  ): DryTensor {
    return this.engine.op(this.engine.create(shape), inputs, saved, gradient);
  }

  #unary(x: DryTensor, gradient: Gradient<Single>, saves: 'input' | 'output'): DryTensor {
    const output = this.engine.create(x.shape);
    return this.engine.op(output, [x], [saves === 'input' ? x : output], gradient);
  }

  #binary(a: Operand, b: Operand, gradientFor: (out: Shape) => Gradient<Pair>): DryTensor {
    const { engine } = this;
    const x = typeof a === 'number' ? engine.create([]) : a;
    const y = typeof b === 'number' ? engine.create([]) : b;
    const shape = broadcast(x.shape, y.shape);
    const pair: Pair = [x, y];
    const output = engine.op(engine.create(shape), pair, pair, gradientFor(shape));
    if (x !== a) engine.dispose(x);
    if (y !== b) engine.dispose(y);
    return output;
  }

  #mulGradient(dy: DryTensor, other: DryTensor, shape: Shape, out: Shape): DryTensor {
    const result = this.mul(dy, this.#cast(other));
    const axes = repeatedAxes(shape, out);
    return axes.length > 0 ? this.reshape(this.reduce(result, axes), shape) : result;
  }

  #sumRepeated(dy: DryTensor, shape: Shape, out: Shape): DryTensor {
    const axes = repeatedAxes(shape, out);
    return axes.length > 0 ? this.reduce(dy, axes) : dy;
  }

  /** A cast to the type it already has is one more view. */
  #cast(x: DryTensor): DryTensor {
    return this.engine.view(x);
  }
}

/** Of operations outside every trained graph. */
const noGradient: Gradient = () => {
  throw new Error('this operation is not part of a trained graph');
};
