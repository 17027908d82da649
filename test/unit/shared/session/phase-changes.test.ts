/** Whoever looks at phases again and again has them all, and is told only those that are not as they were. */
import { expect, test } from 'vitest';
import type { OverlayPhase } from '../../../../src/shared/divergence/overlay/types';
import {
  type KnownPhases,
  MAX_CHANGES,
  PhaseLooks,
  takeChanges,
} from '../../../../src/shared/session/phase-changes';
import { random } from '../../../support/fixture-sessions';

function phase(step: number, measured = step * 10): OverlayPhase {
  return {
    phase: 'forward',
    step,
    rank: 0,
    span: [step * 100, step * 100 + 99],
    measured,
    end: null,
    predicted: { textbook: null, refined: 5 },
    predictedEnd: { textbook: null, refined: 5 },
    residualBytes: measured - 5,
    residualEndBytes: null,
    flagged: false,
    measuredComponents: null,
    predictedComponents: { params: 5 },
    measuredEndComponents: null,
    predictedEndComponents: null,
  };
}

/** One who looks, and how many rows each look told. */
function watch(looks: PhaseLooks) {
  let known: KnownPhases | null = null;
  return (rows: readonly OverlayPhase[]) => {
    let told = 0;
    for (;;) {
      const changes = looks.tell(rows, known?.look);
      told += changes.at.length;
      known = takeChanges(known, changes);
      if (!changes.isMore) return { told, rows: known.rows };
    }
  };
}

test('what is had is what there is, however rows come, change and go', () => {
  const rand = random(11);
  const looks = new PhaseLooks('a');
  const watchers = [watch(looks), watch(looks), watch(looks)];
  let rows: OverlayPhase[] = [];
  for (let turn = 0; turn < 300; turn++) {
    rows = rows.map((row) => (rand() < 0.02 ? phase(row.step ?? 0, Math.floor(rand() * 9)) : row));
    const at = Math.floor(rand() * (rows.length + 1));
    if (rand() < 0.6) rows.splice(at, Math.floor(rand() * 3), phase(turn), phase(turn + 0.5));
    if (rand() < 0.02) rows = rows.slice(0, at);
    rows = rows.slice();
    for (const look of watchers) if (rand() < 0.5) expect(look(rows).rows).toEqual(rows);
  }
});

test('a look at what did not change tells nothing, one at a phase that is over tells one', () => {
  const look = watch(new PhaseLooks('a'));
  const rows = Array.from({ length: 500 }, (_, i) => phase(i));
  expect(look(rows).told).toBe(500);
  expect(look(rows).told).toBe(0);
  expect(look([...rows, phase(500)]).told).toBe(1);
  expect(look(rows.with(0, phase(0, 7))).told).toBe(1);
});

test('more phases than one answer holds come by several', () => {
  const looks = new PhaseLooks('a');
  const rows = Array.from({ length: 2 * MAX_CHANGES + 5 }, (_, i) => phase(i));
  const first = looks.tell(rows, undefined);
  expect(first).toMatchObject({ count: MAX_CHANGES, isMore: true });
  const had = watch(looks)(rows);
  expect(had.told).toBe(rows.length);
  expect(had.rows).toEqual(rows);
});

test('a look that is not known any more begins anew', () => {
  const rows = [phase(0), phase(1)];
  const looks = new PhaseLooks('a');
  const known = takeChanges(null, looks.tell(rows, undefined));
  for (let i = 0; i < 100; i++) looks.tell(rows, undefined);
  for (const other of [looks, new PhaseLooks('b')]) {
    const changes = other.tell(rows.slice(1), known.look);
    expect(changes.at).toHaveLength(1);
    expect(takeChanges(known, changes).rows).toEqual(rows.slice(1));
  }
});
