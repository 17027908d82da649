/** BART: BERT's layers in both stacks of an encoder-decoder. mBART, M2M-100, Pegasus, Marian and Blenderbot start from it. */
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
  configs: [{ types: ['bart'], classes: /^Bart/, read: (file) => readBart(file, 'bart') }],
};

/** What a configuration class of this shape fills in, and the rows that its tables of positions have to spare. */
const USUAL = {
  vocab: 50_265,
  hidden: 1024,
  encoderLayers: 12,
  decoderLayers: 12,
  heads: 16,
  ffn: 4096,
  positions: 1024,
  spare: SPARE_POSITIONS,
};

/** A file of BART's fields; `unlike`: what its configuration class fills in otherwise. */
export function readBart(
  file: ConfigFile,
  family: string,
  unlike: Partial<typeof USUAL> = {},
): ModelSpec {
  const usual = { ...USUAL, ...unlike };
  const config = file.parse(({ z, count }) =>
    z.object({
      vocab_size: count.default(usual.vocab),
      d_model: count.default(usual.hidden),
      encoder_layers: count.default(usual.encoderLayers),
      decoder_layers: count.default(usual.decoderLayers),
      encoder_attention_heads: count.default(usual.heads),
      decoder_attention_heads: count.default(usual.heads),
      encoder_ffn_dim: count.default(usual.ffn),
      decoder_ffn_dim: count.default(usual.ffn),
      max_position_embeddings: count.default(usual.positions),
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
      maxPositions: config.max_position_embeddings + usual.spare,
      ...plainActivation('activation_function', config.activation_function),
      tiedHead: config.tie_word_embeddings,
    },
  );
  return { ...model, family, ...head(file) };
}

/** The same with its norms before attention and network, and one after each stack. */
export function withNormsFirst({ postNorm: _, ...model }: ModelSpec): ModelSpec {
  return model;
}

function head({ className, labels, refuse }: ConfigFile): Partial<ModelSpec> {
  if (className === undefined || /(ForConditionalGeneration|MTModel)$/.test(className)) return {};
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
