/** What autograd saves of a feed-forward network between its matrices: of the activation, or of the gate and what it scales. */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { type SavedTensor, savedIn } from './saved-tensor';
import type { ElementBytes } from './types';

const saved = savedIn('activation');

/** Over tensors of shape `inner`, tokens by inner width; the input of the matrix behind it is not among them. */
export function savedByActivation(
  model: ModelSpec,
  { loraRank = 0 }: RunSpec,
  { compute: c, autocast }: ElementBytes,
  inner: readonly number[],
): readonly SavedTensor[] {
  const { activation, activationComposed } = model;
  const isWrittenOut = activationComposed && !findImplementation(model).activationRunAgain;
  const composed = isWrittenOut ? composedGelu(inner, c, autocast) : [];
  switch (activation) {
    case 'swiglu':
      return [
        ...(isWrittenOut ? composed : [saved('gate', inner, c)]),
        // A product of half and single precision is single.
        saved('gate after its function', inner, isWrittenOut && autocast ? 4 : c),
        saved('up', inner, c),
      ];
    case 'relu': {
      // relu saves its result, which is the next layer's input: one tensor, counted there. T5 hands it on at the precision of
      // the next matrix, which autocast narrows again.
      const isRecast = autocast && model.relativeBuckets !== undefined;
      return loraRank > 0 || isRecast ? [saved('relu', inner, c)] : [];
    }
    default:
      if (isWrittenOut) return composed;
      return [
        saved('inner value', inner, c),
        // Autocast takes the square of relu in fp32.
        ...(activation === 'relu2' && autocast ? [saved('relu in fp32', inner, 4)] : []),
      ];
  }
}

/** 0.5·u·(1 + tanh(√(2/π)·(u + 0.044715·u³))), one kernel an operation; autocast takes the power in fp32. */
function composedGelu(
  inner: readonly number[],
  c: number,
  autocast: boolean,
): readonly SavedTensor[] {
  const wide = autocast ? 4 : c;
  return [
    saved('inner value', inner, wide),
    saved('tanh, and one plus it', inner, wide, 2),
    saved('half the inner value', inner, c),
  ];
}
