/** What the sizes of a model are called where people read them: by labels of fields, and in refusals. */
export const SIZE_NAMES = {
  layers: 'Layers',
  decoderLayers: 'Decoder layers',
  hidden: 'Width',
  heads: 'Heads',
  kvHeads: 'Key-value heads',
  headDim: 'Width of a head',
  ffn: 'Feed-forward width',
  vocab: 'Vocabulary',
  maxPositions: 'Positions',
} as const;
