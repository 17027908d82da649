/** The weights before the first layer and behind the last: tables, projections, norms, heads. */
import type { ModelSpec } from '../model-spec';
import { normVectors } from './layer';
import { type Split, split, TensorList, type WeightTensor } from './tensor';

/** True where the model ends in a projection to its vocabulary. */
export function hasLmHead(model: ModelSpec): boolean {
  return model.lmHead ?? model.architecture !== 'encoder';
}

/** Stacks of layers, each with its own positions and norms. */
function stacks(model: ModelSpec): number {
  return model.decoderLayers ? 2 : 1;
}

/** What stands before the first layer. */
export function listEmbeddingTensors(model: ModelSpec, parts: Split): readonly WeightTensor[] {
  const { hidden: d, embedding, positions, relativeTable, layerInputs } = model;
  const list = new TensorList(false);
  const width = embedding?.width ?? d;
  const vocab = split(model.vocab, parts.tensor);
  // A table that is also the head is read by a matrix multiplication.
  if (hasLmHead(model) && model.tiedHead) list.matrix('embedding', vocab, width);
  else list.table('embedding', vocab, width);
  // OPT adds its positions behind the projection, ALBERT and ELECTRA before it.
  const besides = embedding?.back ? d : width;
  if (positions === 'learned')
    list.table('positions', model.maxPositions, besides, {
      count: stacks(model),
      ...(model.fixedPositions && { frozen: true }),
    });
  if (model.tokenTypes) list.table('positions', model.tokenTypes, besides);
  const isNormed = model.postNorm ? model.embeddingNorm !== false : model.embeddingNorm;
  if (isNormed) list.vector('positions', besides, normVectors(model) * stacks(model));
  if (embedding) {
    list.matrix('positions', embedding.width, d);
    if (embedding.bias) list.vector('positions', d);
  }
  if (layerInputs) {
    const { width: each, rows } = layerInputs;
    list.table('embedding', rows, model.layers * each);
    list.matrix('positions', d, model.layers * each);
    list.vector('positions', each, normVectors(model));
  }
  if (relativeTable) {
    list.table('positions', relativeTable.rows, d);
    if (relativeTable.norm) list.vector('positions', d, normVectors(model));
  }
  if (model.convolution) {
    list.matrix('positions', d * model.convolution, d);
    list.vector('positions', d, 1 + normVectors(model));
  }
  return list.rows;
}

/** Biases of relative positions: of the first layer of each stack, or of every layer. */
export function listRelativeTensors(
  { relativeBuckets, relativeInEveryLayer, heads, ...model }: ModelSpec,
  parts: Split,
): readonly WeightTensor[] {
  const list = new TensorList(false);
  const layers = relativeInEveryLayer
    ? model.layers + (model.decoderLayers ?? 0)
    : 1 + (model.decoderLayers ? 1 : 0);
  if (relativeBuckets)
    list.table('positions', relativeBuckets, split(heads, parts.tensor), { count: layers });
  return list.rows;
}

/** What stands behind the last layer; `apart` where the embeddings are elsewhere, so that a tied head is a copy of its own. */
export function listHeadTensors(
  model: ModelSpec,
  parts: Split,
  apart: boolean,
): readonly WeightTensor[] {
  const { hidden: d, embedding, classifier, headTransform } = model;
  const list = new TensorList(false);
  if (!model.postNorm && model.finalNorm !== false)
    list.vector('finalNorm', d, normVectors(model) * stacks(model));
  // ModernBERT's first layer has the norm of the embeddings for its own.
  if (embedding?.back) list.matrix('head', d, embedding.width);
  const width = embedding?.width ?? d;
  if (headTransform) {
    list.matrix('head', d, width);
    if (model.bias || headTransform === 'bias') list.vector('head', width);
    list.vector('head', width, normVectors(model));
  }
  if (hasLmHead(model)) {
    const vocab = split(model.vocab, parts.tensor);
    if (!model.tiedHead || apart) list.matrix('head', vocab, width);
    if (model.headBias) list.vector('head', vocab);
  }
  if (model.pooler) {
    list.matrix('head', d, d);
    list.vector('head', d);
  }
  if (classifier) {
    const { labels, bias, dense } = classifier;
    if (dense) list.matrix('head', d, d);
    if (dense) list.vector('head', d, dense === 'bias' ? 1 : normVectors(model));
    list.matrix('head', d, labels);
    if (bias) list.vector('head', labels);
  }
  return list.rows;
}
