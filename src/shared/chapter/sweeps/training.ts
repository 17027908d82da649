/** Sweeps of training: what its memory and its time grow with. */
import { computeBudget } from '../../budget/budget';
import { runDefaults } from '../../model/run';
import type { RunSpec } from '../../model/spec';
import { largestThat } from '../../planning/fits';
import { CHECKPOINTING_WAYS, checkpointedRun } from '../experiments/measured/checkpointing';
import {
  type BundledSweep,
  fixedCost,
  predictedBy,
  printedInChapter,
  ratio,
  sizedModel,
  whole,
} from './bundled-sweep';
import type { Conclusion } from './reading';

const FIXED_STEP = 'fixed cost of a step';

/**
 * Of three steps the first alone compiles and warms up. The small model trains with Adam, GPT-2 124M by plain gradient
 * descent: Adam's update in tfjs holds fifteen times the weights at once, more than WebAssembly addresses.
 */
const training = (full: boolean, run: Partial<RunSpec>, model = sizedModel(full)) => ({
  model,
  run: runDefaults(model, {
    mode: 'train',
    framework: 'tfjs',
    optimizer: full ? 'sgd' : 'adam',
    batch: 1,
    seq: 64,
    steps: 3,
    ...run,
  }),
});

export const SEQUENCE: BundledSweep = {
  name: 'sequence',
  title: 'Memory and time of a training step as the sequence grows',
  law: 'activations grow with n until attention scores, n² of them a head, take over: an exponent between 1 and 2',
  scope: {
    quick: 'a small GPT-2 at five lengths: half a minute',
    full: 'GPT-2 124M at four lengths: three minutes',
  },
  figures: ['activations', 'time'],
  axes: (full) => [
    { name: 'seq', values: full ? ['64', '128', '192', '256'] : ['32', '64', '96', '128', '192'] },
  ],
  spec: (point, full) => training(full, { seq: whole(point, 'seq') }),
  number: (_, value) => Number(value),
  stated: (figure) => (figure === 'activations' ? [1, 2] : null),
  conclude: (points) => fixedCost(points, FIXED_STEP),
};

export const BATCH: BundledSweep = {
  name: 'batch',
  title: 'Memory and time of a training step as the batch grows',
  law: 'activations grow in proportion to the batch, an exponent of 1; weights and optimizer states do not grow',
  scope: {
    quick: 'a small GPT-2 at batch 1 to 8: half a minute',
    full: 'GPT-2 124M at batch 1 to 4: two minutes',
  },
  figures: ['activations', 'weights', 'time'],
  axes: (full) => [{ name: 'batch', values: full ? ['1', '2', '4'] : ['1', '2', '4', '8'] }],
  spec: (point, full) => training(full, { batch: whole(point, 'batch') }),
  number: (_, value) => Number(value),
  stated: (figure) => {
    if (figure === 'time') return null;
    return figure === 'weights' ? [0, 0] : [1, 1];
  },
  conclude: (points) => fixedCost(points, FIXED_STEP),
};

export const LAYERS: BundledSweep = {
  name: 'layers-width',
  title: 'Memory and time of a training step as the model gets deeper and wider',
  law: 'a layer has 12·d² weights: those of all layers grow with their number and with the square of the width; activations grow with the number of layers',
  scope: {
    quick: 'a small GPT-2, 2 to 8 layers of 64 to 256: a minute',
    full: 'GPT-2 of 3 to 12 layers of 192 to 768: two minutes',
  },
  figures: ['layerWeights', 'activations', 'time'],
  axes: (full) => [
    { name: 'layers', values: full ? ['3', '6', '12'] : ['2', '4', '8'] },
    { name: 'width', values: full ? ['192', '384', '768'] : ['64', '128', '256'] },
  ],
  spec: (point, full) => {
    const [layers, hidden] = [whole(point, 'layers'), whole(point, 'width')];
    const base = sizedModel(full);
    return training(
      full,
      {},
      {
        ...base,
        name: `${base.name}, ${layers} layers of ${hidden}`,
        layers,
        hidden,
        ffn: 4 * hidden,
        headDim: hidden / base.heads,
      },
    );
  },
  number: (_, value) => Number(value),
  stated: (figure, axis) => {
    if (figure === 'layerWeights') return axis === 'layers' ? [1, 1] : [2, 2];
    return figure === 'activations' && axis === 'layers' ? [1, 1] : null;
  },
  conclude: (points) => fixedCost(points, FIXED_STEP),
};

export const CHECKPOINTING: BundledSweep = {
  name: 'checkpointing',
  title: 'Activations and time of a training step as fewer of them are kept',
  law: 'keeping the inputs of layers alone frees about 80% of the activations, for a step that is 20–30% longer; by the count of its work it is a third longer',
  scope: {
    quick: 'a small GPT-2 of 12 layers, kept and recomputed in six ways: a minute',
    full: 'the layers of GPT-2 124M in six ways: six minutes',
  },
  figures: ['activations', 'time'],
  axes: () => [{ name: 'checkpointing', values: CHECKPOINTING_WAYS }],
  spec: ({ checkpointing = '' }, full) => checkpointedRun(checkpointing, full),
  number: () => NaN,
  stated: () => null,
  conclude(points) {
    const none = points.find(({ point }) => point.checkpointing === 'none');
    return points
      .filter((point) => point !== none)
      .flatMap((point): Conclusion[] => {
        const way = point.point.checkpointing ?? '';
        const isFull = way === 'full';
        const [kept, time] = [ratio(point, none, 'activations'), ratio(point, none, 'time')];
        if (kept === null || time === null) return [];
        return [
          {
            what: `activations freed, ${way}`,
            value: 100 * (1 - kept.measured),
            unit: '%',
            predicted: predictedBy(100 * (1 - kept.predicted), 'refined tier'),
            ...(isFull && { chapter: printedInChapter('checkpoint-saving') }),
          },
          {
            what: `step longer, ${way}`,
            value: 100 * (time.measured - 1),
            unit: '%',
            predicted: predictedBy(100 * (time.predicted - 1), 'one forward pass more'),
            ...(isFull && { chapter: printedInChapter('checkpoint-time') }),
          },
        ];
      });
  },
};

/** What the largest batch has to fit into. */
const MEMORY = { quick: 192 * 2 ** 20, full: 2 * 2 ** 30 };

/** Of training within that memory, as a tier predicts it. */
function findLargest(full: boolean, tier: 'refined' | 'textbook'): number {
  const memory = full ? MEMORY.full : MEMORY.quick;
  return largestThat((batch) => {
    const { model, run } = training(full, { batch });
    return computeBudget(model, run).tiers[tier].peak.bytes <= memory;
  });
}

/** Constants that take dozens of dry runs: found when they are first asked for. */
const LARGEST = new Map<string, number>();

function predictLargest(full: boolean, tier: 'refined' | 'textbook'): number {
  const key = `${tier} ${full}`;
  const largest = LARGEST.get(key) ?? findLargest(full, tier);
  LARGEST.set(key, largest);
  return largest;
}

export const MAX_BATCH: BundledSweep = {
  name: 'max-batch',
  title: 'The largest batch that trains within a given memory',
  law: 'the largest batch is what the memory leaves beside weights and states, divided by the activations of a sequence',
  scope: {
    quick: 'a small GPT-2 within 192 MiB, up to the batch that is one too many: a minute',
    full: 'GPT-2 124M within 2 GiB: two minutes',
  },
  figures: ['peak', 'activations'],
  axes: (full) => {
    const largest = predictLargest(full, 'refined');
    const values = [1, largest / 4, largest / 2, largest, largest + 1].map((batch) =>
      String(Math.max(1, Math.floor(batch))),
    );
    return [{ name: 'batch', values: [...new Set(values)] }];
  },
  spec: (point, full) => training(full, { batch: whole(point, 'batch') }),
  number: (_, value) => Number(value),
  stated: (figure) => (figure === 'activations' ? [1, 1] : null),
  conclude: (points, full) => {
    const memory = full ? MEMORY.full : MEMORY.quick;
    const within = points.filter(
      ({ figures: { peak } }) => peak.measured !== null && peak.measured <= memory,
    );
    const largest = Math.max(0, ...within.map(({ point }) => whole(point, 'batch')));
    if (largest === 0 || within.length === points.length) return [];
    return [
      {
        what: `largest within ${full ? '2 GiB' : '192 MiB'}`,
        value: largest,
        unit: 'sequences',
        predicted: [
          { value: predictLargest(full, 'refined'), by: 'refined tier' },
          { value: predictLargest(full, 'textbook'), by: 'the chapter’s formula' },
        ],
      },
    ];
  },
};
