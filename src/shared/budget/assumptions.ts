/** What a prediction had to assume because nobody has published it or the run does not say it, in sentences for people. */
import { formatBytes } from '../base/format';
import { MiB } from '../base/units';
import { latentKvWidth } from '../model/kv';
import type { ModelSpec, RunSpec } from '../model/spec';
import { contextAssumed, contextBytes } from './pytorch/device';
import type { TierBudget } from './types';

export function listAssumptions(
  model: ModelSpec,
  run: RunSpec,
  refined: TierBudget,
): readonly string[] {
  if (run.framework !== 'pytorch') return [];
  const assumed: string[] = [];
  if (contextAssumed(run.gpu)) {
    const why =
      run.gpu === undefined
        ? 'No GPU is given by name (--gpu)'
        : `Nobody has published the CUDA context of a process on the ${run.gpu}`;
    assumed.push(
      `${why}: ${contextBytes(run.gpu) / MiB} MiB are counted for it, as measured on an RTX 6000 Ada.`,
    );
  }
  if (run.mode === 'serve' && !run.graphMemory)
    assumed.push(
      'CUDA graphs are not counted: what capturing leaves differs by engine and version, up to 1.5 GiB and below nothing; --graph-memory takes the figure of your log.',
    );
  if (model.leftOut) assumed.push(`Left out of the model: ${model.leftOut.join(', ')}.`);
  if (model.latentAttention && run.kvCache && run.mode !== 'train') {
    const {
      heads,
      latentAttention: { plainDim, ropeDim, valueDim },
    } = model;
    const times = Math.round((heads * (plainDim + ropeDim + valueDim)) / latentKvWidth(model));
    assumed.push(
      `The cache keeps latent vectors, as serving engines do; code that keeps every head’s keys and values needs ${times} times as much.`,
    );
  }
  const spread = run.expertParallel ?? 1;
  if (model.experts && spread > 1) {
    assumed.push(
      `Tokens are taken to be spread evenly over the ${model.experts.total} experts; a rank whose experts get more of them holds that many times the activations.`,
    );
  }
  const { outgrown = 0, process = 0 } = refined.levels ?? {};
  if (outgrown > process / 100) {
    assumed.push(
      `As the cache grows, PyTorch leaves segments too small for it behind, ${formatBytes(outgrown)} of them if the device has the room. It gives them back before memory runs out; expandable_segments:True avoids them.`,
    );
  }
  return assumed;
}
