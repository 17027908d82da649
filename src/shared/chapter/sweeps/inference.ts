/** Sweeps of inference: what a KV cache saves, what padding wastes, what fewer bits and smaller models take. */
import { fitTrend } from '../../base/trend';
import { attentionRows, cacheWorkRatio } from '../../compute/generation';
import { padded } from '../../compute/padding';
import { parameterCount } from '../../model/parameters';
import { preset } from '../../model/presets';
import { runDefaults } from '../../model/run';
import type { ModelSpec } from '../../model/spec';
import { DISTILLED, forwardPasses } from '../experiments/measured/distillation';
import {
  type BundledSweep,
  predictedBy,
  printedInChapter,
  ratio,
  sizedModel,
  whole,
} from './bundled-sweep';
import type { Conclusion, SweepPoint } from './reading';
import type { Point } from './sweep';

/** From a prompt of one token, so that n tokens are computed over n positions, as the law counts them. */
const generated = (model: ModelSpec, tokens: number, kvCache: boolean) => ({
  model,
  run: runDefaults(model, {
    mode: 'generate',
    framework: 'tfjs',
    promptTokens: 1,
    tokens,
    kvCache,
  }),
});

export const KV_CACHE: BundledSweep = {
  name: 'kv-cache',
  title: 'Time of generation as more tokens are generated, with and without a KV cache',
  law: 'without a cache every token is computed anew each time, n(n+1)/2 positions for n tokens, with one n: exponents of 2 and 1, and a speed-up of (n+1)/2; of 256 tokens from a prompt of 50 the chapter measured 16.2 times',
  scope: {
    quick: 'a small GPT-2, 32 to 192 tokens: a minute',
    full: 'GPT-2 124M, 32 to 512 tokens as the chapter: on a CPU two hours',
  },
  figures: ['time'],
  axes: (full) => [
    { name: 'cache', values: ['on', 'off'] },
    {
      name: 'tokens',
      values: full ? ['32', '64', '128', '256', '512'] : ['32', '64', '96', '128', '192'],
    },
  ],
  spec: (point, full) => generated(sizedModel(full), whole(point, 'tokens'), point.cache === 'on'),
  number: (axis, value) => (axis === 'tokens' ? Number(value) : NaN),
  stated: (_, __, { cache }) => (cache === 'on' ? [1, 1] : [2, 2]),
  conclude(points, full) {
    const speedUps = points.flatMap((point) => {
      const { cache, tokens } = point.point;
      const cached = points.find(
        (other) => other.point.cache === 'on' && other.point.tokens === tokens,
      );
      const times = cache === 'off' ? ratio(point, cached, 'time') : null;
      return times === null ? [] : [{ tokens: Number(tokens), value: times.measured }];
    });
    return [
      ...speedUps.map(({ tokens, value }, i) =>
        describeSpeedUp(full, tokens, value, i === speedUps.length - 1),
      ),
      ...speedUpLaw(speedUps),
    ];
  },
};

/** The chapter's own figure is of 256 tokens; where they were not generated it stands beside the most that were. */
function describeSpeedUp(
  full: boolean,
  tokens: number,
  value: number,
  isLast: boolean,
): Conclusion {
  const { model, run } = generated(sizedModel(full), tokens, true);
  const isPrinted = full ? tokens === 256 : isLast;
  return {
    what: `speed-up at ${tokens}`,
    value,
    unit: '×',
    predicted: [
      { value: attentionRows(tokens).ratio, by: '(n+1)/2' },
      { value: cacheWorkRatio(model, run), by: 'all of the work' },
    ],
    ...(isPrinted && {
      chapter: printedInChapter('bench-actual', 'at 256'),
    }),
  };
}

function speedUpLaw(
  speedUps: readonly { readonly tokens: number; readonly value: number }[],
): readonly Conclusion[] {
  const line = fitTrend(
    speedUps.map(({ tokens, value }) => ({ x: Math.log(tokens), y: Math.log(value) })),
  );
  if (line === null) return [];
  return [
    {
      what: 'its exponent in n',
      value: line.slope,
      halfWidth: line.halfWidth,
      unit: '',
      predicted: [{ value: 1, by: '(n+1)/2' }],
    },
  ];
}

/** The longest sequence of a batch; the chapter's is 512. */
const longest = (full: boolean): number => (full ? 512 : 192);
/** Sequences of a batch of four, as shares of the longest; the last are the chapter's. */
const SHARES: Readonly<Record<string, readonly number[]>> = {
  'none shorter': [8, 8, 8, 8],
  'two by half': [8, 8, 4, 4],
  'the chapter’s': [8, 4, 2, 1],
};
const lengthsFor = (lengths: string, full: boolean): readonly number[] =>
  (SHARES[lengths] ?? []).map((eighths) => (longest(full) * eighths) / 8);

export const PADDING: BundledSweep = {
  name: 'padding',
  title: 'Time of a batch as its sequences get shorter, padded to the longest and packed',
  law: 'a padded batch takes the time of its longest sequence four times over, however many of its positions are padding: 50% of the work is wasted on 512, 256, 128 and 64 tokens; packed, time goes with the tokens',
  scope: {
    quick: 'a small GPT-2, four sequences of up to 192 tokens: half a minute',
    full: 'GPT-2 124M, four sequences of up to 512 tokens: eight minutes',
  },
  figures: ['time', 'peak'],
  axes: (full) => [
    { name: 'rows', values: ['padded', 'packed'] },
    {
      name: 'tokens',
      values: Object.keys(SHARES).map((name) => String(sum(lengthsFor(name, full)))),
    },
  ],
  spec: (point, full) => {
    const model = sizedModel(full);
    const lengths = point.rows === 'padded' ? paddedRows(point, full) : packedRows(point, full);
    return {
      model,
      run: runDefaults(model, {
        mode: 'infer',
        framework: 'tfjs',
        batch: lengths.length,
        seq: longest(full),
        lengths,
        steps: full ? 3 : 6,
      }),
    };
  },
  number: (axis, value) => (axis === 'tokens' ? Number(value) : NaN),
  stated: (figure, _, { rows }) => {
    if (figure !== 'time') return null;
    return rows === 'padded' ? [0, 0] : [1, 1];
  },
  conclude(points, full) {
    const lengths = lengthsFor('the chapter’s', full);
    const at = (rows: string) =>
      points.find(({ point }) => point.rows === rows && whole(point, 'tokens') === sum(lengths));
    const times = ratio(at('packed'), at('padded'), 'time');
    if (times === null) return [];
    return [
      {
        what: `wasted on ${lengths.join(', ')}`,
        value: 100 * (1 - times.measured),
        unit: '%',
        predicted: [
          ...predictedBy(100 * (1 - times.predicted), 'work of packed rows'),
          { value: padded(lengths).wastedPercent, by: 'positions' },
        ],
        chapter: printedInChapter('padding-share'),
      },
    ];
  },
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const paddedRows = (point: Point, full: boolean): readonly number[] =>
  Object.keys(SHARES)
    .map((name) => lengthsFor(name, full))
    .find((lengths) => sum(lengths) === whole(point, 'tokens')) ?? [];

/** The same tokens in full rows, the last one as long as what is left. */
function packedRows(point: Point, full: boolean): readonly number[] {
  const [tokens, row] = [whole(point, 'tokens'), longest(full)];
  return Array.from({ length: Math.ceil(tokens / row) }, (_, i) => Math.min(row, tokens - i * row));
}

const BITS: Readonly<Record<string, number>> = { fp32: 32, fp16: 16, int8: 8, int4: 4 };

export const PRECISION: BundledSweep = {
  name: 'precision',
  title: 'Memory and time of generation as its weights are stored in fewer bits',
  law: 'weights take 4, 2, 1 and ½ bytes each: an exponent of 1 in the bits; quantized ones take their scales besides',
  scope: {
    quick: 'a small GPT-2 in four precisions: half a minute',
    full: 'GPT-2 124M in four precisions: two minutes',
  },
  figures: ['weights', 'time'],
  axes: () => [{ name: 'precision', values: Object.keys(BITS) }],
  spec: (point, full) => {
    const model = sizedModel(full);
    const precision = (['fp16', 'int8', 'int4'] as const).find((each) => each === point.precision);
    return {
      model,
      run: runDefaults(model, {
        mode: 'generate',
        framework: 'tfjs',
        promptTokens: 16,
        tokens: 16,
        precision: precision ?? 'fp32',
      }),
    };
  },
  number: (_, value) => BITS[value] ?? NaN,
  counted: 'bits',
  stated: (figure) => (figure === 'weights' ? [1, 1] : null),
  conclude(points) {
    const whole = points.find(({ point }) => point.precision === 'fp32');
    const printed: Readonly<Record<string, string>> = {
      int8: 'quant-int8-memory',
      int4: 'quant-int4-memory',
    };
    return points.flatMap((point): Conclusion[] => {
      const { precision = '' } = point.point;
      const bytes = point === whole ? null : ratio(whole, point, 'weights');
      if (bytes === null) return [];
      const id = printed[precision];
      return [
        {
          what: `weights smaller, ${precision}`,
          value: bytes.measured,
          unit: '×',
          predicted: predictedBy(bytes.predicted, 'refined tier'),
          ...(id !== undefined && { chapter: printedInChapter(id) }),
        },
      ];
    });
  },
};

export const DISTILLATION: BundledSweep = {
  name: 'distillation',
  title: 'Weights and time of a forward pass of a teacher and its students',
  law: 'weights go with the number of parameters; DistilBERT is 2 times as fast as BERT-base, TinyBERT 7 times',
  scope: {
    quick: 'BERT-base, DistilBERT and TinyBERT, three passes of 16 tokens: half a minute',
    full: 'the same, eight passes of 128 tokens: a minute',
  },
  figures: ['weights', 'time'],
  axes: () => [{ name: 'model', values: DISTILLED }],
  spec: ({ model = '' }, full) => forwardPasses(model, full),
  number: (_, value) => parameterCount(preset(value)),
  counted: 'parameters',
  stated: (figure) => (figure === 'weights' ? [1, 1] : null),
  conclude(points) {
    const [teacher, ...students] = points;
    return students.flatMap((student) => [
      ...compare(teacher, student, 'weights', 'smaller', MEMORY_CLAIMS),
      ...compare(teacher, student, 'time', 'faster', SPEED_CLAIMS),
    ]);
  },
};

const MEMORY_CLAIMS: Readonly<Record<string, string>> = {
  distilbert: 'summary-distil-memory-low',
  tinybert: 'summary-distil-memory-high',
};
const SPEED_CLAIMS: Readonly<Record<string, string>> = {
  distilbert: 'distilbert-speed',
  tinybert: 'tinybert-speed',
};

function compare(
  teacher: SweepPoint | undefined,
  student: SweepPoint,
  figure: 'weights' | 'time',
  how: string,
  claims: Readonly<Record<string, string>>,
): readonly Conclusion[] {
  const { model = '' } = student.point;
  const found = ratio(teacher, student, figure);
  const id = claims[model];
  if (found === null) return [];
  return [
    {
      what: `${how}, ${model}`,
      value: found.measured,
      unit: '×',
      predicted: predictedBy(
        found.predicted,
        figure === 'time' ? 'FLOPs of the pass' : 'refined tier',
      ),
      ...(id !== undefined && { chapter: printedInChapter(id) }),
    },
  ];
}
