/** The chapter's section on distillation: BERT-base beside its students. */

import { compareStudent } from '../../compute/distillation';
import { parameterCount } from '../../model/parameters';
import { type Claim, claimsIn, UNMEASURED } from './claim';
import { BERT, DISTILBERT, TINYBERT } from './models';

export function distillationClaims(): readonly Claim[] {
  const claim = claimsIn('Model Distillation');
  const distil = compareStudent(BERT, DISTILBERT, 128);
  const tiny = compareStudent(BERT, TINYBERT, 128);
  return [
    claim(
      'distilbert-parameters',
      'DistilBERT: 66M params',
      '66',
      'million',
      distil.studentParameters / 1e6,
      "Six of BERT-base's layers, no pooler: 66,362,880.",
    ),
    claim(
      'distilbert-teacher',
      '(vs. BERT-base 110M)',
      '110',
      'million',
      parameterCount(BERT) / 1e6,
      'The published checkpoint has 109,482,240.',
      { approximate: true },
    ),
    claim('distilbert-accuracy', '97\\% performance, 2× faster', '97', '%', null, UNMEASURED),
    claim(
      'distilbert-speed',
      '97\\% performance, 2× faster',
      '2',
      '× fewer FLOPs',
      distil.workRatio,
      'Half of the layers.',
    ),
    claim(
      'tinybert-parameters',
      'TinyBERT: 14M params',
      '14',
      'million',
      tiny.studentParameters / 1e6,
      'Four layers of width 312, with token types and pooler: 14.35 million.',
    ),
    claim('tinybert-accuracy', '96\\% performance, 7× faster', '96', '%', null, UNMEASURED),
    claim(
      'tinybert-speed',
      '96\\% performance, 7× faster',
      '7',
      '× faster',
      null,
      'How much faster it runs has to be measured; its layers do 17.9 times less work.',
    ),
  ];
}
