import { describe, expect, it } from 'vitest';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import { readColumns } from '../../../../support/columns';
import {
  budgetWith,
  findingsFor,
  MB,
  overlayOf,
  overlayWithLedger,
  phase,
  series,
  training,
} from '../../../../support/overlay-scenario';

const flat = (id: string, value: number, n = 10) =>
  series(
    id,
    Array.from({ length: n }, (_, i) => [i * 100, value] as const),
  );

describe('the overlaid line', () => {
  const device = flat('gpu0.memory.used', 900);
  const others = flat('gpu0.other.memory', 300);
  const framework = flat('framework.allocated', 500);
  const rss = flat('tree.rss', 700);

  it('is the best the session has, and names the others best first', () => {
    expect(overlayOf({ series: [rss, framework, device, others] })).toMatchObject({
      series: 'gpu0.workload.memory',
      alternatives: ['gpu0.memory.used', 'framework.allocated', 'tree.rss'],
    });
    expect(overlayOf({ series: [rss, framework, device] }).series).toBe('gpu0.memory.used');
    expect(overlayOf({ series: [rss, framework] }).series).toBe('framework.allocated');
    expect(overlayOf({ series: [rss] }).series).toBe('tree.rss');
  });

  it('is what processes hold on a device whose own memory nobody read', () => {
    const listed = flat('gpu0.process.memory', 400);
    expect(overlayOf({ series: [rss, listed] }).series).toBe('gpu0.process.memory');
    expect(overlayOf({ series: [listed] }).measuredPeak?.bytes).toBe(400);
  });

  it('is of what was used where no GPU was: by what the device held', () => {
    const [rests, baselines] = [
      flat('gpu0.memory.used', 900 * MB),
      { 'gpu0.memory.used': 880 * MB },
    ];
    const unused = { series: 'tree.rss', usedNoGpu: true };
    const rises = flat('gpu0.memory.used', 4000 * MB);
    expect(overlayOf({ series: [rss, rests], baselines })).toMatchObject(unused);
    // What it held before launch is not known, or it rose, or another did.
    for (const used of [
      { series: [rss, rests] },
      { series: [rss, rises], baselines },
      { series: [rss, rests, flat('gpu1.memory.used', 4000 * MB)], baselines },
    ]) {
      const overlay = overlayOf(used);
      expect(overlay.series).toMatch(/^gpu/);
      expect(overlay).not.toHaveProperty('usedNoGpu');
    }
  });

  it('is the framework’s where the workload says that it runs off the GPU', () => {
    const run = { t: 0, rank: 0, step: null, type: 'run' as const, fields: { backend: 'wasm' } };
    expect(overlayOf({ series: [device, framework], markers: [run] })).toMatchObject({
      series: 'framework.allocated',
      alternatives: ['gpu0.memory.used'],
    });
  });

  it('is none before the bundled workload told of a tensor', () => {
    const begun = { mustMatchExactly: true, goesOn: true };
    expect(overlayOf({ series: [rss], ...begun })).toMatchObject({
      series: null,
      measuredPeak: null,
    });
    expect(overlayOf({ series: [rss, framework], ...begun }).series).toBe('framework.allocated');
    expect(overlayOf({ series: [rss], ...begun, use: 'tree.rss' }).series).toBe('tree.rss');
  });

  it('is none of a bundled run that ended before it made a tensor, and its peak is held against nothing', () => {
    const { budget } = training(2);
    const ended = overlayOf({ series: [rss], mustMatchExactly: true, budget });
    expect(ended).toMatchObject({ series: null, measuredPeak: null, residualPercent: null });
    expect(ended.predictedPeak.refined).toBe(budget.tiers.refined.total);
  });

  it('of a GPU that shows no run is held against nothing', () => {
    const idle = series('gpu0.memory.used', [
      [0, 0],
      [1000, 3 * 2 ** 20],
    ]);
    const predicted = { params: 2 ** 30 };
    const budget = budgetWith([['forward', null, null, predicted, predicted]]);
    expect(overlayOf({ series: [idle], budget })).toMatchObject({
      series: 'gpu0.memory.used',
      residualBytes: null,
      residualPercent: null,
    });
  });

  it('can be chosen, and a choice the session lacks is passed over', () => {
    expect(overlayOf({ series: [rss, framework], use: 'tree.rss' })).toMatchObject({
      series: 'tree.rss',
      alternatives: ['framework.allocated'],
    });
    expect(overlayOf({ series: [rss, framework], use: 'gpu7.memory.used' }).series).toBe(
      'framework.allocated',
    );
  });

  it('is of the GPU whose memory rose, where there are several', () => {
    const busy = series('gpu1.memory.used', [
      [0, 100],
      [100, 5000],
    ]);
    expect(overlayOf({ series: [device, busy] }).series).toBe('gpu1.memory.used');
  });

  it('of host memory is not held against the budget of a GPU, which it does not show', () => {
    const session = training(3);
    const budget = {
      ...session.budget,
      answer: { ...session.budget.answer, level: 'process' as const },
    };
    const [alone, beside] = [[rss], [rss, ...session.series]].map((all) =>
      overlayWithLedger({ ...session, budget, series: all }),
    );
    expect(alone).toMatchObject({
      series: 'tree.rss',
      hostBesideGpu: true,
      predictedPeak: { refined: 450 * MB },
      residualBytes: null,
      residualPercent: null,
    });
    expect(alone).not.toHaveProperty('ledger');
    for (const row of alone!.phases) {
      expect(row).toMatchObject({ residualBytes: null, residualEndBytes: null, flagged: false });
      expect(row.predicted.refined).toBeGreaterThan(0);
    }
    expect(findingsFor({ ...session, budget, series: [rss] })).toEqual([]);
    // What the framework counts is what was predicted, and so is host memory of what computes there.
    expect(beside).toMatchObject({ series: 'framework.allocated', residualBytes: 0 });
    expect(overlayOf({ ...session, series: [rss] }).residualBytes).toBe(700 - 450 * MB);
  });

  it('has the baseline of its device taken off, and host memory has none', () => {
    const baselines = { 'gpu0.memory.used': 200, 'tree.rss': 50 };
    expect(overlayOf({ series: [device], baselines })).toMatchObject({
      baselineBytes: 200,
      measuredPeak: { bytes: 700, at: 0, intervalUs: 100_000 },
    });
    expect(overlayOf({ series: [rss], baselines })).toMatchObject({
      baselineBytes: 0,
      measuredPeak: { bytes: 700 },
    });
  });

  it('leaves out what other processes take while the workload runs, held between their readings', () => {
    // At launch 300 of the 500 in use are others'; at 200 ms another process takes 1000 and at 600 ms gives it back.
    const used = series('gpu0.memory.used', [
      [0, 500],
      [100, 800],
      [200, 1800],
      [300, 1900],
      [600, 900],
      [700, 900],
    ]);
    const other = series('gpu0.other.memory', [
      [0, 300],
      [200, 1300],
      [600, 300],
    ]);
    const made = deriveLines([used, other], {}).find(
      ({ info }) => info.id === 'gpu0.workload.memory',
    )!;
    expect([...readColumns(made).values]).toEqual([500, 800, 800, 900, 900, 900]);
    expect(
      overlayOf({ series: [used, other], baselines: { 'gpu0.memory.used': 500 } }).measuredPeak,
    ).toMatchObject({ bytes: 400, at: 300_000 });
  });

  it('is none for an empty trace, and everything unknown is null', () => {
    expect(overlayOf({})).toEqual({
      series: null,
      alternatives: [],
      baselineBytes: 0,
      measuredPeak: null,
      predictedPeak: { textbook: null, refined: null },
      residualBytes: null,
      residualPercent: null,
      phases: [],
    });
    expect(overlayOf({ series: [series('tree.rss', [])] }).series).toBeNull();
  });

  it('of one sample has a peak', () => {
    expect(overlayOf({ series: [series('tree.rss', [[5, 42]])] }).measuredPeak).toEqual({
      bytes: 42,
      at: 5000,
      intervalUs: 100_000,
    });
  });
});

describe('phases on framework bytes', () => {
  it('of the bundled workload that match to the byte have no residual and no flag', () => {
    const { phases, residualBytes, measuredPeak } = overlayOf({
      ...training(4),
      mustMatchExactly: true,
    });
    expect(phases).toHaveLength(13);
    for (const row of phases)
      expect(row).toMatchObject({ residualBytes: 0, residualEndBytes: 0, flagged: false });
    // Backward of the second step: params, two Adam states, gradients, activations.
    expect(residualBytes).toBe(0);
    expect(measuredPeak).toEqual({ bytes: 450 * MB, at: 560_000, intervalUs: null });
  });

  it('are predicted by their own step: Adam’s states come after the first', () => {
    const forwards = overlayOf({ ...training(3), mustMatchExactly: true }).phases.filter(
      (row) => row.phase === 'forward',
    );
    expect(forwards.map((row) => row.predicted.refined)).toEqual([150 * MB, 350 * MB, 350 * MB]);
    expect(forwards[0]!.predictedComponents).toEqual({ params: 100 * MB, activations: 50 * MB });
    expect(forwards[1]!.measuredComponents).toEqual({
      params: 100 * MB,
      adam_m: 100 * MB,
      adam_v: 100 * MB,
      activations: 50 * MB,
    });
  });

  it('are predicted alike where a loop counts its steps from 0, and a leak among them is named alike', () => {
    const fromZero = (input: ReturnType<typeof training>) => ({
      ...input,
      markers: input.markers.map((marker) =>
        'step' in marker && marker.step !== null ? { ...marker, step: marker.step - 1 } : marker,
      ),
    });
    const { phases } = overlayOf({ ...fromZero(training(4)), mustMatchExactly: true });
    expect(phases.find(({ phase: name }) => name === 'forward')?.step).toBe(0);
    for (const row of phases)
      expect(row).toMatchObject({ residualBytes: 0, residualEndBytes: 0, flagged: false });
    const leaking = training(8, 20 * MB);
    const named = (input: typeof leaking) =>
      findingsFor({ ...input, mustMatchExactly: true }).map(({ kind, bytes }) => [kind, bytes]);
    expect(named(fromZero(leaking))).toEqual(named(leaking));
    expect(named(leaking).map(([kind]) => kind)).toContain('leak');
  });

  it('of the bundled workload are flagged by a single byte, those of others by the limits', () => {
    const budget = budgetWith([['forward', null, null, { params: 100 }, { params: 100 }]]);
    const markers = phase('forward', 1, 0, 500, { allocated: 100, peak: 101 });
    const input = { series: [series('framework.allocated', [[500, 100]], null)], markers, budget };
    expect(overlayOf({ ...input, mustMatchExactly: true }).phases[0]).toMatchObject({
      measured: 101,
      end: 100,
      residualBytes: 1,
      flagged: true,
    });
    expect(overlayOf({ ...input, mustMatchExactly: false }).phases[0]!.flagged).toBe(false);
  });

  it('of the bundled workload are flagged where equal totals lie in different components', () => {
    const budget = budgetWith([
      ['forward', null, null, { params: 60, logits: 40 }, { params: 100 }],
    ]);
    const markers = phase('forward', 1, 0, 500, {
      allocated: 100,
      components: { params: 100 },
      peak: 100,
      peakComponents: { params: 100 },
    });
    expect(
      overlayOf({
        series: [series('framework.allocated', [[500, 100]], null)],
        markers,
        budget,
        mustMatchExactly: true,
      }).phases[0],
    ).toMatchObject({ residualBytes: 0, flagged: true });
  });

  it('take the highest of several memory markers within the span, and the last as its end', () => {
    const token = (t: number, allocated: number, peak: number) => ({
      t: t * 1000,
      rank: 0,
      step: null,
      type: 'memory' as const,
      phase: 'decode',
      memory: { allocated, peak },
    });
    const [begin, end] = phase('decode', null, 0, 400);
    const markers = [begin!, token(100, 10, 90), token(200, 11, 70), token(300, 12, 71), end!];
    expect(
      overlayOf({ markers, series: [series('framework.allocated', [[100, 10]], null)] }).phases[0],
    ).toMatchObject({ measured: 90, end: 12 });
  });
});

describe('phases on a sampled line', () => {
  const budget = budgetWith([['forward', null, null, { params: 1000 * MB }, { params: 500 * MB }]]);
  const markers = phase('forward', 1, 0, 1000);
  const row = (values: readonly number[]) =>
    overlayOf({
      markers,
      budget,
      series: [
        series(
          'tree.rss',
          values.map((value, i) => [i * 100, value * MB] as const),
        ),
      ],
    }).phases[0]!;

  it('measure the highest sample and the value at the end', () => {
    expect(row([400, 1010, 600])).toMatchObject({
      measured: 1010 * MB,
      end: 600 * MB,
      residualBytes: 10 * MB,
      residualEndBytes: 100 * MB,
      flagged: false,
    });
  });

  it('are flagged beyond 5% and 64 MiB for three samples, not for two', () => {
    expect(row([400, 1100, 1100, 600]).flagged).toBe(false);
    expect(row([400, 1100, 1100, 1100]).flagged).toBe(true);
    expect(row([1060, 1060, 1060]).flagged).toBe(false); // above 5%, but within 64 MiB
  });

  it('are flagged where memory never comes near the prediction', () => {
    expect(row([100, 200, 300, 200])).toMatchObject({ residualBytes: -700 * MB, flagged: true });
    expect(row([900, 990, 200]).flagged).toBe(false);
  });

  it('without a sample in their span have no measured value', () => {
    const between = overlayOf({
      markers: phase('forward', 1, 110, 190),
      budget,
      series: [
        series('tree.rss', [
          [100, 1],
          [200, 2],
        ]),
      ],
    });
    expect(between.phases[0]).toMatchObject({
      measured: null,
      end: null,
      residualBytes: null,
      flagged: false,
    });
  });

  it('that no budget knows have a measurement and no prediction', () => {
    const idle = overlayOf({
      markers: phase('idle', null, 0, 1000),
      budget,
      series: [series('tree.rss', [[100, 7]])],
    });
    expect(idle.phases[0]).toMatchObject({
      phase: 'idle',
      measured: 7,
      predicted: { textbook: null, refined: null },
      residualBytes: null,
    });
  });
});

describe('a session without markers', () => {
  it('is compared as a whole', () => {
    const budget = budgetWith([['forward', null, null, { params: 800 }, { params: 800 }]]);
    expect(
      overlayOf({
        budget,
        series: [
          series('tree.rss', [
            [0, 100],
            [100, 1000],
          ]),
        ],
      }),
    ).toMatchObject({
      phases: [],
      measuredPeak: { bytes: 1000, at: 100_000 },
      predictedPeak: { textbook: 800, refined: 800 },
      residualBytes: 200,
      residualPercent: 25,
    });
  });
});
