/**
 * What only shows after many times, long or with many at once: kills at random moments, a library of thousands under
 * several programs, many pages and many browsers on one recording, a day of recording.
 *
 *   npm run test:soak [-- kills|library|pages|browsers|day] [how many] [seed, 1 unless given]
 *
 * Prints a line of figures each and exits 1 where a promise of docs/reliability.md was broken. The same seed chooses
 * the same moments; what the machine does at them is its own.
 */
import { soakBrowsers } from './browsers';
import { soakDay } from './day';
import { soakKills } from './kills';
import { soakLibrary } from './library';
import { soakPages } from './pages';
import { actAsVictim } from './victims';

/** Each takes how many, and a seed; returns what was broken, in words. */
const SOAKS: Readonly<Record<string, (count: number, seed: number) => Promise<string[]>>> = {
  kills: soakKills,
  library: soakLibrary,
  pages: soakPages,
  browsers: soakBrowsers,
  day: soakDay,
};
const USUAL: Readonly<Record<string, number>> = {
  kills: 200,
  library: 10_000,
  pages: 50,
  browsers: 50,
  day: 24,
};

const [only = 'all', count, seed = '1'] = process.argv.slice(2);

async function soak(): Promise<number> {
  const names = Object.keys(SOAKS).filter((name) => only === 'all' || only === name);
  if (names.length === 0) {
    process.stderr.write(`There is no soak "${only}": ${Object.keys(SOAKS).join(', ')}.\n`);
    return 2;
  }
  let broken = 0;
  for (const name of names) {
    const faults = await SOAKS[name]!(Number(count ?? USUAL[name]), Number(seed));
    for (const fault of faults) process.stdout.write(`BROKEN ${name}: ${fault}\n`);
    broken += faults.length;
  }
  return broken > 0 ? 1 : 0;
}

// The same bundle plays the programs that are killed: they must be processes of their own.
if (only === 'victim') await actAsVictim(process.argv.slice(3));
else process.exit(await soak());
