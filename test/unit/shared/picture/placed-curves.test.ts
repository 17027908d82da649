/** The curve stands exactly where theory has it at every moment that the trace tells, and tells nothing of what came later. */
import { describe, expect, it } from 'vitest';
import { upperBound } from '../../../../src/shared/base/search';
import { type PhaseCurve, predictCurve } from '../../../../src/shared/budget/curve';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import { type PlacedCurve, placeCurves } from '../../../../src/shared/picture/placed-curves';
import type { BlockEdge, PhaseSpan } from '../../../../src/shared/trace/types';
import { series } from '../../../support/overlay-scenario';
import { randomFrom } from '../../../support/random-runs';

const tiny = {
  ...preset('gpt2'),
  layers: 3,
  hidden: 64,
  headDim: 16,
  heads: 4,
  ffn: 256,
  vocab: 500,
};
const T0 = 1_000_000;
const T1 = 1_400_000;
const VIEW = { t0: 900_000, t1: 1_500_000, columns: 1200 };
const bundled = runDefaults(tiny, {
  mode: 'train',
  framework: 'tfjs',
  backend: 'cpu',
  batch: 2,
  seq: 16,
  steps: 3,
});
const torch = runDefaults(tiny, {
  framework: 'pytorch',
  mode: 'train',
  batch: 2,
  seq: 16,
  steps: 3,
});

const spanFor = (curve: PhaseCurve, more: Partial<PhaseSpan> = {}): PhaseSpan => ({
  phase: curve.phase,
  step: curve.step,
  rank: 0,
  t0: T0,
  t1: T1,
  memory: null,
  ...more,
});

/** Some of the curve's operations at random moments, as a run that allocates just so would tell of them. */
function walk({ allocated }: PhaseCurve, random: () => number) {
  const told: [ms: number, operation: number, bytes: number][] = [];
  let t = T0;
  for (let operation = 1; operation <= allocated.length; operation++) {
    t += Math.ceil((random() * 1.9 * (T1 - T0)) / allocated.length / 2);
    if (random() < 0.2 || operation === 1)
      told.push([t / 1000, operation, allocated[operation - 1]!]);
  }
  return told;
}

const asSeries = (told: readonly (readonly [number, number, number])[]) => [
  series(
    'framework.operation',
    told.map(([ms, operation]) => [ms, operation]),
    null,
  ),
  series(
    'framework.allocated',
    told.map(([ms, , bytes]) => [ms, bytes]),
    null,
  ),
];

const heldAt = ({ line }: PlacedCurve, t: number) => line.values[upperBound(line.times, t) - 1];

describe('the bundled workload', () => {
  const curves = predictCurve(tiny, bundled) ?? [];
  const random = randomFrom(14);

  for (const curve of curves)
    it(`${curve.phase} ${curve.step}: equal at every operation where the run does what theory says`, () => {
      const told = walk(curve, random);
      const place = (samples: typeof told, view = VIEW) =>
        placeCurves(curves, { spans: [spanFor(curve)], series: asSeries(samples) }, view).curves[0];
      const placed = place(told);
      expect(placed?.count).toBe(curve.allocated.length);
      if (placed === undefined) return;
      expect(placed.points.measured).toEqual(placed.points.predicted);
      expect(placed.line.times).toEqual(placed.line.times.toSorted());
      expect(placed.line.times.every((t) => t > T0 && t <= T1)).toBe(true);
      // Near enough that each operation is a point of its own.
      const near = place(told, { t0: T0, t1: T1, columns: 8192 });
      for (const [ms, , bytes] of told) if (near) expect(heldAt(near, ms * 1000)).toBe(bytes);
      expect(near?.line.values).toEqual(curve.allocated);
      // However few columns, its highest operation is in the picture.
      expect(Math.max(...(place(told, { ...VIEW, columns: 12 })?.line.values ?? []))).toBe(
        Math.max(...curve.allocated),
      );
    });

  it('a tensor that theory does not know shows at the operation it was planted before', () => {
    const [, curve] = curves;
    if (curve === undefined) throw new Error('no curve');
    const told = walk(curve, random);
    const planted = Math.floor(told.length / 2);
    const samples = told.map(([ms, operation, bytes], i): [number, number, number] =>
      i < planted ? [ms, operation, bytes] : [ms, operation, bytes + 4096],
    );
    const { points } = placeCurves(
      curves,
      { spans: [spanFor(curve)], series: asSeries(samples) },
      { t0: T0, t1: T1, columns: 8192 },
    ).curves[0] ?? { points: null };
    expect(
      points && [...points.measured].findIndex((bytes, i) => bytes !== points.predicted[i]),
    ).toBe(points && [...points.index].indexOf(told[planted]![1]));
  });

  it('of a phase that is not over nothing is drawn beyond the last operation that is known', () => {
    const [, curve] = curves;
    if (curve === undefined) throw new Error('no curve');
    const told = walk(curve, random);
    const open = spanFor(curve, { isOpen: true });
    for (let known = 0; known <= told.length; known += 7) {
      const [placed] = placeCurves(
        curves,
        { spans: [open], series: asSeries(told.slice(0, known)) },
        VIEW,
      ).curves;
      expect(placed?.t1).toBe(known === 0 ? undefined : told[known - 1]![0] * 1000);
      expect(placed?.line.times.at(-1)).toBe(placed?.t1);
    }
  });

  it('has no place where the trace counts no operations, and none where a phase is too narrow to show it', () => {
    const [, curve] = curves;
    if (curve === undefined) throw new Error('no curve');
    const allocated = series('framework.allocated', [[T0 / 1000 + 1, 5]], null);
    const spans = [spanFor(curve)];
    expect(placeCurves(curves, { spans, series: [allocated] }, VIEW).curves).toEqual([]);
    const all = { spans, series: asSeries(walk(curve, random)) };
    expect(placeCurves(curves, all, { t0: 0, t1: 1e9, columns: 1000 }).curves).toEqual([]);
  });
});

describe('PyTorch', () => {
  const curves = predictCurve(tiny, torch) ?? [];
  const [forward, backward] = curves;
  if (forward === undefined || backward === undefined) throw new Error('no curve');
  const edges = [0, 1, 2].flatMap((block): BlockEdge[] => [
    [block, 0, T0 + 40_000 * (2 * block + 1), forward.allocated[2 * block]!],
    [block, 1, T0 + 40_000 * (2 * block + 2), forward.allocated[2 * block + 1]! + 8],
  ]);
  const blocks = { kind: 'Block', names: ['h.0', 'h.1', 'h.2'], edges };
  const announced = { memory: { allocated: 77, blocks } };

  it('spreads the blocks between those that a pass told', () => {
    const memory = { allocated: 77, blocks: { ...blocks, edges: edges.slice(2, 4) } };
    const { curves: placed } = placeCurves(
      curves,
      { spans: [spanFor(forward, { memory })], series: [] },
      VIEW,
    );
    const [one] = placed;
    expect([...(one?.points.block ?? [])]).toEqual([1, 1, -1]);
    const [begins, ends] = edges.slice(2, 4).map(([, , t]) => t) as [number, number];
    expect([...(one?.points.times ?? [])]).toEqual([begins, ends, T1]);
    // Block 0 before it and block 2 after it, evenly.
    expect(heldAt(one!, (T0 + begins) / 2)).toBe(forward.allocated[0]);
    expect(heldAt(one!, ends + (T1 - ends) / 2)).toBe(forward.allocated[4]);
    const others = { ...memory, blocks: { ...memory.blocks, names: ['h.0', 'h.1'] } };
    expect(
      placeCurves(curves, { spans: [spanFor(forward, { memory: others })], series: [] }, VIEW)
        .curves,
    ).toEqual([]);
  });

  it('stands at the edges of the blocks, by name, with what was measured at each', () => {
    const spans = [spanFor(forward, announced)];
    const { curves: placed, blocks: names } = placeCurves(curves, { spans, series: [] }, VIEW);
    expect(names).toEqual(['h.0', 'h.1', 'h.2']);
    const points = placed[0]?.points;
    expect([...(points?.times ?? [])]).toEqual([...edges.map(([, , t]) => t), T1]);
    expect([...(points?.block ?? [])]).toEqual([0, 0, 1, 1, 2, 2, -1]);
    expect(points?.predicted).toEqual(forward.allocated);
    expect([...(points?.measured ?? [])]).toEqual([...edges.map(([, , , bytes]) => bytes), 77]);
  });

  it('has no place where blocks ran in another order than theory has them, or again', () => {
    const none = (own: readonly BlockEdge[], curve = forward) =>
      placeCurves(
        curves,
        {
          spans: [spanFor(curve, { memory: { allocated: 77, blocks: { ...blocks, edges: own } } })],
          series: [],
        },
        VIEW,
      ).curves;
    expect(none(edges.toReversed())).toEqual([]);
    expect(none([...edges, ...edges])).toEqual([]);
    expect(none([...edges.slice(2), ...edges.slice(0, 2)])).toEqual([]);
    expect(none(edges, backward)).toEqual([]);
  });
});
