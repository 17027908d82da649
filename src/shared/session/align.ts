/**
 * Sessions brought onto one axis of time, that of the one they are compared with: by their starts, by phases, by steps
 * or by their peaks. A session's own time runs through its anchors; between two of them it is stretched evenly, outside
 * them it runs as fast as it did.
 */

import { lowerBound } from '../base/search';
import type { Micros } from '../base/units';
import type { SessionDocument } from './session-document';

export const ALIGNMENTS = ['time', 'phase', 'step', 'peak'] as const;
export type AlignBy = (typeof ALIGNMENTS)[number];

/** Instants of a session, strictly rising, and where each lies on the common axis, strictly rising too. */
export interface Anchors {
  readonly from: readonly Micros[];
  readonly to: readonly Micros[];
}

/** More anchors than these are thinned out evenly; a picture has no more columns. */
const MAX_ANCHORS = 2000;

const AT_START: Anchors = { from: [0], to: [0] };

/** Per session its anchors; null where it has nothing in common with the base to be aligned by. */
export function alignSessions(
  docs: readonly SessionDocument[],
  by: AlignBy,
  base: number,
): readonly (Anchors | null)[] {
  const common = docs[base];
  if (common === undefined) return [];
  const target = findInstants(common, by);
  return docs.map((doc, i) => {
    if (i === base) return AT_START;
    return by === 'time' ? AT_START : matchInstants(findInstants(doc, by), target);
  });
}

/** Runs whose lengths are within this of each other are alike by the clock. */
const ALIKE = 1.02;

/**
 * How sessions are looked at first. Runs that took as long as each other are alike by the clock; others drift apart, and what
 * they have in common does not: the phases of training, the tokens of a generation, whichever has more instants to hold on to.
 */
export function usualAlignment(
  alignment: Readonly<Record<AlignBy, readonly (Anchors | null)[]>>,
  base: number,
  durations: readonly Micros[],
): AlignBy {
  if (Math.max(...durations) <= ALIKE * Math.min(...durations)) return 'time';
  const [phases, steps] = (['phase', 'step'] as const).map((by) =>
    Math.min(...alignment[by].filter((_, i) => i !== base).map((each) => each?.from.length ?? 0)),
  );
  if (!phases && !steps) return 'time';
  return (phases ?? 0) > (steps ?? 0) ? 'phase' : 'step';
}

/** The instants that a session can be aligned by, under names that other sessions have too, in order of time. */
function findInstants(
  { overlay, markers }: SessionDocument,
  by: AlignBy,
): ReadonlyMap<string, Micros> {
  if (by === 'peak') {
    const { measuredPeak } = overlay;
    return new Map(measuredPeak ? [['peak', measuredPeak.at]] : []);
  }
  const rank = overlay.phases[0]?.rank;
  const phases = overlay.phases.filter((row) => row.rank === rank);
  if (by === 'step') {
    const first = new Map<string, Micros>();
    for (const { step, span } of phases)
      if (step !== null && !first.has(String(step))) first.set(String(step), span[0]);
    for (const marker of markers)
      if (marker.type === 'token' && !first.has(`token ${marker.index}`))
        first.set(`token ${marker.index}`, marker.t);
    return first;
  }
  const seen = new Map<string, number>();
  return new Map(
    phases.flatMap(({ phase, step, span: [t0, t1] }) => {
      const nth = (seen.get(phase) ?? 0) + 1;
      seen.set(phase, nth);
      const name = `${phase} ${step ?? `#${nth}`}`;
      return [
        [`${name} begins`, t0],
        [`${name} ends`, t1],
      ] as const;
    }),
  );
}

function matchInstants(
  own: ReadonlyMap<string, Micros>,
  target: ReadonlyMap<string, Micros>,
): Anchors | null {
  const from: Micros[] = [];
  const to: Micros[] = [];
  const pairs = [...own]
    .flatMap(([name, t]) => {
      const at = target.get(name);
      return at === undefined ? [] : [[t, at] as const];
    })
    .sort(([a], [b]) => a - b);
  for (const [t, at] of pairs) {
    // Phases that overlap, or stand in another order, cannot all be anchors.
    if (t <= (from.at(-1) ?? -1) || at <= (to.at(-1) ?? -1)) continue;
    from.push(t);
    to.push(at);
  }
  if (from.length === 0) return null;
  const every = Math.ceil(from.length / MAX_ANCHORS);
  const keep = (_: Micros, i: number) => i % every === 0 || i === from.length - 1;
  return { from: from.filter(keep), to: to.filter(keep) };
}

/** Where an instant of a session lies on the common axis. */
export const toCommon = ({ from, to }: Anchors, t: Micros): Micros => along(from, to, t);
/** The instant of a session that lies at a place of the common axis. */
export const toOwn = ({ from, to }: Anchors, t: Micros): Micros => along(to, from, t);

function along(x: readonly number[], y: readonly number[], at: number): number {
  const after = lowerBound(x, at);
  if (after === 0) return (y[0] ?? 0) + at - (x[0] ?? 0);
  if (after === x.length) return (y.at(-1) ?? 0) + at - (x.at(-1) ?? 0);
  const [x0, x1, y0, y1] = [x[after - 1]!, x[after]!, y[after - 1]!, y[after]!];
  return y0 + ((at - x0) / (x1 - x0)) * (y1 - y0);
}
