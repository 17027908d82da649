/**
 * BART and its kin: BERT's layers in both stacks of an encoder-decoder. mBART has its norms first and one after each stack; so
 * has M2M-100 (NLLB), whose positions are computed and whose embeddings have no norm.
 */
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import type { ConfigFile, Family } from './family';
import { SPAN_ENDS } from './heads';

/** Each table of positions has two rows to spare for padding. */
const SPARE_POSITIONS = 2;

export const BART: Family = {
  name: 'bart',
  implementation: {
    fusedProjection: false,
    fusedGate: false,
    softmaxInFp32: false,
    residualDropout: true,
    normKeepsInput: false,
    logitsBiased: true,
    buffers: 'none',
    modules: { output: 'out_proj', up: 'fc1', down: 'fc2' },
  },
  configs: [
    { types: ['bart'], classes: /^Bart/, read },
    {
      types: ['mbart'],
      classes: /^MBart/,
      read(file) {
        const { postNorm: _, ...model } = read(file);
        return { ...model, embeddingNorm: true };
      },
    },
    {
      types: ['m2m_100'],
      classes: /^M2M100/,
      read(file) {
        const { postNorm: _, ...model } = read(file);
        return { ...model, positions: 'none' };
      },
    },
  ],
};

function read(file: ConfigFile): ModelSpec {
  const config = file.parse(({ z, count }) =>
    z.object({
      vocab_size: count.default(50_265),
      d_model: count.default(1024),
      encoder_layers: count.default(12),
      decoder_layers: count.default(12),
      encoder_attention_heads: count.default(16),
      decoder_attention_heads: count.default(16),
      encoder_ffn_dim: count.default(4096),
      decoder_ffn_dim: count.default(4096),
      max_position_embeddings: count.default(1024),
      activation_function: z.string().default('gelu'),
      tie_word_embeddings: z.boolean().default(true),
    }),
  );
  for (const [field, alike] of [
    ['decoder_attention_heads', 'encoder_attention_heads'],
    ['decoder_ffn_dim', 'encoder_ffn_dim'],
  ] as const)
    if (config[field] !== config[alike])
      file.refuse(field, config[field], `Plumbline knows stacks that are alike: ${config[alike]}.`);
  const model = bart(
    file.name,
    {
      layers: config.encoder_layers,
      hidden: config.d_model,
      heads: config.encoder_attention_heads,
    },
    {
      decoderLayers: config.decoder_layers,
      ffn: config.encoder_ffn_dim,
      vocab: config.vocab_size,
      maxPositions: config.max_position_embeddings + SPARE_POSITIONS,
      ...plainActivation('activation_function', config.activation_function),
      tiedHead: config.tie_word_embeddings,
    },
  );
  return { ...model, ...head(file) };
}

function head({ className, labels, refuse }: ConfigFile): Partial<ModelSpec> {
  if (className === undefined || /ForConditionalGeneration$/.test(className)) return {};
  if (/ForSequenceClassification$/.test(className))
    return { lmHead: false, classifier: { labels, bias: true, dense: 'bias' } };
  if (/ForQuestionAnswering$/.test(className))
    return { lmHead: false, classifier: { labels: SPAN_ENDS, bias: true } };
  if (/Model$/.test(className)) return { lmHead: false };
  return refuse(
    'architectures',
    className,
    'Known are …ForConditionalGeneration, …ForSequenceClassification, …ForQuestionAnswering and the bare …Model.',
  );
}

export function bart(
  name: string,
  size: { layers: number; hidden: number; heads: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    family: BART.name,
    architecture: 'encoder-decoder',
    ...size,
    decoderLayers: size.layers,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab: 50_265,
    maxPositions: 1024 + SPARE_POSITIONS,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    ...differences,
  };
}
