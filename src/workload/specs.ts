/** What the workload has to do: its one argument, as JSON. */
import { Failure } from '../shared/base/failure';
import type { ModelSpec, RunSpec } from '../shared/model/spec';

export interface Specs {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  /** A checkpoint: folder or file. Random weights when left out. */
  readonly weights?: string;
  /** A new folder for what was trained. */
  readonly saveWeights?: string;
  /** Asks for the logits or states after these, and for nothing else. */
  readonly tokenIds?: readonly number[];
  /** Encoders: the token whose state is printed; the first when left out. */
  readonly position?: number;
  /** Asks which backend the run would take and what that can hold, and for nothing else. */
  readonly room?: boolean;
  /** Asks whether the checkpoint is the model's, and for nothing else. */
  readonly check?: boolean;
}

/** `bad_input` where it is no object with a model and a run; what these say is checked where it is used. */
export function readSpecs(text: string | undefined): Specs {
  try {
    const specs = JSON.parse(text ?? '') as Specs;
    if (typeof specs.model === 'object' && typeof specs.run === 'object') return specs;
  } catch {
    // Not JSON: the same failure as JSON of something else.
  }
  throw new Failure(
    'bad_input',
    'The workload takes one argument: {"model": …, "run": …} as JSON.',
    'Start it through "plumbline record --bundled gpt2".',
  );
}
