/** A teacher and its students side by side: how much smaller their weights are, and how much shorter a pass is. */

import { compareStudent } from '../../../compute/distillation';
import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { SessionDocument } from '../../../session/session-document';
import { type MeasuredFigure, type Measurement, shortestStep } from './measurement';

export const DISTILLED = ['bert-base', 'distilbert', 'tinybert'] as const;

const CLAIMS: Readonly<
  Record<string, { readonly memory: string; readonly speed: readonly string[] }>
> = {
  distilbert: {
    memory: 'summary-distil-memory-low',
    speed: ['distilbert-speed', 'summary-distil-speed-low'],
  },
  tinybert: {
    memory: 'summary-distil-memory-high',
    speed: ['tinybert-speed', 'summary-distil-speed-high'],
  },
};

/** A few forward passes of one of the models. */
export function forwardPasses(name: string, full: boolean) {
  const model = preset(name);
  return {
    model,
    run: runDefaults(model, {
      mode: 'infer',
      framework: 'tfjs',
      batch: 1,
      seq: full ? 128 : 16,
      steps: full ? 8 : 3,
    }),
  };
}

export const DISTILLATION: Measurement = {
  experiment: 'distillation',
  scope: {
    small: 'BERT-base, DistilBERT and TinyBERT, three passes of 16 tokens: on a CPU ten seconds',
    full: 'the same, eight passes of 128 tokens: on a CPU half a minute',
  },
  recordings: (full) =>
    DISTILLED.map((name) => ({ role: `model=${name}`, ...forwardPasses(name, full) })),
  figures([teacher, ...students]) {
    if (!teacher?.model || !teacher.run) return [];
    const { model, run } = teacher;
    const weights = (doc: SessionDocument) =>
      doc.overlay.phases.at(-1)?.measuredEndComponents?.params ?? 0;
    const predicted = (doc: SessionDocument) =>
      doc.overlay.phases.at(-1)?.predictedEndComponents?.params ?? 0;
    return students.flatMap((student): MeasuredFigure[] => {
      if (!student.model) return [];
      const { name } = student.model;
      const claims = CLAIMS[name];
      return [
        {
          what: `weights, ${name}`,
          value: weights(teacher) / weights(student),
          unit: '× smaller',
          claims: claims ? [claims.memory] : [],
          predicted: [{ value: predicted(teacher) / predicted(student), by: 'refined tier' }],
        },
        {
          what: `a pass, ${name}`,
          value: shortestStep(teacher) / shortestStep(student),
          unit: '× faster',
          claims: claims && run.seq >= 128 ? claims.speed : [],
          timed: true,
          predicted: [
            {
              value: compareStudent(model, student.model, run.seq).workRatio,
              by: 'FLOPs of the layers',
            },
          ],
        },
      ];
    });
  },
};
