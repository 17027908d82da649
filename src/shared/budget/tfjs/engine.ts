/**
 * A dry engine: TensorFlow.js's bookkeeping of tensors, scopes and tape without any numbers. It knows when tfjs
 * allocates and frees a buffer, and thereby the exact bytes at every moment of a program written against it.
 *
 * tfjs's rules, on which everything here rests:
 *  - A tensor is a view; reshape, identity and a variable's assignment share the buffer and count one more reference.
 *  - Every op runs in a scope of its own, as does `tidy`: at its end all tensors made in it go, except results and kept ones.
 *  - While a tape records, an op's saved inputs and outputs are kept as further views until backward has ended.
 *  - Backward keeps every gradient it has made until it ends, except those summed into another.
 */
import type { Component } from '../../base/vocabulary';
import { type DryBuffer, DryTotals } from './dry-run';

/** Four bytes for float32 and int32, the only element types of the bundled workload. */
const ELEMENT_BYTES = 4;

export interface DryTensor {
  readonly shape: readonly number[];
  readonly bytes: number;
  buffer: DryBuffer;
  kept: boolean;
  disposed: boolean;
  readonly variable: boolean;
  scope: Scope | null;
}
type Scope = DryTensor[];
export type Thunk = () => DryTensor;
export type Tensors = readonly DryTensor[];
/** Gradients of an op for its inputs, in their order. What it runs at once lives until backward ends. */
export type Gradient<Saved extends Tensors = Tensors> = (
  dy: DryTensor,
  saved: Saved,
) => readonly Thunk[];
interface TapeNode {
  readonly inputs: Tensors;
  readonly output: DryTensor;
  readonly saved: Tensors;
  readonly gradient: (dy: DryTensor) => readonly Thunk[];
  /** That its operation is of; its gradient is too. */
  readonly block: number;
}

export class DryEngine extends DryTotals {
  readonly #scopes: Scope[] = [];
  #tape: TapeNode[] | null = null;
  #recording = false;

  // --- tensors ---

  /** A tensor with a buffer of its own. */
  create(shape: readonly number[]): DryTensor {
    const bytes = ELEMENT_BYTES * shape.reduce((product, length) => product * length, 1);
    return this.#register(shape, bytes, this.allocate(bytes), false);
  }

  /** Another view of a tensor's buffer. */
  view(source: DryTensor, shape: readonly number[] = source.shape): DryTensor {
    source.buffer.references++;
    return this.#register(shape, source.bytes, source.buffer, false);
  }

  /** A variable shares the buffer of its initial value and belongs to no scope. */
  variable(initial: DryTensor): DryTensor {
    initial.buffer.references++;
    return this.#register(initial.shape, initial.bytes, initial.buffer, true);
  }

  assign(variable: DryTensor, value: DryTensor): void {
    this.#unregister(variable);
    variable.buffer = value.buffer;
    value.buffer.references++;
    this.count(variable.bytes);
  }

  keep(tensor: DryTensor): DryTensor {
    tensor.kept = true;
    return tensor;
  }

  dispose(tensor: DryTensor): void {
    if (tensor.disposed) return;
    tensor.disposed = true;
    this.#unregister(tensor);
  }

  // --- scopes, ops, tape ---

  tidy<T extends DryTensor | readonly DryTensor[]>(f: () => T): T {
    const scope: Scope = [];
    this.#scopes.push(scope);
    const result = f();
    const results: readonly DryTensor[] = Array.isArray(result) ? result : [result as DryTensor];
    for (const tensor of scope) if (!tensor.kept && !results.includes(tensor)) this.dispose(tensor);
    this.#scopes.pop();
    for (const tensor of results) if (!tensor.kept && tensor.scope === scope) this.#track(tensor);
    return result;
  }

  /**
   * An op whose `output` has just been made. `inputs` are all it takes, in the order of its gradients; `saved` is what
   * those need, kept as further views while a tape records. No scope is opened for it: all that its scope would end is
   * the scalars made of numbers, which the caller disposes.
   */
  op<const Saved extends Tensors>(
    output: DryTensor,
    inputs: Tensors,
    saved: Saved,
    gradient: Gradient<Saved>,
  ): DryTensor {
    if (this.#recording) {
      // One view for each, so that the list keeps its length.
      const views: Tensors = saved.map((tensor) => this.keep(this.view(tensor)));
      const kept = views as Saved;
      this.#record({ inputs, output, saved: kept, gradient: (dy) => gradient(dy, kept) });
    }
    return output;
  }

  /**
   * Runs `f`, which assigns each of the `variables` a buffer it makes and leaves no view of an older one, in a scope that
   * ends later and with one context throughout. Returns what does the same to other variables, as large and in the same
   * components, without walking it again.
   */
  repeatable(variables: Tensors, f: () => void): (others: Tensors) => void {
    const scope = this.#scopes.at(-1)!;
    const [firstTensor, firstBuffer] = [scope.length, this.allocations];
    const stretch = this.record(f);
    const held = variables.map(({ buffer: { bytes, component, order } }) => ({
      bytes,
      component,
      order: order - firstBuffer,
    }));
    const left = scope.slice(firstTensor).filter(({ disposed }) => !disposed);
    const assigned = new Set(variables.map(({ buffer }) => buffer));
    const leftBuffers = new Set(left.map(({ buffer }) => buffer));
    const counted = sumBytes(left);
    const allocated = sumBytes([...leftBuffers].filter((buffer) => !assigned.has(buffer)));
    return (others) => {
      const before = this.allocations;
      this.repeat(stretch);
      others.forEach((variable, index) => {
        const { bytes, component, order } = held[index]!;
        variable.buffer = { references: 1, bytes, component, order: before + order };
      });
      // One tensor for all that the scope ends.
      const buffer = { references: 1, bytes: allocated, component: this.context, order: before };
      this.#track(newTensor([], counted, buffer, false));
    };
  }

  /** An op with a gradient of its own: what it runs inside is not recorded; `save` may be called once. */
  customOp(
    inputs: readonly DryTensor[],
    run: (save: (tensor: DryTensor) => void) => DryTensor,
    gradient: Gradient,
  ): DryTensor {
    const recording = this.#recording;
    const saved: DryTensor[] = [];
    this.#recording = false;
    const output = this.tidy(() =>
      run((tensor) => {
        if (recording) saved.push(this.keep(this.view(tensor)));
      }),
    );
    this.#recording = recording;
    if (recording) this.#record({ inputs, output, saved, gradient: (dy) => gradient(dy, saved) });
    return output;
  }

  /**
   * variableGrads: the loss and its gradients for `variables`. `f` returns the loss and the number of tape nodes
   * before the head; `atLoss` runs as the closure returns; `add` sums two gradients.
   */
  gradients(
    f: (tapeLength: () => number) => { loss: DryTensor; headStarts: number },
    atLoss: () => void,
    variables: readonly DryTensor[],
    add: (a: DryTensor, b: DryTensor) => DryTensor,
  ): { loss: DryTensor; gradients: DryTensor[] } {
    const tape: TapeNode[] = [];
    this.#tape = tape;
    this.#recording = true;
    let headStarts = 0;
    const loss = this.tidy(() => {
      const result = f(() => tape.length);
      headStarts = result.headStarts;
      atLoss();
      return result.loss;
    });
    this.#recording = false;
    const gradients = this.#backward(tape, headStarts, loss, () => this.create([]), variables, add);
    this.#tape = null;
    return { loss, gradients };
  }

  /** Within a gradient: runs `f` with a tape of its own and goes back over it from `dy`. Returns the gradients of `xs`. */
  recompute(
    f: () => DryTensor,
    xs: readonly DryTensor[],
    dy: DryTensor,
    add: (a: DryTensor, b: DryTensor) => DryTensor,
  ): DryTensor[] {
    const tape: TapeNode[] = [];
    this.#tape = tape;
    this.#recording = true;
    const output = this.tidy(() => {
      this.setContext('activations');
      const result = f();
      this.setContext('workspace');
      return result;
    });
    this.#recording = false;
    const gradients = this.#backward(tape, tape.length, output, () => dy, xs, add);
    this.dispose(output);
    return gradients;
  }

  #backward(
    tape: readonly TapeNode[],
    headStarts: number,
    from: DryTensor,
    startGradient: () => DryTensor,
    xs: readonly DryTensor[],
    add: (a: DryTensor, b: DryTensor) => DryTensor,
  ): DryTensor[] {
    return this.tidy(() => {
      const byTensor = new Map<DryTensor, DryTensor>([[from, startGradient()]]);
      const reached = reachable(tape, xs);
      for (let index = tape.length - 1; index >= 0; index--) {
        const node = tape[index]!;
        const dy = byTensor.get(node.output);
        const component = index >= headStarts ? 'logits' : 'workspace';
        if (dy)
          this.withinBlock(node.block, () =>
            this.#backpropagate(node, dy, component, byTensor, reached, add),
          );
      }
      for (const node of tape) for (const tensor of node.saved) this.dispose(tensor);
      return xs.map((x) => {
        const dx = byTensor.get(x);
        if (!dx) throw new Error('a variable has no part in what is differentiated');
        return dx;
      });
    });
  }

  #backpropagate(
    node: TapeNode,
    dy: DryTensor,
    component: Component,
    byTensor: Map<DryTensor, DryTensor>,
    reached: ReadonlySet<DryTensor>,
    add: (a: DryTensor, b: DryTensor) => DryTensor,
  ): void {
    this.setContext(component);
    const thunks = node.gradient(dy);
    node.inputs.forEach((input, index) => {
      if (!reached.has(input)) return;
      const dx = this.tidy(() => {
        this.setContext(component);
        const result = thunks[index]!();
        if (input.variable) this.retag(result, 'gradients');
        return result;
      });
      const sofar = byTensor.get(input);
      byTensor.set(input, sofar ? add(sofar, dx) : dx);
      if (sofar) this.dispose(sofar);
    });
  }

  #record(node: Omit<TapeNode, 'block'>): void {
    this.#tape?.push({ ...node, block: this.block });
  }

  #register(
    shape: readonly number[],
    bytes: number,
    buffer: DryBuffer,
    variable: boolean,
  ): DryTensor {
    const tensor = newTensor(shape, bytes, buffer, variable);
    this.count(bytes);
    if (!variable) this.#track(tensor);
    return tensor;
  }

  #track(tensor: DryTensor): void {
    const scope = this.#scopes.at(-1);
    if (!scope) return;
    tensor.scope = scope;
    scope.push(tensor);
  }

  #unregister(tensor: DryTensor): void {
    this.count(-tensor.bytes);
    this.release(tensor.buffer);
  }
}

function newTensor(
  shape: readonly number[],
  bytes: number,
  buffer: DryBuffer,
  variable: boolean,
): DryTensor {
  return { shape, bytes, buffer, kept: false, disposed: false, variable, scope: null };
}

function sumBytes(of: readonly { readonly bytes: number }[]): number {
  return of.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Everything computed from the variables: gradients flow nowhere else. */
function reachable(
  tape: readonly TapeNode[],
  variables: readonly DryTensor[],
): ReadonlySet<DryTensor> {
  const reached = new Set(variables);
  for (const node of tape)
    if (node.inputs.some((input) => reached.has(input))) reached.add(node.output);
  return reached;
}
