/**
 * The series of a rank. Of rank 0, and of a workload with one, they have the names everyone knows
 * (`framework.allocated`); of the others the rank comes first (`rank1.framework.allocated`, `rank1.rss`).
 */
export function frameworkSeries(
  metric: 'allocated' | 'reserved' | 'requested',
  rank: number,
): string {
  return rank === 0 ? `framework.${metric}` : `rank${rank}.framework.${metric}`;
}

/** The rank a series belongs to; null for what belongs to the whole workload or a device. */
export function rankOfSeries(id: string): number | null {
  const rank = /^rank(\d+)\./.exec(id)?.[1];
  return rank !== undefined ? Number(rank) : id.startsWith('framework.') ? 0 : null;
}
