/** The observed tier: expectations from a run's own first steps, laid over the later ones. */
import { describe, expect, it } from 'vitest';
import { findChangedBatch } from '../../../../../src/shared/divergence/findings/changed-batch';
import { addObserved, findFurthest } from '../../../../../src/shared/divergence/overlay/observed';
import type {
  DiagnosisInput,
  MeasuredOverlay,
  OverlayPhase,
} from '../../../../../src/shared/divergence/overlay/types';
import { tellObserved } from '../../../../../src/shared/present/observed';
import type { Marker } from '../../../../../src/shared/trace/types';

const MiB = 2 ** 20;
/** Forward passes a microsecond each; `held`: bytes of parameters; `rest`: of activations. */
function runOf(
  steps: readonly { readonly held: number; readonly rest: number; readonly input?: number[] }[],
  series = 'framework.allocated',
) {
  const phases = steps.map(({ held, rest }, step) => row(step, held + rest));
  const markers = steps.flatMap(({ held, input }, step): Marker[] => [
    {
      type: 'phase',
      name: 'forward',
      event: 'begin',
      t: 10 * step,
      rank: 0,
      step,
      ...(input && { input }),
    },
    {
      type: 'objects',
      phase: 'forward',
      t: 10 * step + 5,
      rank: 0,
      step,
      parts: [{ component: 'params', dtype: 'fp32', device: 'cuda:0', bytes: held }],
    },
  ]);
  const overlay = {
    series,
    predictedPeak: { textbook: null, refined: null },
    phases,
  } as unknown as MeasuredOverlay;
  return { overlay: addObserved(overlay, markers), markers };
}
const row = (step: number, measured: number) =>
  ({
    phase: 'forward',
    step,
    rank: 0,
    span: [10 * step, 10 * step + 5],
    measured,
    predicted: { textbook: null, refined: null },
    residualBytes: null,
    flagged: false,
  }) as unknown as OverlayPhase;
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const residuals = ({ overlay }: ReturnType<typeof runOf>) =>
  overlay.phases.map(({ residualObservedBytes }) => residualObservedBytes);

describe('the observed tier', () => {
  it('expects of later phases what the second to fourth held, and says so', () => {
    const run = runOf([
      { held: 5, rest: 90 },
      ...times(5, { held: 10, rest: 100 }),
      { held: 10, rest: 130 },
    ]);
    expect(residuals(run)).toEqual([undefined, undefined, undefined, undefined, 0, 0, 30]);
    expect(run.overlay.observed).toEqual([
      { phase: 'forward', rank: 0, steps: [1, 3], certain: 10, rest: 100, spread: 0 },
    ]);
    expect(run.overlay.predictedPeak).toEqual({ textbook: null, refined: null, observed: 110 });
    expect(
      run.overlay.phases.every(({ flagged, residualBytes }) => !flagged && residualBytes === null),
    ).toBe(true);
    expect(findFurthest(run.overlay.phases)?.step).toBe(6);
    expect(tellObserved(run.overlay)).toBe(
      'No formula predicts this run. Against what is expected from its own steps 1 to 3, the furthest later phase is forward 6: +30 B.',
    );
    const { overlay } = run;
    if (overlay.series === null) throw new Error('nothing was measured');
    const accumulating = overlay.observed?.map((one) => ({ ...one, steps: [1, 1] as const }));
    expect(tellObserved({ ...overlay, observed: accumulating })).toMatch(
      /expected from its own step 1,/,
    );
  });

  it('follows what the objects hold: states that come late are due', () => {
    const run = runOf([...times(5, { held: 10, rest: 100 }), { held: 50, rest: 100 }]);
    expect(residuals(run).slice(4)).toEqual([0, 0]);
  });

  it('expects activations in proportion to the batch, on the line of the framework alone', () => {
    const steps = [
      ...times(4, { held: 10, rest: 100, input: [8, 64] }),
      { held: 10, rest: 200, input: [16, 64] },
      { held: 10, rest: 500, input: [8, 256] },
    ];
    expect(residuals(runOf(steps)).slice(4)).toEqual([0, undefined]);
    expect(residuals(runOf(steps, 'gpu0.memory.used')).slice(4)).toEqual([undefined, undefined]);
  });

  it('learns from phases of one shape alone', () => {
    const usual = { held: 10, rest: 100, input: [8, 64] };
    const run = runOf([
      ...times(3, usual),
      { held: 10, rest: 400, input: [32, 64] },
      ...times(2, usual),
    ]);
    expect(run.overlay.observed?.[0]).toMatchObject({ steps: [1, 4], rest: 100, spread: 0 });
    expect(residuals(run).at(-1)).toBe(0);
    const changed = [...times(3, usual), ...times(5, { held: 10, rest: 400, input: [32, 64] })];
    expect(runOf(changed).overlay.observed).toBeUndefined();
  });

  it('is left out where a formula predicts and where too few steps were seen', () => {
    expect(runOf(times(3, { held: 1, rest: 2 })).overlay.observed).toBeUndefined();
    const { overlay } = runOf(times(6, { held: 1, rest: 2 }));
    const predicted = {
      ...overlay,
      observed: undefined,
      predictedPeak: { textbook: 1, refined: 1 },
    };
    expect(addObserved(predicted as unknown as MeasuredOverlay, []).observed).toBeUndefined();
  });
});

describe('a batch that changes', () => {
  const find = (...inputs: number[][]) => {
    const { overlay, markers } = runOf(
      inputs.map((input) => ({ held: MiB, rest: MiB * input[0]!, input })),
    );
    return findChangedBatch({ overlay, markers, budget: null } as unknown as DiagnosisInput);
  };

  it('is named with the step it begins in and what it brings', () => {
    expect(find(...times(5, [8, 64]), ...times(4, [16, 64]))).toMatchObject({
      kind: 'batch_mismatch',
      title: 'The batch changed from 8 to 16 from step 5',
      bytes: 8 * MiB,
    });
  });

  it('is neither a short last batch nor another length', () => {
    expect(find(...times(5, [8, 64]), [3, 64])).toBeNull();
    expect(find(...times(5, [8, 64]), ...times(5, [8, 32]))).toBeNull();
    expect(find(...times(9, [8, 64]))).toBeNull();
  });
});
