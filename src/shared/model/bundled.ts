/** What the bundled TensorFlow.js workload can be: GPT-2 or BERT's encoder, and what of them a model lacks. */
import { Failure } from '../base/failure';
import type { Mode, Precision } from './choices';
import type { ModelSpec } from './model-spec';
import { isPacked } from './packing';

/** What keeps `model` from running as the bundled workload, as the end of a sentence; null where nothing does. */
export function notBundled(model: ModelSpec): string | null {
  if (model.architecture === 'encoder-decoder')
    return `it runs decoders or encoders, and ${model.name} is both`;
  if (model.positions !== 'learned')
    return `it knows learned positions, and those of ${model.name} are ${model.positions}`;
  if (model.norm !== 'layernorm') return `it knows LayerNorm, and ${model.name} has RMSNorm`;
  const knows = model.architecture === 'encoder' ? ['gelu', 'relu'] : ['gelu'];
  if (!knows.includes(model.activation))
    return `its ${model.architecture}s know ${knows.join(' or ')}, and ${model.name} has ${model.activation}`;
  if (model.experts || model.latentAttention)
    return `it knows neither experts nor latent attention, which ${model.name} has`;
  if (model.kvHeads !== model.heads)
    return `it has a key-value head for every head, and ${model.name} has ${model.kvHeads} for ${model.heads}`;
  if (
    !model.bias ||
    model.qkvBias === false ||
    model.outputBias === false ||
    model.ffnBias === false
  )
    return `it has biases everywhere, and ${model.name} differs`;
  if (
    model.qkNorm ||
    model.parallel ||
    model.embedding ||
    model.sharedLayers ||
    model.relativeTable
  )
    return `it knows GPT-2's and BERT's layers, and those of ${model.name} differ`;
  if (model.architecture === 'encoder')
    return model.postNorm && !model.lmHead && !model.classifier
      ? null
      : `its encoders have their norms last and no head, and ${model.name} differs`;
  if (
    !model.tiedHead ||
    model.tokenTypes ||
    model.pooler ||
    model.postNorm ||
    model.finalNorm === false ||
    model.classifier ||
    model.lmHead === false
  ) {
    return `its decoders have a head tied to the embeddings, and ${model.name} differs`;
  }
  return null;
}

/**
 * What the bundled workload runs of `model`: of an encoder the layers, whatever head its class adds. A head for masked
 * words is read from the checkpoint where its logits are asked for.
 */
export function bundledPart(model: ModelSpec): ModelSpec {
  if (model.architecture !== 'encoder') return model;
  const {
    lmHead: _head,
    headTransform: _dense,
    headBias: _bias,
    classifier: _classes,
    ...layers
  } = model;
  return layers;
}

/** Whether a run of `model` is the bundled workload's where nobody names a framework: encoders are mostly run elsewhere. */
export function isBundledByDefault(model: ModelSpec): boolean {
  return model.architecture === 'decoder' && notBundled(model) === null;
}

/** What decides whether the bundled workload can store a run's numbers. */
interface Precisions {
  readonly mode: Mode;
  readonly precision: Precision;
  readonly kvCache: boolean;
  readonly kvPrecision: Precision;
}

/** Throws `unavailable` for a precision the bundled workload has not, in weights or cache. */
export function checkBundledPrecision(run: Precisions): void {
  const reason = notBundledPrecision(run);
  if (reason !== null)
    throw new Failure(
      'unavailable',
      `The bundled workload ${reason}.`,
      run.mode === 'train' ? 'Train with --precision fp32.' : 'Use fp32, fp16, int8 or int4.',
    );
}

/** What it lacks for this run's precisions, as the end of a sentence; null where nothing. */
export function notBundledPrecision({
  mode,
  precision,
  kvCache,
  kvPrecision,
}: Precisions): string | null {
  const cached = mode === 'generate' && kvCache ? kvPrecision : 'fp32';
  const lacking = [precision, cached].find((each) => each !== 'fp32' && !isPacked(each));
  if (lacking !== undefined) {
    return `has no ${lacking}: TensorFlow.js computes in float32 alone, so that it would be a way to store numbers and no more, and as such fp16 takes the same bytes and rounds less`;
  }
  return mode === 'train' && precision !== 'fp32'
    ? `trains in fp32 only, not ${precision}: packed numbers have no gradients`
    : null;
}
