/**
 * A line whose workload announced nothing, as the staircase an allocator leaves behind: it keeps what it took, so the
 * device climbs from the context to the weights, to the first forward pass, to the first update, and stays. Which stair
 * is which is not known; every prediction is given the match that suits it best, and pays for stairs that it has and
 * the line does not, and the other way about.
 */

import { type Bytes, MiB } from '../../base/units';
import type { PhaseBudget, TierBudget } from '../../budget/types';
import type { Stairs } from '../overlay/types';

export interface StairMatch {
  /** Levels, each with the moment it is taken for. */
  readonly matched: readonly {
    readonly height: Bytes;
    readonly row: Stair;
  }[];
  /** −2 log of what does not match. */
  readonly cost: number;
  /** The highest level is taken for the highest stair: what lasts longest cannot have been missed. */
  readonly isTopMatched: boolean;
  /** Every level is taken for a stair, though higher stairs are missing: so does a trace that ended early. */
  readonly isPartial: boolean;
  /** Every stair is a level that was seen. */
  readonly isWhole: boolean;
}

/** The context's own level is a moment on the way up, seldom seen at rest, and libraries that load later add to it. */
export const CONTEXT_SIGMA = 100 * MiB;
/** A stair that was predicted and not seen: a step may be too short for the samples. The last one lasts. */
const UNSEEN = 4;
const UNSEEN_TOP = 12;
/** A level that no prediction has is one among all heights up to the top. */
const UNPREDICTED = 6;

/** `optional`: of the context alone. */
type Stair = Pick<PhaseBudget, 'total' | 'components'> & { readonly optional: boolean };

/** Heights a run of `tier` climbs over, in order: its context, its weights, the moments of its first two steps. */
function stairsOfTier(tier: TierBudget, least: Bytes): Stair[] {
  const context = tier.components.context ?? 0;
  const stairs: Stair[] =
    context > 0 ? [{ total: context, components: { context }, optional: true }] : [];
  for (const row of tier.timeline) {
    const last = stairs.at(-1);
    if (last !== undefined && row.total <= last.total) continue;
    if (last !== undefined && !last.optional && row.total - last.total <= least) stairs.pop();
    stairs.push({ total: row.total, components: row.components, optional: false });
  }
  return stairs;
}

/** The cheapest way to take levels for stairs, both in their order; `shift` is a constant under all predictions. */
export function matchStairs(
  { heights, least }: Stairs,
  tier: TierBudget,
  shift: Bytes,
): StairMatch {
  const stairs = stairsOfTier(tier, least);
  const range = 2 * Math.log(Math.max(heights.at(-1) ?? 0, MiB)) + UNPREDICTED;
  const unseen = (j: number) => {
    if (stairs[j]!.optional) return 0;
    return j === stairs.length - 1 ? UNSEEN_TOP : UNSEEN;
  };
  const apart = (i: number, j: number) => {
    const sigma = stairs[j]!.optional ? CONTEXT_SIGMA : 16 * MiB + 0.015 * stairs[j]!.total;
    return ((heights[i]! - shift - stairs[j]!.total) / sigma) ** 2 + 2 * Math.log(sigma);
  };
  // best[i][j]: cheapest match of the first i levels with the first j stairs.
  const best: { cost: number; from: 'level' | 'stair' | 'both' | null }[][] = [];
  for (let i = 0; i <= heights.length; i++) {
    best.push([]);
    for (let j = 0; j <= stairs.length; j++) {
      const ways: { cost: number; from: 'level' | 'stair' | 'both' | null }[] =
        i + j === 0 ? [{ cost: 0, from: null }] : [];
      if (i > 0) ways.push({ cost: best[i - 1]![j]!.cost + range, from: 'level' });
      if (j > 0) ways.push({ cost: best[i]![j - 1]!.cost + unseen(j - 1), from: 'stair' });
      if (i > 0 && j > 0)
        ways.push({ cost: best[i - 1]![j - 1]!.cost + apart(i - 1, j - 1), from: 'both' });
      best[i]!.push(ways.reduce((a, b) => (b.cost < a.cost ? b : a)));
    }
  }
  const matched: { height: Bytes; row: Stair }[] = [];
  let cost = 0;
  let unread = 0;
  for (let i = heights.length, j = stairs.length; i + j > 0; ) {
    const { from } = best[i]![j]!;
    if (from === 'both') {
      matched.unshift({ height: heights[--i]!, row: stairs[--j]! });
    } else if (from === 'level') {
      cost += range;
      unread++;
      i--;
    } else cost += unseen(--j);
  }
  const top = matched.at(-1);
  const isTopMatched =
    top !== undefined && top.height === heights.at(-1) && top.row === stairs.at(-1);
  return {
    matched,
    cost,
    isTopMatched,
    isWhole: stairs.every((row) => row.optional || matched.some((one) => one.row === row)),
    isPartial: !isTopMatched && unread === 0 && matched.some(({ row }) => !row.optional),
  };
}
