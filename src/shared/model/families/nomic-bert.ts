/** Nomic BERT: BERT with rotary positions and a gated network, and no biases but its head's. */
import { gatedActivation } from './activations';
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, readEncoder } from './encoder';
import type { Family } from './family';

export const NOMIC_BERT: Family = {
  name: 'nomic_bert',
  implementation: { ...BERT_IMPLEMENTATION, softmaxInFp32: true, modules: {} },
  configs: [
    {
      types: ['nomic_bert'],
      classes: /^NomicBert/,
      read(file) {
        const { hidden_act: activation } = file.parse(({ z }) =>
          z.object({ hidden_act: z.string().default('silu') }),
        );
        const model = readEncoder(file, DEFAULTS, 'nomic_bert', { pooler: true });
        return {
          ...model,
          positions: 'rotary',
          ...gatedActivation('hidden_act', activation),
          bias: false,
          ...(model.headTransform && { headTransform: 'bias' }),
          // The bare model has none unless it is asked for.
          pooler: model.pooler === true && model.classifier !== undefined,
        };
      },
    },
  ],
};

const DEFAULTS = { ...BERT_DEFAULTS, vocab: 30_528, activation: 'silu' };
