/** Two or more sessions beside each other; the first is the one the others are compared with. */

import type { Micros, Percent } from '../base/units';
import { COMPONENTS, type Component, PHASES } from '../base/vocabulary';
import type { Budget, ComponentBytes } from '../budget/types';
import { highestPhase } from '../divergence/overlay/phase-rows';
import type { OverlayPhase } from '../divergence/overlay/types';
import type { RunSpec } from '../model/spec';
import { alignSessions } from './align';
import { findRepeats, nameByDifference } from './compare-labels';
import { buildRows } from './compare-rows';
import { describeVerdict } from './compare-verdict';
import { isOfSameMemory } from './compared-memory';
import type { Comparison } from './comparison';
import type { SessionDocument } from './session-document';

/** `docs[base]` is what the others are compared with; `budgets` stand in the same order. */
export function compareSessions(
  docs: readonly SessionDocument[],
  budgets: readonly (Budget | null)[],
  base = 0,
): Comparison {
  const sessions = docs.map(({ id, name }) => ({ id, name }));
  const config = compareSettings(docs);
  const comparison = {
    sessions,
    differences: {
      config,
      components: compareComponents(docs, budgets),
      phases: comparePhases(docs),
    },
    peak: comparePeaks(docs, base),
    time: compareTimes(docs, base),
    base,
    labels: nameByDifference(sessions, config),
    repeats: findRepeats(docs.length, config),
  };
  const rows = buildRows(docs, comparison, base);
  return {
    ...comparison,
    rows,
    verdict: describeVerdict(comparison, docs),
    alignment: {
      time: alignSessions(docs, 'time', base),
      phase: alignSessions(docs, 'phase', base),
      step: alignSessions(docs, 'step', base),
      peak: alignSessions(docs, 'peak', base),
    },
  };
}

function comparePeaks(docs: readonly SessionDocument[], base: number): Comparison['peak'] {
  const measured = docs.map(({ overlay }) => overlay.measuredPeak?.bytes ?? null);
  const from = measured[base] ?? null;
  const isLike = isOfSameMemory(docs, base);
  const changeBytes = measured.map((value, i) =>
    i === base || !isLike[i] ? null : difference(value, from),
  );
  return {
    measured,
    predicted: docs.map(({ overlay }) => overlay.predictedPeak.refined),
    changeBytes,
    changePercent: changeBytes.map((change) => toPercent(change, from)),
  };
}

function compareTimes(docs: readonly SessionDocument[], base: number): Comparison['time'] {
  const durationUs = docs.map((doc) => doc.durationUs);
  const from = durationUs[base] ?? 0;
  return {
    durationUs,
    changePercent: durationUs.map((value, i) =>
      i === base ? null : toPercent(value - from, from),
    ),
  };
}

/** Settings that are not the same in all sessions. */
function compareSettings(docs: readonly SessionDocument[]): Comparison['differences']['config'] {
  const fields = new Set(docs.flatMap(({ run }) => Object.keys(run ?? {}) as (keyof RunSpec)[]));
  const shown = (value: RunSpec[keyof RunSpec]) =>
    Array.isArray(value) ? value.join(', ') : (value ?? null);
  const rows = [
    { field: 'model', values: docs.map(({ model }) => model?.name ?? null) },
    ...[...fields].map((field) => ({ field, values: docs.map(({ run }) => shown(run?.[field])) })),
    { field: 'workload', values: docs.map(({ workload }) => workload.title) },
    { field: 'series', values: docs.map(({ overlay }) => overlay.series) },
    {
      field: 'gpu',
      values: docs.map(
        ({ environment }) => environment.gpus.map(({ name }) => name).join(', ') || null,
      ),
    },
    { field: 'simulated', values: docs.map(({ simulated }) => simulated) },
  ];
  return rows.filter(({ values }) => values.some((value) => value !== values[0]));
}

/** Bytes by component in the phase in which each session peaked; the prediction's own peak where no phase is known. */
function compareComponents(
  docs: readonly SessionDocument[],
  budgets: readonly (Budget | null)[],
): Comparison['differences']['components'] {
  const tops = docs.map(({ overlay }) =>
    highestPhase(overlay.phases.filter(({ predictedComponents }) => predictedComponents !== null)),
  );
  const predicted = tops.map(
    (row, i) => row?.predictedComponents ?? budgets[i]?.tiers.refined.components ?? null,
  );
  const measured = tops.map(
    (row, i) => (row ?? highestPhase(docs[i]!.overlay.phases))?.measuredComponents ?? null,
  );
  // Where a split is known, a component it does not list holds nothing: 0, not unknown.
  const of = (splits: readonly (ComponentBytes | null)[], component: Component) =>
    splits.map((split) => (split ? (split[component] ?? 0) : null));
  return COMPONENTS.filter((component) =>
    [...predicted, ...measured].some((split) => split?.[component]),
  ).map((component) => ({
    component,
    predicted: of(predicted, component),
    measured: of(measured, component),
  }));
}

/** The highest of each phase over all steps, and the time spent in it in all (of the rank that spent most). */
function comparePhases(docs: readonly SessionDocument[]): Comparison['differences']['phases'] {
  const rows = docs.map(({ overlay }) => overlay.phases);
  return PHASES.filter((phase) => rows.some((list) => list.some((row) => row.phase === phase))).map(
    (phase) => {
      const own = rows.map((list) => list.filter((row) => row.phase === phase));
      return {
        phase,
        measured: own.map((list) => greatest(list.map(({ measured }) => measured))),
        predicted: own.map((list) => greatest(list.map(({ predicted }) => predicted.refined))),
        durationUs: own.map((list) => greatest([...durationByRank(list).values()])),
      };
    },
  );
}

function durationByRank(rows: readonly OverlayPhase[]): Map<number, Micros> {
  const sums = new Map<number, Micros>();
  for (const {
    rank,
    span: [t0, t1],
  } of rows)
    sums.set(rank, (sums.get(rank) ?? 0) + t1 - t0);
  return sums;
}

function greatest(values: readonly (number | null)[]): number | null {
  let best: number | null = null;
  for (const value of values) if (value !== null && (best === null || value > best)) best = value;
  return best;
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function toPercent(part: number | null, whole: number | null): Percent | null {
  return part === null || !whole ? null : (100 * part) / whole;
}
