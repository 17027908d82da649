/** The fields that BERT's configuration and those written after it share, and the heads their classes have. */
import type { z } from 'zod';
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import type { ConfigFile, Implementation, SchemaKit } from './family';
import { SPAN_ENDS } from './heads';

/** Of BERT's code, and of what is written after it. */
export const BERT_IMPLEMENTATION: Implementation = {
  fusedProjection: false,
  fusedGate: false,
  softmaxInFp32: false,
  residualDropout: true,
  normKeepsInput: false,
  // BertEmbeddings registers position_ids and token_type_ids.
  buffers: 'position-ids',
  modules: {
    query: 'query',
    key: 'key',
    value: 'value',
    output: 'dense',
    up: 'dense',
    down: 'dense',
  },
};

function encoderFields({ z, count }: SchemaKit, defaults: EncoderDefaults) {
  return z.object({
    vocab_size: count.default(defaults.vocab),
    hidden_size: count.default(defaults.hidden),
    num_hidden_layers: count.default(defaults.layers),
    num_attention_heads: count.default(defaults.heads),
    intermediate_size: count.default(defaults.ffn),
    hidden_act: z.string().default(defaults.activation ?? 'gelu'),
    max_position_embeddings: count.default(512),
    type_vocab_size: z
      .number()
      .int()
      .nonnegative()
      .default(defaults.tokenTypes ?? 2),
    tie_word_embeddings: z.boolean().default(true),
    add_cross_attention: z.literal(false).default(false),
    position_embedding_type: z.literal('absolute').nullish(),
  });
}

export interface EncoderDefaults {
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly ffn: number;
  readonly activation?: string;
  readonly tokenTypes?: number;
}

export const BERT_DEFAULTS: EncoderDefaults = {
  vocab: 30_522,
  hidden: 768,
  layers: 12,
  heads: 12,
  ffn: 3072,
};

/** An encoder of BERT's shape. */
export function readEncoder(
  file: ConfigFile,
  defaults: EncoderDefaults,
  family: string,
  heads: HeadShapes,
): ModelSpec {
  const config: z.infer<ReturnType<typeof encoderFields>> = file.parse((kit) =>
    encoderFields(kit, defaults),
  );
  return {
    name: file.name,
    family,
    architecture: 'encoder',
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads: config.num_attention_heads,
    kvHeads: config.num_attention_heads,
    headDim: config.hidden_size / config.num_attention_heads,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    positions: 'learned',
    norm: 'layernorm',
    ...plainActivation('hidden_act', config.hidden_act),
    bias: true,
    tiedHead: config.tie_word_embeddings,
    postNorm: true,
    tokenTypes: config.type_vocab_size,
    ...encoderHead(file, heads),
  };
}

/** Embeddings of a width of their own, and the projection to that of the layers. */
export function narrowEmbedding(file: ConfigFile, hidden: number): Pick<ModelSpec, 'embedding'> {
  const { embedding_size: width } = file.parse(({ z, count }) =>
    z.object({ embedding_size: count.default(128) }),
  );
  // ALBERT projects even where there is nothing to change.
  if (width === hidden && file.type !== 'albert') return {};
  return { embedding: { width, bias: true, back: false } };
}

/** How the classes of a family differ in their heads. */
export interface HeadShapes {
  /** The bare model, and classifiers of sequences, read the first token through a dense layer of the encoder's own. */
  readonly pooler: boolean;
  /** Classifiers of sequences have a dense layer of their own, and so perhaps those of tokens. */
  readonly dense?: 'bias' | 'norm';
  readonly denseTokens?: 'bias' | 'norm';
  /** A language-model head has a bias over the vocabulary; left out, it does. */
  readonly headBias?: boolean;
}

/** The head of the class that a file names, the bare encoder where it names none; `bad_input` for a class that is not known. */
export function encoderHead(
  { className = 'Model', labels, refuse }: ConfigFile,
  { pooler: pooled, dense, denseTokens, headBias = true }: HeadShapes,
): Partial<ModelSpec> {
  const masked = { lmHead: true, headTransform: true, headBias, pooler: false };
  const classify = (count: number, pooler: boolean, layer?: 'bias' | 'norm') => ({
    pooler,
    classifier: { labels: count, bias: true, ...(layer && { dense: layer }) },
  });
  const kind = /(?:For)?([A-Za-z]+)$/.exec(className.replace(/^.*For(?=[A-Z])/, 'For'))?.[1] ?? '';
  switch (kind) {
    case 'MaskedLM':
    case 'CausalLM':
      return masked;
    case 'PreTraining':
      return { ...masked, ...classify(SPAN_ENDS, pooled) };
    case 'SequenceClassification':
      return classify(labels, pooled && !dense, dense);
    case 'NextSentencePrediction':
      return classify(SPAN_ENDS, pooled);
    case 'MultipleChoice':
      return classify(1, pooled, pooled ? undefined : (dense ?? 'bias'));
    case 'TokenClassification':
      return classify(labels, false, denseTokens);
    case 'QuestionAnswering':
      return classify(SPAN_ENDS, false, denseTokens);
  }
  if (/LMHeadModel$/.test(className)) return masked;
  if (/Model$/.test(className)) return { pooler: pooled };
  return refuse(
    'architectures',
    className,
    'Known are …ForMaskedLM, …ForPreTraining, the classifiers of sequences, tokens, choices and spans, and the bare …Model.',
  );
}
