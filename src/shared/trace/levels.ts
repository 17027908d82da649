/**
 * Levels above the samples: runs of neighbours by their first, lowest, highest and last sample, with the times of each.
 *
 *     level 2   | run of 128          | …      each run of a level is four runs of the one below
 *     level 1   | 32  | 32 | 32 | 32  | …
 *     samples   v v v v v v v v v v v v v …
 *
 * A picture of any length is drawn from the level that has about as many runs as the picture has columns, and shows no
 * sample that was not measured. Runs are columns, as samples are.
 */

/** Runs in order of time; all columns have one entry a run. */
export interface Groups {
  readonly t0: Float64Array;
  readonly t1: Float64Array;
  readonly count: Float64Array;
  readonly min: Float64Array;
  readonly minT: Float64Array;
  readonly max: Float64Array;
  readonly maxT: Float64Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
}

const COLUMNS = ['t0', 't1', 'count', 'min', 'minT', 'max', 'maxT', 'first', 'last'] as const;

function emptyGroups(n: number): Groups {
  const columns = COLUMNS.map((name) => [name, new Float64Array(n)] as const);
  return Object.fromEntries(columns) as Record<(typeof COLUMNS)[number], Float64Array>;
}

/** Of the samples [from, to), `size` to a run; the last run may be shorter. */
export function groupSamples(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  size: number,
): Groups {
  const groups = emptyGroups(Math.ceil((to - from) / size));
  for (let run = 0, at = from; at < to; run++) {
    const end = Math.min(to, at + size);
    groups.t0[run] = times[at]!;
    groups.first[run] = values[at]!;
    groups.count[run] = end - at;
    let min = at;
    let max = at;
    let lowest = values[at]!;
    let highest = lowest;
    for (at++; at < end; at++) {
      const value = values[at]!;
      if (value < lowest) {
        lowest = value;
        min = at;
      } else if (value > highest) {
        highest = value;
        max = at;
      }
    }
    groups.min[run] = lowest;
    groups.minT[run] = times[min]!;
    groups.max[run] = highest;
    groups.maxT[run] = times[max]!;
    groups.t1[run] = times[end - 1]!;
    groups.last[run] = values[end - 1]!;
  }
  return groups;
}

/** The level above: `fan` runs to one; the last may be of fewer. */
export function raiseGroups(below: Groups, fan: number): Groups {
  const n = below.t0.length;
  const groups = emptyGroups(Math.ceil(n / fan));
  for (let run = 0, at = 0; at < n; run++, at += fan) {
    const end = Math.min(n, at + fan);
    let min = at;
    let max = at;
    let count = 0;
    for (let i = at; i < end; i++) {
      count += below.count[i]!;
      if (below.min[i]! < below.min[min]!) min = i;
      if (below.max[i]! > below.max[max]!) max = i;
    }
    groups.t0[run] = below.t0[at]!;
    groups.t1[run] = below.t1[end - 1]!;
    groups.count[run] = count;
    groups.min[run] = below.min[min]!;
    groups.minT[run] = below.minT[min]!;
    groups.max[run] = below.max[max]!;
    groups.maxT[run] = below.maxT[max]!;
    groups.first[run] = below.first[at]!;
    groups.last[run] = below.last[end - 1]!;
  }
  return groups;
}

/** The runs [from, to); nothing is copied. */
export function sliceGroups(groups: Groups, from: number, to: number): Groups {
  const columns = COLUMNS.map((name) => [name, groups[name].subarray(from, to)] as const);
  return Object.fromEntries(columns) as Record<(typeof COLUMNS)[number], Float64Array>;
}

/** One after the other. */
export function joinGroups(parts: readonly Groups[]): Groups {
  const groups = emptyGroups(parts.reduce((n, { t0 }) => n + t0.length, 0));
  let at = 0;
  for (const part of parts) {
    for (const name of COLUMNS) groups[name].set(part[name], at);
    at += part.t0.length;
  }
  return groups;
}
