/**
 * What the bundled workload can run. Anything else is refused before a byte is allocated, in one sentence that says
 * what is supported instead.
 */
import { Failure } from '../../shared/base/failure';
import { checkBundledPrecision, notBundled } from '../../shared/model/bundled';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';

export function assertSupported(model: ModelSpec, run: RunSpec): void {
  checkBundledPrecision(run);
  const lacks = missing(model, run);
  if (lacks) throw new Failure('unavailable', `The bundled workload ${lacks[0]}.`, lacks[1]);
  const wrong = impossible(model, run);
  if (wrong) throw new Failure('bad_input', wrong, 'Change the model or the run.');
}

function missing(model: ModelSpec, run: RunSpec): [string, string] | null {
  const reason = notBundled(model);
  if (reason !== null)
    return [
      `cannot be ${model.name}: ${reason}`,
      'Choose a GPT-2 or BERT model, or record a workload of your own with -- COMMAND.',
    ];
  if (model.architecture === 'encoder' && run.mode !== 'infer')
    return [`runs encoders forward only, and the mode is ${run.mode}`, 'Use --mode infer.'];
  const padded = run.lengths?.some((length) => length !== run.seq) ?? false;
  if (run.mode === 'infer' && run.data === 'text') {
    if (model.architecture === 'encoder')
      return [
        'scores a text with a decoder only, which says what comes next',
        'Leave --data out, or choose a GPT-2 model.',
      ];
    if (padded)
      return [
        'scores a text in whole sequences, not in padded ones',
        'Leave --lengths or --data out.',
      ];
  }
  if (run.mode !== 'train') return null;
  if (padded)
    return [
      'trains on whole sequences, not on padded ones',
      'Leave --lengths out, or use --mode generate or infer.',
    ];
  if (run.checkpointing === 'selective')
    return [
      'recomputes whole layers, not parts of them',
      'Use --checkpointing none, full or every=N.',
    ];
  return null;
}

function impossible(model: ModelSpec, run: RunSpec): string | null {
  const { temperature = 1, topK = 1, topP = 1 } = run;
  if (!Number.isFinite(temperature) || temperature <= 0)
    return `temperature must be above 0, and is ${temperature}.`;
  if (!Number.isSafeInteger(topK) || topK < 1)
    return `topK must be a whole number of at least 1, and is ${topK}.`;
  if (!(topP > 0 && topP <= 1)) return `topP must be above 0 and at most 1, and is ${topP}.`;
  const sizes = {
    layers: model.layers,
    hidden: model.hidden,
    heads: model.heads,
    ffn: model.ffn,
    vocab: model.vocab,
    maxPositions: model.maxPositions,
    batch: run.batch,
    ...(run.mode === 'generate'
      ? { promptTokens: run.promptTokens, tokens: run.tokens }
      : { seq: run.seq, steps: run.steps, gradAccum: run.gradAccum }),
  };
  for (const [name, value] of Object.entries(sizes)) {
    if (!Number.isSafeInteger(value) || value < 1)
      return `${name} must be a whole number of at least 1, and is ${value}.`;
  }
  if (model.heads * model.headDim !== model.hidden) {
    return `${model.heads} heads of ${model.headDim} do not make a width of ${model.hidden}.`;
  }
  const longest = run.mode === 'generate' ? run.promptTokens + run.tokens : run.seq;
  return longest > model.maxPositions
    ? `A sequence of ${longest} tokens exceeds the ${model.maxPositions} positions of ${model.name}.`
    : null;
}
