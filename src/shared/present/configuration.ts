/** What a session declared to run, as pairs of a label and a value. */
import { formatInteger } from '../base/format';
import type { Budget } from '../budget/types';
import { announcedNumber } from '../chapter/experiments/measured/measurement';
import { runDefaults } from '../model/run';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { SessionDocument } from '../session/session-document';

type Pair = [label: string, value: string];

/** Empty where model and run are not declared. */
export function describeConfiguration(doc: SessionDocument, budget: Budget | null): Pair[] {
  const { model, run } = doc;
  if (!model || !run) return [];
  return [
    ['Model', model.name],
    ['Parameters', formatInteger(budget?.model.parameters)],
    [
      'Shape',
      `${model.layers} layers × ${model.hidden} wide, ${model.heads} heads, vocabulary ${formatInteger(model.vocab)}`,
    ],
    ['Mode', run.mode],
    ['Batch', String(run.batch)],
    ...(run.mode === 'generate'
      ? describeGeneration(run)
      : [['Sequence', `${run.seq} tokens`] satisfies Pair]),
    ...(run.lengths ? [['Lengths', run.lengths.join(', ')] satisfies Pair] : []),
    ['Precision', run.precision],
    ...(run.mode === 'train' ? describeTraining(run, model, doc) : []),
    ...describeScore(doc),
    ['Framework', run.backend ? `${run.framework}, ${run.backend}` : run.framework],
  ];
}

function describeGeneration(run: RunSpec): Pair[] {
  const pairs: Pair[] = [
    ['Tokens', `${run.promptTokens} prompt + ${run.tokens} generated`],
    [
      'KV cache',
      run.kvCache ? `on, ${[run.kvPrecision, run.cacheGrowth].filter(Boolean).join(', ')}` : 'off',
    ],
  ];
  const drawn = [
    ['temperature', run.temperature],
    ['top-k', run.topK],
    ['top-p', run.topP],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  if (drawn.length > 0) pairs.push(['Sampling', drawn.join(', ')]);
  if (run.prompts)
    pairs.push(['Prompt', run.prompts.map((text) => JSON.stringify(text)).join(', ')]);
  return pairs;
}

function describeTraining(run: RunSpec, model: ModelSpec, { workload }: SessionDocument): Pair[] {
  // The bundled workload runs the steps it is given. Of any other, a count that nobody declared is only the default.
  const areStepsKnown =
    workload.kind === 'bundled' || run.steps !== runDefaults(model, { mode: run.mode }).steps;
  const pairs: Pair[] = [['Optimizer', run.optimizer]];
  if (areStepsKnown) pairs.push(['Steps', String(run.steps)]);
  pairs.push(['Checkpointing', run.checkpointing]);
  if (run.frozenLayers)
    pairs.push([
      'Frozen',
      `embeddings and the first ${run.frozenLayers} of ${model.layers} layers`,
    ]);
  if (run.data)
    pairs.push([
      'Data',
      run.data === 'text' ? 'text, but for the part that is held out' : run.data,
    ]);
  if (run.gradAccum > 1) pairs.push(['Gradient accumulation', String(run.gradAccum)]);
  return pairs;
}

/** What the bundled workload scored on text that was held out, where it announced that. */
function describeScore(doc: SessionDocument): Pair[] {
  const perplexity = announcedNumber(doc, 'perplexity');
  const tokens = announcedNumber(doc, 'scoredTokens');
  const byFrequency = announcedNumber(doc, 'frequencyPerplexity');
  if (!Number.isFinite(perplexity + tokens + byFrequency)) return [];
  return [
    [
      'Unseen text',
      `perplexity ${perplexity.toFixed(3)} over ${formatInteger(tokens)} tokens, ${byFrequency.toFixed(1)} by their frequencies alone`,
    ],
  ];
}
