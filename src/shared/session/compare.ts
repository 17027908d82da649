/** Two or more sessions beside each other; the first is the one the others are compared with. */

import { formatBytes, formatDuration, formatPercent } from '../base/format';
import type { Bytes, Micros, Percent } from '../base/units';
import { COMPONENTS, type Component, PHASES } from '../base/vocabulary';
import type { Budget, ComponentBytes } from '../budget/types';
import { highestPhase } from '../divergence/overlay/phase-rows';
import type { OverlayPhase } from '../divergence/overlay/types';
import type { RunSpec } from '../model/spec';
import type { SessionDocument } from './session-document';

export interface Comparison {
  readonly sessions: readonly { readonly id: string; readonly name: string }[];
  readonly differences: {
    readonly config: readonly { readonly field: string; readonly values: readonly unknown[] }[];
    readonly components: readonly {
      readonly component: string;
      readonly predicted: readonly (Bytes | null)[];
      readonly measured: readonly (Bytes | null)[];
    }[];
    readonly phases: readonly {
      readonly phase: string;
      readonly measured: readonly (Bytes | null)[];
      readonly predicted: readonly (Bytes | null)[];
      readonly durationUs: readonly (Micros | null)[];
    }[];
  };
  readonly peak: {
    readonly measured: readonly (Bytes | null)[];
    readonly predicted: readonly (Bytes | null)[];
    readonly changeBytes: readonly (Bytes | null)[];
    readonly changePercent: readonly (Percent | null)[];
  };
  readonly time: {
    readonly durationUs: readonly Micros[];
    readonly changePercent: readonly (Percent | null)[];
  };
  readonly verdict: string;
}

/** `docs[0]` is what the others are compared with; `budgets` stand in the same order. */
export function compareSessions(
  docs: readonly SessionDocument[],
  budgets: readonly (Budget | null)[],
): Comparison {
  const measured = docs.map(({ overlay }) => overlay.measuredPeak?.bytes ?? null);
  const changeBytes = measured.map((value, i) =>
    i === 0 ? null : difference(value, measured[0] ?? null),
  );
  const durations = docs.map(({ durationUs }) => durationUs);
  const comparison: Omit<Comparison, 'verdict'> = {
    sessions: docs.map(({ id, name }) => ({ id, name })),
    differences: {
      config: compareSettings(docs),
      components: compareComponents(docs, budgets),
      phases: comparePhases(docs),
    },
    peak: {
      measured,
      predicted: docs.map(({ overlay }) => overlay.predictedPeak.refined),
      changeBytes,
      changePercent: changeBytes.map((change) => toPercent(change, measured[0] ?? null)),
    },
    time: {
      durationUs: durations,
      changePercent: durations.map((value, i) =>
        i === 0 ? null : toPercent(value - durations[0]!, durations[0]!),
      ),
    },
  };
  return { ...comparison, verdict: describeVerdict(comparison, docs) };
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

/** One sentence with figures: how the last session stands to the first, in memory, in time, and what was changed. */
function describeVerdict(
  { sessions, differences, peak, time }: Omit<Comparison, 'verdict'>,
  docs: readonly SessionDocument[],
): string {
  const last = sessions.length - 1;
  const [base, other] = [sessions[0], sessions[last]];
  if (!base || !other || last === 0)
    return 'There is only one session, so there is nothing to compare.';
  const from = peak.measured[0] ?? null;
  const to = peak.measured[last] ?? null;
  const change = peak.changeBytes[last] ?? null;
  const lines = new Set(docs.map(({ overlay }) => overlay.series));
  const name = (session: { readonly name: string }) =>
    `“${session.name.length <= 60 ? session.name : `${session.name.slice(0, 59)}…`}”`;
  const many = last > 1 ? `Of ${sessions.length} sessions, the last: ` : '';
  const percent = peak.changePercent[last] ?? null;
  const share = percent === null ? '' : ` (${formatPercent(Math.abs(percent))})`;
  let memory = `the peaks of ${name(other)} and ${name(base)} cannot be compared, as ${from === null ? name(base) : name(other)} has no measured memory`;
  if (from !== null && to !== null && change !== null)
    memory =
      change === 0
        ? `${name(other)} peaks at the same ${formatBytes(to)} as ${name(base)}`
        : `${name(other)} peaks at ${formatBytes(to)}, ${formatBytes(Math.abs(change))}${share} ${change > 0 ? 'more' : 'less'} than ${name(base)} (${formatBytes(from)})`;
  const slower = time.durationUs[last]! - time.durationUs[0]!;
  const duration = `and took ${formatDuration(time.durationUs[last])}${slower === 0 ? ', just as long' : `, ${formatDuration(Math.abs(slower))} ${slower > 0 ? 'longer' : 'less'}`}`;
  const changed = docs.every(({ run }) => run === null)
    ? 'with no model and run declared'
    : describeSettings(differences.config, last);
  const caution =
    lines.size > 1
      ? ' The two are measured on different lines, so their peaks are not the same quantity.'
      : '';
  const sentence = `${many}${memory}, ${duration}, ${changed}.${caution}`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function describeSettings(config: Comparison['differences']['config'], last: number): string {
  const settings = config.filter(
    ({ field }) => !['series', 'gpu', 'workload', 'simulated'].includes(field),
  );
  if (settings.length === 0) return 'with the same settings';
  const shown = settings
    .slice(0, 3)
    .map(
      ({ field, values }) =>
        `${field} ${describeValue(values[0])} → ${describeValue(values[last])}`,
    );
  const more = settings.length > 3 ? ` and ${settings.length - 3} more settings changed` : '';
  return `with ${shown.join(', ')}${more}`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'not declared';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}
