/**
 * Narrower weights and cache, by the framework's own count of bytes: what remains of "4×" and "8×". Small, on weights that
 * were trained for it, so that what is lost can be told as well: the perplexity of a text that they have never seen.
 */

import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { ModelSpec, Precision } from '../../../model/spec';
import type { SessionDocument } from '../../../session/session-document';
import {
  announcedNumber,
  type ExperimentRecording,
  type MeasuredFigure,
  type Measurement,
  timeIn,
} from './measurement';

const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const satisfies readonly Precision[];

const CLAIMS: Readonly<Partial<Record<Precision, readonly string[]>>> = {
  fp16: ['summary-fp16-memory'],
  int8: ['quant-int8-memory', 'summary-int8-memory'],
  int4: ['quant-int4-memory', 'summary-int4-memory'],
};

/** Learns from the few thousand tokens of the text that ships within half a minute on two cores. */
export const LEARNER: ModelSpec = {
  ...preset('gpt2-nano'),
  name: 'gpt2-nano, 2 layers of 64',
  layers: 2,
  hidden: 64,
  headDim: 16,
  ffn: 256,
  vocab: 512,
};
export const LEARNING = runDefaults(LEARNER, {
  mode: 'train',
  framework: 'tfjs',
  data: 'text',
  batch: 4,
  seq: 64,
  steps: 320,
});

/** Forward passes that go once through what training did not see, but for a last piece that fills no batch. */
export function scoring(precision: Precision): ExperimentRecording['run'] {
  return runDefaults(LEARNER, {
    mode: 'infer',
    framework: 'tfjs',
    data: 'text',
    batch: 4,
    seq: 64,
    steps: 3,
    precision,
  });
}

export const QUANTIZATION: Measurement = {
  experiment: 'quantization',
  scope: {
    small:
      'a small GPT-2 trained on a text, then 32 tokens and the perplexity of unseen text at four precisions: a minute',
    full: 'GPT-2 124M, random weights, 32 tokens at four precisions: on a CPU a minute',
  },
  recordings(full) {
    const model = full ? preset('gpt2') : LEARNER;
    const trained: Pick<ExperimentRecording, 'weights'> = full ? {} : { weights: 'taken' };
    const generating = PRECISIONS.map(
      (precision): ExperimentRecording => ({
        role: precision,
        model,
        run: runDefaults(model, {
          mode: 'generate',
          framework: 'tfjs',
          promptTokens: 16,
          tokens: 32,
          precision,
        }),
        ...trained,
      }),
    );
    if (full) return generating;
    const scored = PRECISIONS.map(
      (precision): ExperimentRecording => ({
        role: `unseen text in ${precision}`,
        model,
        run: scoring(precision),
        ...trained,
      }),
    );
    return [{ role: 'training', model, run: LEARNING, weights: 'kept' }, ...generating, ...scored];
  },
  figures(docs) {
    const [single, ...others] = docs.filter(({ run }) => run?.mode === 'generate');
    if (!single) return [];
    const measured = (doc: SessionDocument) => doc.overlay.phases.at(-1)?.measuredEndComponents;
    const predicted = (doc: SessionDocument) => doc.overlay.phases.at(-1)?.predictedEndComponents;
    const narrower = others.flatMap((doc): MeasuredFigure[] => {
      const precision = doc.run?.precision ?? 'fp32';
      const smaller = (part: 'params' | 'kv_cache', components: typeof measured) =>
        (components(single)?.[part] ?? 0) / (components(doc)?.[part] ?? 0);
      return [
        {
          what: `weights, ${precision}`,
          value: smaller('params', measured),
          unit: '× smaller',
          predicted: [{ value: smaller('params', predicted), by: 'refined tier' }],
          claims: doc.model?.name === 'gpt2' ? (CLAIMS[precision] ?? []) : [],
        },
        {
          what: `cache, ${doc.run?.kvPrecision}`,
          value: smaller('kv_cache', measured),
          unit: '× smaller',
          predicted: [{ value: smaller('kv_cache', predicted), by: 'refined tier' }],
          claims: [],
        },
        {
          what: `time, ${precision}`,
          value: timeIn(doc, ['prefill', 'decode']) / timeIn(single, ['prefill', 'decode']),
          unit: '×',
          predicted: [],
          claims: [],
          timed: true,
        },
      ];
    });
    return [
      ...narrower,
      ...[single, ...others].map(decoding),
      ...unseen(docs.filter(({ run }) => run?.mode === 'infer')),
    ];
  },
};

function decoding(doc: SessionDocument): MeasuredFigure {
  const rate = ((doc.run?.tokens ?? 0) - 1) / (timeIn(doc, ['decode']) / 1e6);
  return {
    what: `decoding, ${doc.run?.precision}`,
    value: rate,
    unit: 'tokens/s',
    predicted: [],
    claims: [],
    timed: true,
  };
}

/** Perplexity by precision, under what the frequencies of the tokens alone make of the same text. */
function unseen(docs: readonly SessionDocument[]): readonly MeasuredFigure[] {
  const [single, ...others] = docs;
  if (!single) return [];
  const row = (what: string, value: number, unit: string): MeasuredFigure => ({
    what,
    value,
    unit,
    predicted: [],
    claims: [],
  });
  const perplexity = (doc: SessionDocument) => announcedNumber(doc, 'perplexity');
  return [
    row(
      'unseen text, by frequencies',
      announcedNumber(single, 'frequencyPerplexity'),
      'perplexity',
    ),
    row('unseen text, fp32', perplexity(single), 'perplexity'),
    ...others.flatMap((doc) => [
      row(`unseen text, ${doc.run?.precision}`, perplexity(doc), 'perplexity'),
      row(
        `  above fp32, ${doc.run?.precision}`,
        100 * (perplexity(doc) / perplexity(single) - 1),
        '%',
      ),
    ]),
  ];
}
