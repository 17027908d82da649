/**
 * T5, mT5 and UMT5: encoder-decoders without biases, with relative positions in the first layer of each stack (UMT5: in
 * every layer) and heads whose widths need not add up to the model's.
 */
import type { ModelSpec } from '../model-spec';
import { gatedActivation, plainActivation } from './activations';
import type { ConfigFile, Family } from './family';
import { SPAN_ENDS } from './heads';

export const T5: Family = {
  name: 't5',
  implementation: {
    fusedProjection: false,
    fusedGate: false,
    softmaxInFp32: true,
    residualDropout: true,
    // T5LayerNorm multiplies the input, not its fp32 copy, by 1/rms.
    normKeepsInput: true,
    buffers: 'none',
    modules: { query: 'q', key: 'k', value: 'v', output: 'o', gate: 'wi_0', up: 'wi', down: 'wo' },
    upBesideGate: 'wi_1',
  },
  configs: [
    {
      types: ['t5'],
      classes: /^T5(For|Encoder|Model|WithLM)/,
      read: (file) =>
        read(file, { vocab: 32_128, ffn: 2048, layers: 6, heads: 8, activation: 'relu' }),
    },
    { types: ['mt5'], classes: /^MT5/, read: (file) => read(file, MT5) },
    {
      types: ['umt5'],
      classes: /^UMT5/,
      read: (file) => ({ ...read(file, MT5), relativeInEveryLayer: true }),
    },
  ],
};

interface Defaults {
  readonly vocab: number;
  readonly ffn: number;
  readonly layers: number;
  readonly heads: number;
  readonly activation: string;
}

const MT5: Defaults = {
  vocab: 250_112,
  ffn: 1024,
  layers: 8,
  heads: 6,
  activation: 'gated-gelu',
};

function read(file: ConfigFile, defaults: Defaults): ModelSpec {
  const config = file.parse(({ z, count }) =>
    z.object({
      vocab_size: count.default(defaults.vocab),
      d_model: count.default(512),
      d_kv: count.default(64),
      d_ff: count.default(defaults.ffn),
      num_layers: count.default(defaults.layers),
      num_decoder_layers: count.nullish(),
      num_heads: count.default(defaults.heads),
      relative_attention_num_buckets: count.default(32),
      n_positions: count.default(512),
      feed_forward_proj: z.string().default(defaults.activation),
      tie_word_embeddings: z.boolean().default(true),
    }),
  );
  const gate = /^gated-(.+)$/.exec(config.feed_forward_proj)?.[1];
  const activation =
    gate === undefined
      ? plainActivation('feed_forward_proj', config.feed_forward_proj)
      : gatedActivation('feed_forward_proj', gate === 'gelu' ? 'gelu_new' : gate);
  const model = t5(
    file.name,
    {
      layers: config.num_layers,
      hidden: config.d_model,
      heads: config.num_heads,
      headDim: config.d_kv,
      ffn: config.d_ff,
    },
    {
      decoderLayers: config.num_decoder_layers ?? config.num_layers,
      vocab: config.vocab_size,
      maxPositions: config.n_positions,
      relativeBuckets: config.relative_attention_num_buckets,
      ...activation,
      tiedHead: config.tie_word_embeddings,
    },
  );
  return withHead(model, file);
}

/** The stacks and the head that a class has. */
function withHead(model: ModelSpec, { className, labels, refuse }: ConfigFile): ModelSpec {
  if (className === undefined || /ForConditionalGeneration$/.test(className)) return model;
  const { decoderLayers: _, ...encoder } = model;
  if (/EncoderModel$/.test(className)) return { ...encoder, architecture: 'encoder' };
  if (/ForTokenClassification$/.test(className))
    return { ...encoder, architecture: 'encoder', classifier: { labels, bias: true } };
  const bare = { ...model, lmHead: false };
  if (/ForSequenceClassification$/.test(className))
    return { ...bare, classifier: { labels, bias: true, dense: 'bias' } };
  if (/ForQuestionAnswering$/.test(className))
    return { ...bare, classifier: { labels: SPAN_ENDS, bias: true } };
  if (/Model$/.test(className)) return bare;
  return refuse(
    'architectures',
    className,
    'Known are …ForConditionalGeneration, …EncoderModel, the classifiers, and the bare …Model.',
  );
}

export function t5(
  name: string,
  size: { layers: number; hidden: number; heads: number; headDim?: number; ffn: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { headDim = 64, ...rest } = size;
  return {
    name,
    family: T5.name,
    architecture: 'encoder-decoder',
    ...rest,
    decoderLayers: size.layers,
    kvHeads: size.heads,
    headDim,
    vocab: 32_128,
    maxPositions: 512,
    positions: 'none',
    relativeBuckets: 32,
    norm: 'rmsnorm',
    activation: 'relu',
    bias: false,
    tiedHead: true,
    ...differences,
  };
}
