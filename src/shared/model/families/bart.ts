/**
 * BART and its kin: BERT's layers in both stacks of an encoder-decoder. mBART has its norms first and one after each stack; so
 * has M2M-100 (NLLB), whose positions are computed and whose embeddings have no norm. Pegasus and Blenderbot are mBART without
 * that norm; Marian (OPUS-MT) is BART without it. Positions of Pegasus and Marian are sines in a table that does not train.
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
    { types: ['bart'], classes: /^Bart/, read: (file) => read(file) },
    {
      types: ['mbart'],
      classes: /^MBart/,
      read(file) {
        const { postNorm: _, ...model } = read(file);
        return { ...model, embeddingNorm: true };
      },
    },
    {
      types: ['pegasus'],
      classes: /^Pegasus(For|Model)/,
      read(file) {
        const { postNorm: _, ...model } = read(file, { spare: 0 });
        return { ...model, fixedPositions: true };
      },
    },
    {
      types: ['marian'],
      classes: /^Marian(For|MTModel|Model)/,
      read(file) {
        const model = read(file, { spare: 0, vocab: 58_101 });
        const { decoder_vocab_size: other, share_encoder_decoder_embeddings: shares } = file.parse(
          ({ z, count }) =>
            z.object({
              decoder_vocab_size: count.nullish(),
              share_encoder_decoder_embeddings: z.boolean().default(true),
            }),
        );
        if (!shares)
          file.refuse(
            'share_encoder_decoder_embeddings',
            false,
            'Plumbline knows one table for both stacks.',
          );
        if (other != null && other !== model.vocab)
          file.refuse('decoder_vocab_size', other, `The shared table has ${model.vocab} rows.`);
        return { ...model, embeddingNorm: false, fixedPositions: true };
      },
    },
    {
      types: ['blenderbot'],
      classes: /^Blenderbot(For|Model)/,
      read(file) {
        const { postNorm: _, ...model } = read(file, BLENDERBOT);
        return model;
      },
    },
    {
      types: ['blenderbot-small'],
      classes: /^BlenderbotSmall(For|Model)/,
      read: (file) => read(file, BLENDERBOT_SMALL),
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
const BLENDERBOT: Partial<typeof USUAL> = {
  vocab: 8008,
  hidden: 2560,
  encoderLayers: 2,
  decoderLayers: 24,
  heads: 32,
  ffn: 10_240,
  positions: 128,
  spare: 0,
};
const BLENDERBOT_SMALL: Partial<typeof USUAL> = {
  hidden: 512,
  encoderLayers: 8,
  decoderLayers: 8,
  ffn: 2048,
  positions: 512,
  spare: 0,
};

function read(file: ConfigFile, unlike: Partial<typeof USUAL> = {}): ModelSpec {
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
  return { ...model, ...head(file) };
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
