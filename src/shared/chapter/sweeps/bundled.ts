/** The sweeps of the bundled GPT-2 that fit the laws the chapter states. Quick ones take a minute on two cores; full ones are GPT-2 124M. */
import { preset } from '../../model/presets';
import { runDefaults } from '../../model/run';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { BundledSweep, Point } from './sweep';

const model = (full: boolean): ModelSpec => preset(full ? 'gpt2' : 'gpt2-nano');

/** Of three steps the first alone compiles and warms up. */
const training = (spec: ModelSpec, run: Partial<RunSpec>) => ({
  model: spec,
  run: runDefaults(spec, {
    mode: 'train',
    framework: 'tfjs',
    optimizer: 'adam',
    batch: 1,
    seq: 64,
    steps: 3,
    ...run,
  }),
});

const whole = (point: Point, name: string): number => Number(point[name]);

const SEQUENCE: BundledSweep = {
  name: 'sequence',
  title: 'Memory and time of a training step as the sequence grows',
  law: 'activations grow with n until attention scores, n² of them a head, take over: an exponent between 1 and 2',
  axes: (full) => [
    { name: 'seq', values: full ? ['64', '128', '256', '512'] : ['32', '64', '96', '128', '192'] },
  ],
  spec: (point, full) => training(model(full), { seq: whole(point, 'seq') }),
};

const BATCH: BundledSweep = {
  name: 'batch',
  title: 'Memory and time of a training step as the batch grows',
  law: 'activations grow in proportion to the batch, an exponent of 1; weights and Adam states do not grow',
  axes: (full) => [{ name: 'batch', values: full ? ['1', '2', '4'] : ['1', '2', '4', '8'] }],
  spec: (point, full) => training(model(full), { batch: whole(point, 'batch') }),
};

const PRECISION: BundledSweep = {
  name: 'precision',
  title: 'Memory of generation as its weights are stored in fewer bits',
  law: 'weights take 4, 2, 1 and ½ bytes each, quantized ones their scales besides',
  axes: () => [{ name: 'precision', values: ['fp32', 'fp16', 'int8', 'int4'] }],
  spec: (point, full) => {
    const spec = model(full);
    const precision = (['fp16', 'int8', 'int4'] as const).find((each) => each === point.precision);
    return {
      model: spec,
      run: runDefaults(spec, {
        mode: 'generate',
        framework: 'tfjs',
        promptTokens: 16,
        tokens: 16,
        precision: precision ?? 'fp32',
      }),
    };
  },
};

const LAYERS: BundledSweep = {
  name: 'layers-width',
  title: 'Memory and time of a training step as the model gets deeper',
  law: 'weights, states and activations of the layers grow with their number; embeddings and logits do not',
  axes: (full) => [{ name: 'layers', values: full ? ['3', '6', '12'] : ['2', '4', '8', '12'] }],
  spec: (point, full) => {
    const spec = { ...model(full), layers: whole(point, 'layers') };
    return training({ ...spec, name: `${spec.name}, ${spec.layers} layers` }, { seq: 64 });
  },
};

const GENERATED: BundledSweep = {
  name: 'generation',
  title: 'Time of generation as more tokens are generated, with and without a KV cache',
  law: 'without a cache every token is computed anew each time, (n+1)/2 times the work: exponents of about 1 with one and 2 without',
  axes: (full) => [
    { name: 'kvCache', values: ['on', 'off'] },
    {
      name: 'tokens',
      values: full ? ['32', '64', '128', '256', '512'] : ['32', '64', '128', '192'],
    },
  ],
  spec: (point, full) => {
    const spec = model(full);
    return {
      model: spec,
      run: runDefaults(spec, {
        mode: 'generate',
        framework: 'tfjs',
        promptTokens: 1,
        tokens: whole(point, 'tokens'),
        kvCache: point.kvCache === 'on',
      }),
    };
  },
};

export const BUNDLED_SWEEPS: readonly BundledSweep[] = [
  SEQUENCE,
  BATCH,
  PRECISION,
  LAYERS,
  GENERATED,
];

export const findSweep = (name: string): BundledSweep | null =>
  BUNDLED_SWEEPS.find((sweep) => sweep.name === name) ?? null;
