/** Narrower weights and cache, by the framework's own count of bytes: what remains of "4×" and "8×". */
import type { SessionDocument } from '../../../contract/session';
import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { Precision } from '../../../model/spec';
import { type MeasuredFigure, type Measurement, timeIn } from './measurement';

const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const satisfies readonly Precision[];

const CLAIMS: Readonly<Partial<Record<Precision, readonly string[]>>> = {
  fp16: ['summary-fp16-memory'],
  int8: ['quant-int8-memory', 'summary-int8-memory'],
  int4: ['quant-int4-memory', 'summary-int4-memory'],
};

export const QUANTIZATION: Measurement = {
  experiment: 'quantization',
  scope: { small: 'a small GPT-2, 32 tokens at four precisions: seconds', full: 'GPT-2 124M, 32 tokens at four precisions: on a CPU a minute' },
  recordings(full) {
    const model = preset(full ? 'gpt2' : 'gpt2-nano');
    return PRECISIONS.map((precision) => ({ role: precision, model, run: runDefaults(model, { mode: 'generate', framework: 'tfjs', promptTokens: 16, tokens: 32, precision }) }));
  },
  figures([single, ...others]) {
    if (!single) return [];
    const measured = (doc: SessionDocument) => doc.overlay.phases.at(-1)?.measuredEndComponents;
    const predicted = (doc: SessionDocument) => doc.overlay.phases.at(-1)?.predictedEndComponents;
    return others.flatMap((doc): MeasuredFigure[] => {
      const precision = doc.run?.precision ?? 'fp32';
      const smaller = (part: 'params' | 'kv_cache', of: typeof measured) => (of(single)?.[part] ?? 0) / (of(doc)?.[part] ?? 0);
      return [
        {
          what: `weights, ${precision}`, value: smaller('params', measured), unit: '× smaller', predicted: [{ value: smaller('params', predicted), by: 'refined tier' }],
          claims: doc.model?.name === 'gpt2' ? (CLAIMS[precision] ?? []) : [],
        },
        { what: `cache, ${doc.run?.kvPrecision}`, value: smaller('kv_cache', measured), unit: '× smaller', predicted: [{ value: smaller('kv_cache', predicted), by: 'refined tier' }], claims: [] },
        { what: `time, ${precision}`, value: timeIn(doc, ['prefill', 'decode']) / timeIn(single, ['prefill', 'decode']), unit: '×', predicted: [], claims: [], timed: true },
      ];
    });
  },
};
