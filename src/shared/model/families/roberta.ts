/** RoBERTa, XLM-RoBERTa, CamemBERT, data2vec: BERT with two rows of positions to spare, and classifiers with a dense layer of their own. */
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, readEncoder } from './encoder';
import type { Family } from './family';

export const ROBERTA: Family = {
  name: 'roberta',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['roberta', 'xlm-roberta', 'camembert', 'data2vec-text'],
      classes: /^(Roberta|XLMRoberta|Camembert|Data2VecText)(For|Model)/,
      read: (file) =>
        readEncoder(
          file,
          { ...BERT_DEFAULTS, vocab: file.type === 'xlm-roberta' ? 30_522 : 50_265 },
          'roberta',
          { pooler: true, dense: 'bias' },
        ),
    },
  ],
};
