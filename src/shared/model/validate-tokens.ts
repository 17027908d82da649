/** Refuses what cannot be of a run's tokens: where they come from, how they are cached, and how the next one is chosen. */
import { rejectField, requireOneOf, wholeNumber } from './reject-field';
import { CACHE_GROWTHS, type RunSpec } from './spec';

export function checkTokens(run: RunSpec): void {
  const { temperature, topK, topP, data, prompts } = run;
  if (temperature !== undefined && !(Number.isFinite(temperature) && temperature > 0))
    rejectField(
      'temperature',
      temperature,
      'probabilities are divided by it',
      'Give a number above 0, or leave it out for the likeliest token.',
    );
  if (topK !== undefined) wholeNumber('topK', topK);
  if (topP !== undefined && !(topP > 0 && topP <= 1))
    rejectField('topP', topP, 'it is a probability', 'Give a number above 0, at most 1.');
  checkCache(run);
  if (data !== undefined) requireOneOf('data', data, ['random', 'text']);
  if (prompts !== undefined && run.mode !== 'generate')
    rejectField(
      'prompts',
      prompts[0],
      `a run that ${run.mode === 'train' ? 'trains' : 'infers'} goes on from no text`,
      'Use --mode generate, or leave the prompt out.',
    );
  if (prompts !== undefined && prompts.length !== 1 && prompts.length !== run.batch)
    rejectField(
      'prompts',
      prompts.length,
      `there are that many, and the batch has ${run.batch} sequences`,
      'Give one prompt for all sequences, or one for each.',
    );
}

function checkCache({ cacheGrowth, kvCache, mode, framework }: RunSpec): void {
  if (cacheGrowth === undefined) return;
  requireOneOf('cacheGrowth', cacheGrowth, CACHE_GROWTHS);
  if (mode !== 'generate' || !kvCache)
    rejectField(
      'cacheGrowth',
      cacheGrowth,
      'the run has no KV cache',
      'Leave it out, or use --mode generate and --kv-cache on.',
    );
  if (framework === 'tfjs' && cacheGrowth === 'rebuild')
    rejectField(
      'cacheGrowth',
      cacheGrowth,
      'the bundled workload grows its cache layer by layer',
      'Use append or static.',
    );
}
