/**
 * Declared runs that announce nothing: many of them, since a few dozen give a figure no one can tell from another. What
 * no one could tell by such a line, after the oracle, is reported apart and counts in the first line all the same.
 */
import { type DrawnTrace, drawTrace } from './drawn-trace';
import { findRivals } from './oracle';
import { type Judged, judge } from './score';

/** Traces a seed has, as many as the tables are of. */
const A_SEED = 480;

/** From `seed` on, as many seeds as it takes. */
export function tellUnannounced(seed: number, count: number): void {
  const told: { readonly judged: Judged; readonly isDecidable: boolean }[] = [];
  let last = seed;
  for (let at = 0; told.length < count; at++) {
    last = seed + Math.floor((2 * at + 1) / A_SEED);
    const drawn: DrawnTrace = drawTrace((2 * at + 1) % A_SEED, last);
    if (drawn.plan.markers !== 'none') continue;
    told.push({
      judged: judge(drawn.plan, drawn.make()),
      isDecidable: findRivals(drawn.plan).length === 0,
    });
  }
  const all = told.map(({ judged }) => judged);
  const [open, closed] = [true, false].map((isDecidable) =>
    told.filter((one) => one.isDecidable === isDecidable).map(({ judged }) => judged),
  ) as [Judged[], Judged[]];
  const invented = all.reduce((sum, one) => sum + one.invented.length, 0);
  const found = all.reduce((sum, one) => sum + one.right.length, 0);
  console.log(
    `\nDeclared, nothing announced: ${count} traces with causes, seeds ${seed} to ${last}`,
  );
  console.log(`  all: recall ${recall(all)}, precision ${share(found, found + invented)}`);
  console.log(`  those whose cause anyone can tell by the levels: recall ${recall(open)}`);
  const missed = closed.filter((one) => one.missed.length > 0);
  console.log(
    `  not decidable by them: ${closed.length} traces, recall ${recall(closed)}; of ${missed.length} not named ${missed.filter(({ isListed }) => isListed).length} stand among those that are told to fit`,
  );
}

/** With its 95% interval after Wilson. */
function recall(some: readonly Judged[]): string {
  const right = some.reduce((sum, one) => sum + one.right.length, 0);
  const n = right + some.reduce((sum, one) => sum + one.missed.length, 0);
  const [p, z] = [right / n, 1.96];
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  const percent = (value: number) => (100 * value).toFixed(1);
  return `${share(right, n)} of ${n} (95% interval ${percent(middle - half)} to ${percent(middle + half)})`;
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '—' : `${((100 * part) / whole).toFixed(1)}%`;
