/** One norm: what autograd saves of it, and what its backward pass holds. */
import type { Bytes } from '../../base/units';
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { ElementBytes } from './types';

/** A tensor as wide as the input, or of one number a row. */
export interface NormTensor {
  readonly name: string;
  readonly of: 'input' | 'rows';
  readonly element: number;
  readonly count: number;
}

/**
 * What a norm over an input of `element` bytes saves; with `shared` that input has been saved already. With adapters the
 * scale does not train, and the normalized value is not kept for it.
 */
export function savedByNorm(
  model: ModelSpec,
  run: RunSpec,
  element: number,
  shared = false,
): readonly NormTensor[] {
  const code = findImplementation(model);
  const scaleTrains = !run.loraRank;
  const saved: NormTensor[] = [];
  const save = (name: string, of: NormTensor['of'], width: number, count = 1) =>
    saved.push({ name, of, element: width, count });
  if (code.normWrittenOut) {
    // In fp32: the centred input for its square and for its scale, 1/deviation, and the normalized value for the weight.
    save('centred input in fp32', 'input', 4, 2);
    save('reciprocal deviation', 'rows', 4);
    if (scaleTrains) save('normalized in fp32', 'input', 4);
    return saved;
  }
  if (model.norm === 'layernorm') {
    const isCopied = code.normInFp32 === true && element < 4;
    if (!shared || isCopied) save('input', 'input', isCopied ? 4 : element);
    save('mean and reciprocal deviation', 'rows', 4, 2);
    return saved;
  }
  // Written out in fp32: the input (a copy of a half-precision one), 1/rms, and the normalized value for the scale.
  if (!shared || element < 4) save('input in fp32', 'input', 4);
  if (code.normKeepsInput && element < 4) save('input', 'input', element);
  save('reciprocal root mean square', 'rows', 4, code.normsValues ? 2 : 1);
  if (scaleTrains) save('normalized', 'input', code.scaledInFp32 ? 4 : element);
  return saved;
}

/** Bytes that backward of one norm holds, apart from what it saved: RMSNorm, written out, computes in fp32. */
export function normBackward(model: ModelSpec, types: ElementBytes, stream: number): Bytes {
  if (model.norm === 'layernorm') return (types.residual + types.compute) * stream;
  const power = findImplementation(model).normsValues ? 6 : 0;
  return ((types.residual < 4 ? 14 : 16) + power) * stream;
}
