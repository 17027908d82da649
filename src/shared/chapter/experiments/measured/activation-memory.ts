/** Activations of a training step at four lengths: how much of them grows with the square of the length. */
import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import {
  activationBytes,
  type MeasuredFigure,
  type Measurement,
  predictedActivationBytes,
} from './measurement';

const LENGTHS = [32, 64, 128, 256] as const;

export const ACTIVATION_MEMORY: Measurement = {
  experiment: 'activation-memory',
  scope: {
    small: 'a small GPT-2, one step at four lengths: seconds',
    full: 'GPT-2 124M, one step at four lengths: on a CPU two minutes',
  },
  recordings(full) {
    const model = preset(full ? 'gpt2' : 'gpt2-nano');
    return LENGTHS.map((seq) => ({
      role: `${seq} tokens`,
      model,
      run: runDefaults(model, {
        mode: 'train',
        framework: 'tfjs',
        optimizer: 'sgd',
        batch: 1,
        seq,
        steps: 1,
      }),
    }));
  },
  figures(docs) {
    const points = docs.flatMap((doc) =>
      doc.run ? [[doc.run.seq, activationBytes(doc)] as const] : [],
    );
    if (points.length !== LENGTHS.length) return [];
    const measured: MeasuredFigure[] = docs.map((doc, i) => ({
      what: `${points[i]![0]} tokens`,
      value: points[i]![1] / 1e6,
      unit: 'MB',
      predicted: [{ value: predictedActivationBytes(doc) / 1e6, by: 'refined tier' }],
      claims: [],
    }));
    // Laid through three lengths, the parabola has to meet the fourth by itself.
    const [a, b, c] = parabola(points.slice(0, 3));
    const [n, bytes] = points[3]!;
    const square = (at: readonly [number, number]) => at[1] - (b * at[0] + c);
    return [
      ...measured,
      {
        what: `${n}, from the shorter three`,
        value: bytes / 1e6,
        unit: 'MB',
        predicted: [{ value: (a * n * n + b * n + c) / 1e6, by: 'a·n² + b·n + c' }],
        claims: [],
      },
      {
        what: 'quadratic part, 256 against 64',
        value: square(points[3]!) / square(points[1]!),
        unit: '×',
        predicted: [{ value: 16, by: '(256/64)²' }],
        claims: ['layer-attention-growth'],
      },
      {
        what: 'quadratic part at 256 tokens',
        value: (100 * square(points[3]!)) / bytes,
        unit: '%',
        predicted: [],
        claims: [],
      },
    ];
  },
};

/** a, b, c of a·n² + b·n + c through three points. */
function parabola(
  points: readonly (readonly [n: number, bytes: number])[],
): readonly [a: number, b: number, c: number] {
  const [[x0, y0], [x1, y1], [x2, y2]] = points as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const first = (y1 - y0) / (x1 - x0);
  const a = ((y2 - y1) / (x2 - x1) - first) / (x2 - x0);
  const b = first - a * (x0 + x1);
  return [a, b, y0 - a * x0 * x0 - b * x0];
}
