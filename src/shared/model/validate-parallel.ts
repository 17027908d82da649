/** Checks what a run says of adapters, frozen layers, dropout and parallelism, against the model and against itself. */
import { hasLmHead } from './parameters';
import { rejectField, requireOneOf, wholeNumber } from './reject-field';
import { LORA_TARGETS, LOSSES, type ModelSpec, OFFLOADS, type RunSpec } from './spec';

/** Throws `bad_input` where the optional fields of a run contradict the model or each other. */
export function checkParallelism(model: ModelSpec, run: RunSpec): void {
  const {
    dp = 1,
    tp = 1,
    pp = 1,
    zero = 0,
    microBatches,
    expertParallel = 1,
    loraRank = 0,
    frozenLayers = 0,
    dropout = 0,
    offload = 'none',
  } = run;
  for (const [field, value] of [
    ['dp', dp],
    ['tp', tp],
    ['pp', pp],
    ['expertParallel', expertParallel],
  ] as const)
    wholeNumber(field, value);
  if (microBatches !== undefined) wholeNumber('microBatches', microBatches);
  wholeNumber('loraRank', loraRank, 0);
  wholeNumber('frozenLayers', frozenLayers, 0);
  requireOneOf('zero', zero, [0, 1, 2, 3]);
  requireOneOf('offload', offload, OFFLOADS);
  if (run.loraTargets !== undefined) requireOneOf('loraTargets', run.loraTargets, LORA_TARGETS);
  if (run.loss !== undefined) requireOneOf('loss', run.loss, LOSSES);
  if (run.optimizerKernel !== undefined)
    requireOneOf('optimizerKernel', run.optimizerKernel, ['foreach', 'fused']);
  if (!(dropout >= 0 && dropout < 1))
    rejectField('dropout', dropout, 'it is a probability', 'Use a number from 0 to below 1.');
  if (run.framework === 'tfjs') {
    const asked =
      Object.entries({ dp, tp, pp, expertParallel }).find(([, ranks]) => ranks > 1) ??
      (zero > 0
        ? ['zero', zero]
        : loraRank > 0
          ? ['loraRank', loraRank]
          : frozenLayers > 0
            ? ['frozenLayers', frozenLayers]
            : offload !== 'none'
              ? ['offload', offload]
              : undefined);
    if (asked)
      rejectField(
        String(asked[0]),
        asked[1],
        'the bundled workload trains whole models on one device',
        'Leave it out, or use --framework pytorch.',
      );
    return;
  }
  if (loraRank > model.hidden)
    rejectField(
      'loraRank',
      loraRank,
      `an adapter has at most the model's width, ${model.hidden}`,
      `Use 1 to ${model.hidden}.`,
    );
  if (loraRank > 0 && run.mode !== 'train')
    rejectField(
      'loraRank',
      loraRank,
      `adapters are trained, and the mode is ${run.mode}`,
      'Use --mode train; merged adapters cost inference nothing.',
    );
  if (frozenLayers > 0) checkFrozen(model, run, frozenLayers);
  if (run.mode !== 'train' && zero > 0)
    rejectField(
      'zero',
      zero,
      `ZeRO shards what training holds, and the mode is ${run.mode}`,
      'Use --tp to split a model that only runs forward.',
    );
  if (tp > 1 && model.heads % tp !== 0)
    rejectField(
      'tp',
      tp,
      `it does not divide the ${model.heads} heads`,
      `Use a divisor of ${model.heads}.`,
    );
  if (tp > model.kvHeads && tp % model.kvHeads !== 0)
    rejectField(
      'tp',
      tp,
      `it is no multiple of the ${model.kvHeads} key-value heads, which are then copied`,
      `Use a multiple of ${model.kvHeads}.`,
    );
  if (pp > model.layers)
    rejectField('pp', pp, `there are ${model.layers} layers`, `Use 1 to ${model.layers}.`);
  if (pp > 1 && model.decoderLayers)
    rejectField(
      'pp',
      pp,
      `${model.name} is an encoder-decoder, and its two stacks do not share a pipeline`,
      'Use --tp or --zero.',
    );
  if (run.sequenceParallel && tp === 1)
    rejectField(
      'sequenceParallel',
      true,
      'it splits what lies between tensor-parallel regions, and tp is 1',
      'Give --tp, or leave it out.',
    );
  if (expertParallel > 1 && !model.experts)
    rejectField('expertParallel', expertParallel, `${model.name} has no experts`, 'Leave it out.');
  if (model.experts && model.experts.total % expertParallel !== 0)
    rejectField(
      'expertParallel',
      expertParallel,
      `it does not divide the ${model.experts.total} experts`,
      `Use a divisor of ${model.experts.total}.`,
    );
  if (expertParallel > dp * tp)
    rejectField(
      'expertParallel',
      expertParallel,
      `experts are spread over the ranks there are, ${dp * tp} in each stage`,
      `Use at most ${dp * tp}.`,
    );
  if (offload !== 'none' && run.mode === 'train' && run.optimizer === 'adam8bit') {
    rejectField(
      'offload',
      offload,
      'the 8-bit optimizer runs on the GPU alone',
      'Use adamw, or leave offloading out.',
    );
  }
}

function checkFrozen(model: ModelSpec, run: RunSpec, frozenLayers: number): void {
  const not = (why: string, remedy: string) =>
    rejectField('frozenLayers', frozenLayers, why, remedy);
  if (run.mode !== 'train')
    not(
      `the mode is ${run.mode}, which trains nothing`,
      'Use --mode train, or leave --freeze out.',
    );
  if (frozenLayers > model.layers)
    not(`there are ${model.layers} layers`, `Use 0 to ${model.layers}.`);
  if (run.loraRank)
    not(
      'with adapters every weight of the model is frozen already',
      'Leave --freeze or --lora-rank out.',
    );
  if ((run.pp ?? 1) > 1)
    not('the stages of a pipeline would have unlike work', 'Use --zero, --dp or --tp.');
  if (model.decoderLayers)
    not(
      `${model.name} is an encoder-decoder, whose two stacks share the embeddings`,
      'Leave --freeze out.',
    );
  const trainsAbove =
    !model.postNorm || (model.pooler ?? false) || (hasLmHead(model) && !model.tiedHead);
  if (frozenLayers === model.layers && !trainsAbove)
    not(
      `${model.name} has no weights above its last layer to train`,
      `Use 0 to ${model.layers - 1}.`,
    );
}
