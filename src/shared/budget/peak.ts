/** The peak alone, without the timeline: what a planner asks for thousands of runs. */

import type { Bytes } from '../base/units';
import type { ModelSpec, RunSpec } from '../model/spec';
import { fullestShard } from './per-rank';
import { tfjsBudget } from './tfjs';

/** Predicted peak of the fullest rank, in bytes. */
export function peakBytes(model: ModelSpec, run: RunSpec): Bytes {
  return run.framework === 'tfjs' ? tfjsBudget(model, run).total : fullestShard(model, run).peak;
}
