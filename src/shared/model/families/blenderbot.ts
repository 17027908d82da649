/** Blenderbot: mBART without a norm on the embeddings; the small one is BART. */
import { BART, readBart, withNormsFirst } from './bart';
import type { Family } from './family';

export const BLENDERBOT: Family = {
  name: 'blenderbot',
  implementation: BART.implementation,
  configs: [
    {
      types: ['blenderbot'],
      classes: /^Blenderbot(For|Model)/,
      read: (file) => withNormsFirst(readBart(file, 'blenderbot', LARGE)),
    },
    {
      types: ['blenderbot-small'],
      classes: /^BlenderbotSmall(For|Model)/,
      read: (file) => readBart(file, 'blenderbot', SMALL),
    },
  ],
};

const LARGE = {
  vocab: 8008,
  hidden: 2560,
  encoderLayers: 2,
  decoderLayers: 24,
  heads: 32,
  ffn: 10_240,
  positions: 128,
  spare: 0,
};
const SMALL = {
  hidden: 512,
  encoderLayers: 8,
  decoderLayers: 8,
  ffn: 2048,
  positions: 512,
  spare: 0,
};
