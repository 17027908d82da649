import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../../../src/shared/divergence/findings/diagnose';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import { addObserved } from '../../../../../src/shared/divergence/overlay/observed';
import { buildOverlay } from '../../../../../src/shared/divergence/overlay/overlay';
import type { Marker } from '../../../../../src/shared/trace/types';
import { MB, phase, series } from '../../../../support/overlay-scenario';
import { phaseSpans } from '../../../../support/phase-spans';

const STEPS = 20;
/** A training that nobody declared: 400 MiB of parameters, and in each step what `work` says in MiB, given back at its end. */
function findings(work: (step: number) => number, input?: (step: number) => number[]) {
  const markers: Marker[] = [];
  const points: [number, number][] = [];
  for (let step = 1; step <= STEPS; step++) {
    const [t0, t1] = [1000 * step, 1000 * step + 600];
    const memory = { allocated: 400 * MB, peak: (400 + work(step)) * MB };
    const [begin, ...rest] = phase('forward', step, t0, t1, memory);
    if (begin?.type === 'phase') markers.push({ ...begin, ...(input && { input: input(step) }) });
    markers.push(...rest, {
      ...{ type: 'objects', phase: 'forward', t: (t1 + 1) * 1000, rank: 0, step },
      parts: [{ component: 'params', dtype: 'fp32', device: 'cuda:0', bytes: 400 * MB }],
    });
    points.push([t1, 400 * MB]);
  }
  const durationUs = 1000 * 1000 * (STEPS + 1);
  const { spans } = phaseSpans(markers, durationUs);
  const trace = {
    lines: deriveLines([series('framework.allocated', points, null)], {}),
    ...{ markers, spans, durationUs, budget: null, mustMatchExactly: false },
  };
  const overlay = addObserved(buildOverlay({ ...trace, baselines: {} }), markers);
  return diagnose({ ...trace, overlay, logs: [], exitCode: 0, signal: null }).findings;
}

describe('a run held against its own first steps', () => {
  it('that keeps to them, within what those differed by, has no finding', () => {
    expect(findings(() => 1000)).toEqual([]);
    expect(findings((step) => 1000 + 20 * (step % 3))).toEqual([]);
  });

  it('tells a step that needed more, a need that grows, and one that stays higher', () => {
    const [spike, ...others] = findings((step) => (step === 12 ? 1700 : 1000));
    expect(others).toEqual([]);
    expect(spike).toMatchObject({ kind: 'spike', bytes: 700 * MB, phase: 'forward' });
    expect(spike?.title).toMatch(/in step 12/);
    const [drift, ...more] = findings((step) => 1000 + 30 * step);
    expect(more).toEqual([]);
    expect(drift).toMatchObject({ kind: 'growth', slope: { bytes: 30 * MB, per: 'step' } });
    const [plateau, ...rest] = findings((step) => (step >= 11 ? 1400 : 1000));
    expect(rest).toEqual([]);
    expect(plateau).toMatchObject({ kind: 'plateau', bytes: 400 * MB });
    expect(plateau?.title).toMatch(/from step 11 on/);
    expect(plateau?.evidence[0]).toMatch(/steps 2 to 4 .* 400 MiB are certain/);
  });

  it('has a changed batch told as that, and not once more', () => {
    const changed = findings(
      (step) => (step >= 11 ? 2000 : 1000),
      (step) => [step >= 11 ? 8 : 4, 128],
    );
    expect(changed.map(({ kind }) => kind)).toEqual(['batch_mismatch']);
  });
});
