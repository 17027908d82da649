/** Gradient checkpointing: the bytes it frees and the time it takes, on as many layers as BERT-base has. */

import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { Checkpointing, ModelSpec } from '../../../model/spec';
import type { SessionDocument } from '../../../session/session-document';
import {
  activationBytes,
  type MeasuredFigure,
  type Measurement,
  predictedActivationBytes,
  shortestStep,
} from './measurement';

/** From nothing recomputed to everything; a layer's input is kept every so many layers. */
export const CHECKPOINTING_WAYS = [
  'none',
  'every=6',
  'every=4',
  'every=3',
  'every=2',
  'full',
] as const;
const MEASURED_WAYS: readonly Checkpointing[] = ['none', 'every=4', 'full'];

/** GPT-2's depth at a width that trains within seconds. */
const NARROW: ModelSpec = { ...preset('gpt2-nano'), name: 'gpt2-nano, 12 layers', layers: 12 };

/**
 * The layers of GPT-2 124M without most of its vocabulary: over all of it the logits of a step, and not the activations
 * of the layers that are recomputed, would be what memory peaks with, and how much of those is held would not be seen.
 */
const WIDE: ModelSpec = { ...preset('gpt2'), name: 'gpt2, vocabulary of 1,024', vocab: 1024 };

/** A few steps of training in one of the ways. */
export function checkpointedRun(way: string, full: boolean) {
  const model = full ? WIDE : NARROW;
  return {
    model,
    run: runDefaults(model, {
      mode: 'train',
      framework: 'tfjs',
      optimizer: 'sgd',
      batch: 1,
      seq: full ? 128 : 192,
      steps: 4,
      checkpointing: CHECKPOINTING_WAYS.find((known) => known === way) ?? 'none',
    }),
  };
}

export const CHECKPOINTING: Measurement = {
  experiment: 'checkpointing',
  scope: {
    small: 'a small GPT-2 of 12 layers, four steps: half a minute',
    full: 'the layers of GPT-2 124M, four steps: on a CPU three minutes',
  },
  recordings: (full) =>
    MEASURED_WAYS.map((way) => ({ role: `checkpointing=${way}`, ...checkpointedRun(way, full) })),
  figures([none, ...others]) {
    if (!none) return [];
    const saving = (doc: SessionDocument, bytes: (doc: SessionDocument) => number) =>
      100 * (1 - bytes(doc) / bytes(none));
    return others.flatMap((doc): MeasuredFigure[] => {
      const full = doc.run?.checkpointing === 'full';
      const how = full ? 'every layer' : 'every four layers';
      return [
        {
          what: `activations freed, ${how}`,
          value: saving(doc, activationBytes),
          unit: '%',
          claims: full ? ['checkpoint-saving'] : [],
          predicted: [{ value: saving(doc, predictedActivationBytes), by: 'refined tier' }],
        },
        {
          what: `longer step, ${how}`,
          value: 100 * (shortestStep(doc) / shortestStep(none) - 1),
          unit: '%',
          predicted: [{ value: 100 / 3, by: 'one forward pass more' }],
          claims: full ? ['checkpoint-time'] : [],
          timed: true,
        },
      ];
    });
  },
};
