/** Words and figures of a soak. */
import { loadavg } from 'node:os';

/** A line: what was tried, figures, and how busy the machine was meanwhile. */
export const say = (...figures: readonly string[]): void =>
  void process.stdout.write(`${[...figures, `load ${loadavg()[0]?.toFixed(1)}`].join(' · ')}\n`);

/** The value that a share `p` of them does not pass; NaN of none. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
