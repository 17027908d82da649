import { describe, expect, it } from 'vitest';
import { timeToX, xToTime } from '../../../../src/renderer/chart/lane';
import {
  buildStepBlocks,
  findResidual,
  joinBlocks,
  LANE,
  listBlocks,
  RESIDUALS,
} from '../../../../src/renderer/chart/phase-blocks';
import { byteLabel, byteScale, timeLabel, timeTicks } from '../../../../src/renderer/chart/scale';
import {
  clampView,
  focusOn,
  MIN_SPAN_US,
  pan,
  zoomAround,
} from '../../../../src/renderer/chart/view';
import { GiB, MiB } from '../../../../src/shared/base/units';
import { fixtureLibrary, random } from '../../../support/fixture-sessions';

const library = fixtureLibrary();
const session = (id: string) => library.find(({ document }) => document.id === id)!;

describe('the lanes', () => {
  it('join spans too narrow to see and keep the widest residual and every flag among them', () => {
    const { document } = session('s-long');
    const view = { t0: 0, t1: document.durationUs };
    const joined = joinBlocks(listBlocks(document.overlay, 'refined'), view, 900, RESIDUALS);
    expect(joined.length).toBeLessThan(900);
    expect(Math.max(...joined.map(({ residual }) => Math.abs(residual ?? 0)))).toBe(
      Math.max(...document.overlay.phases.map(({ residualBytes }) => Math.abs(residualBytes ?? 0))),
    );
    expect(joined.filter(({ flagged }) => flagged).length).toBeGreaterThan(0);
    expect(joined.reduce((sum, { count }) => sum + count, 0)).toBe(document.overlay.phases.length);
  });
  it('leave spans that have room as they are', () => {
    const { document } = session('s-train');
    const { span } = document.overlay.phases[1]!;
    const view = { t0: span[0] + 1, t1: span[1] - 1 };
    const [only] = joinBlocks(listBlocks(document.overlay, 'refined'), view, 900, LANE);
    expect(only).toMatchObject({ phase: 'forward', firstStep: 1, lastStep: 1, count: 1 });
  });
  it('take the residual against the tier in sight', () => {
    const phase = session('s-train').document.overlay.phases[1]!;
    expect(findResidual(phase, 'refined')).toBe(phase.residualBytes);
    expect(findResidual(phase, 'textbook')).toBe(phase.measured! - phase.predicted.textbook!);
  });
  it('span each step from its first phase to its last', () => {
    const steps = buildStepBlocks(session('s-train').document.overlay);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    for (const { t0, t1 } of steps) expect(t1).toBeGreaterThan(t0);
  });
});

describe('the view', () => {
  const end = 1_000_000;
  it('keeps the instant under the pointer where it is', () => {
    const before = { t0: 200_000, t1: 600_000 };
    const after = zoomAround(before, 300_000, 0.5, end);
    expect((300_000 - after.t0) / (after.t1 - after.t0)).toBeCloseTo(0.25, 4);
  });
  it('never leaves the run, never shrinks below its least span, whatever is asked', () => {
    const rand = random(11);
    let view = { t0: 0, t1: end };
    for (let i = 0; i < 2000; i++) {
      view =
        rand() < 0.6
          ? zoomAround(view, view.t0 + rand() * (view.t1 - view.t0), 0.3 + rand() * 2, end)
          : pan(view, rand() * 4 - 2, end);
      expect(view.t0).toBeGreaterThanOrEqual(0);
      expect(view.t1).toBeLessThanOrEqual(end);
      expect(view.t1 - view.t0).toBeGreaterThanOrEqual(MIN_SPAN_US);
    }
  });
  it('shows a whole span with room to its sides', () => {
    const { t0, t1 } = focusOn([400_000, 500_000], end);
    expect(t0).toBeLessThan(400_000);
    expect(t1).toBeGreaterThan(500_000);
    expect(clampView({ t0: -50, t1: 2 * end }, end)).toEqual({ t0: 0, t1: end });
  });
  it('maps pixels to time and back', () => {
    const frame = { left: 226, width: 940 };
    const view = { t0: 100, t1: 900 };
    expect(xToTime(timeToX(333, view, frame), view, frame)).toBeCloseTo(333, 9);
  });
});

describe('the axes', () => {
  it('step in powers of two and cover the highest value', () => {
    for (const max of [1, 1000, 3 * MiB, 555 * MiB, 4.93 * GiB, 79 * GiB]) {
      const scale = byteScale(max);
      expect(scale.max).toBeGreaterThanOrEqual(max);
      expect(scale.max / scale.step).toBeLessThanOrEqual(6);
      expect(Number.isInteger(Math.log2(scale.step))).toBe(true);
    }
    expect([0, 512 * MiB, GiB, 1.5 * GiB].map((v) => byteLabel(v, 512 * MiB))).toEqual([
      '0',
      '512 MiB',
      '1.0 GiB',
      '1.5 GiB',
    ]);
  });
  it('tick at round instants and give no two ticks the same label', () => {
    for (const [t0, t1] of [
      [0, 7_260_000],
      [4_100_000, 4_100_900],
      [0, 86_400_000_000],
      [59_000_000, 61_500_000],
      [0, 40],
    ] as const) {
      const { values, step } = timeTicks(t0, t1, 9);
      expect(values.length).toBeLessThanOrEqual(11);
      expect(new Set(values.map((t) => timeLabel(t, step))).size).toBe(values.length);
    }
  });
});
