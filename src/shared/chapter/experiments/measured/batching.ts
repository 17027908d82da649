/** One sequence against many at once: what a batch does to latency and throughput. */

import { throughputByBatch } from '../../../compute/latency';
import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { SessionDocument } from '../../../session/session-document';
import { type MeasuredFigure, type Measurement, predictedFor, timeIn } from './measurement';

const BATCHES = [1, 4, 32] as const;
const TOKENS = 100;

export const BATCHING: Measurement = {
  experiment: 'batching',
  scope: {
    small: 'a small GPT-2, 100 tokens at batch 1, 4 and 32: seconds',
    full: 'GPT-2 124M, 100 tokens at batch 1, 4 and 32: on a CPU some minutes',
  },
  recordings(full) {
    const model = preset(full ? 'gpt2' : 'gpt2-nano');
    return BATCHES.map((batch) => ({
      role: batch === 1 ? 'one sequence' : `${batch} sequences`,
      model,
      run: runDefaults(model, {
        mode: 'generate',
        framework: 'tfjs',
        promptTokens: 16,
        tokens: TOKENS,
        batch,
      }),
    }));
  },
  figures(docs) {
    const [single, ...others] = docs;
    if (!single?.model || !single.run) return [];
    const { model, run } = single;
    const seconds = (doc: SessionDocument) => timeIn(doc, ['prefill', 'decode']) / 1e6;
    const rate = (doc: SessionDocument) => ((doc.run?.batch ?? 0) * TOKENS) / seconds(doc);
    const gpu = predictedFor(single);
    const points = throughputByBatch(
      model,
      { promptTokens: run.promptTokens, tokens: run.tokens, precision: run.precision },
      gpu,
      BATCHES,
    );
    return [
      {
        what: 'one sequence',
        value: rate(single),
        unit: 'tokens/s',
        predicted: [],
        claims: [],
        timed: true,
      },
      ...others.flatMap((doc): MeasuredFigure[] => {
        const batch = doc.run?.batch ?? 0;
        const point = points.find((known) => known.batch === batch);
        const by = (value: number | undefined) =>
          value === undefined ? [] : [{ value, by: `roofline of ${gpu.name}` }];
        const ids = (...claims: string[]) => (batch === 32 && model.name === 'gpt2' ? claims : []);
        return [
          {
            what: `throughput of ${batch}`,
            value: rate(doc) / rate(single),
            unit: '×',
            predicted: by(point?.throughputGain),
            claims: ids('batch-gain', 'summary-batching'),
            timed: true,
          },
          {
            what: `latency of ${batch}`,
            value: seconds(doc) / seconds(single),
            unit: '×',
            predicted: by(point?.latencyCost),
            claims: ids('batch-latency'),
            timed: true,
          },
        ];
      }),
    ];
  },
};
