/** Durations as the workload prints them. */

/** Milliseconds as "1.23 s". */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
