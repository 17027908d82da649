/**
 * What the bundled workload can run. Anything else is refused before a byte is allocated, in one sentence that says
 * what is supported instead.
 */
import { Failure } from '../../shared/base/failure';
import { checkBundledPrecision, notBundled } from '../../shared/model/bundled';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { checkModel, checkRun } from '../../shared/model/validate';

export function assertSupported(model: ModelSpec, run: RunSpec): void {
  checkBundledPrecision(run);
  const lacks = missing(model, run);
  if (lacks) throw new Failure('unavailable', `The bundled workload ${lacks[0]}.`, lacks[1]);
  checkModel(model);
  checkRun(model, run);
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
