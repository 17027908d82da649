/** All scenarios, in the order of the chapter. */
import { Failure } from '../../base/failure';
import type { Experiment } from './experiment';
import { FLOP_EXPERIMENTS } from './flops';
import { INFERENCE_EXPERIMENTS } from './inference';
import { MEMORY_EXPERIMENTS } from './memory';
import { SCALING_EXPERIMENTS } from './scaling';

export type { Experiment, Step } from './experiment';

export const EXPERIMENTS: readonly Experiment[] = [
  ...FLOP_EXPERIMENTS,
  ...MEMORY_EXPERIMENTS,
  ...INFERENCE_EXPERIMENTS,
  ...SCALING_EXPERIMENTS,
];

/** The scenario of that name; `bad_input` where there is none. */
export function experimentByName(name: string): Experiment {
  const found = EXPERIMENTS.find((experiment) => experiment.name === name);
  if (found) return found;
  throw new Failure(
    'bad_input',
    `There is no experiment "${name}".`,
    'Run "plumbline experiment" for the list.',
  );
}
