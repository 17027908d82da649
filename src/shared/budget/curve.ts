/**
 * The prediction within a phase, where theory knows more than its highest moment and its end: what is allocated at each
 * operation of the bundled workload, and at each block's edges of a PyTorch training step. Theory knows an order and no
 * times; `placeCurves` lays the points where the trace tells they came.
 */
import type { Phase } from '../base/vocabulary';
import type { ModelSpec, RunSpec } from '../model/spec';
import { blockStairs } from './pytorch/blocks';
import { tfjsCurves } from './tfjs';

export interface PhaseCurve {
  readonly phase: Phase;
  /** First and last step it holds for, counted from 1; null outside steps. */
  readonly step: number | null;
  readonly lastStep: number | null;
  /** Bytes at each point, in order. */
  readonly allocated: Float64Array;
  /** Of each point the block (layer) of the model it lies in, counted from 0; -1 outside all. */
  readonly block: Int32Array;
}

/**
 * A curve for each distinct occurrence of a phase, at the level of allocated bytes (`torch.cuda.memory_allocated`, live tensors
 * of the bundled workload); null where theory has none. Of decoding, which grows token by token, there is none.
 */
export function predictCurve(model: ModelSpec, run: RunSpec): readonly PhaseCurve[] | null {
  if (run.framework !== 'tfjs') return blockStairs(model, run);
  return tfjsCurves(model, run).filter(({ phase }) => phase !== 'decode');
}
