/**
 * Every parser of strangers' bytes, tried with what is nearly right, in this process.
 *
 *   npm run fuzz [-- area | all] [inputs per area, 20000 unless given] [seed, 1 unless given]
 *
 * Prints, for each area, how many inputs were read and how many refused, the slowest, and the memory at the end; what
 * breaks is kept in out/fuzz and its stack printed. Exits 1 when something broke. The same seed tries the same inputs.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREAS, type Area, isAnswer } from './areas';
import { createChance, mutate } from './mutate';

/** Nothing a stranger sends may hold a thread longer. */
const SLOW_MS = 5000;
/** Kinds of finds told of one area; the first of a kind is kept. */
const MAX_KINDS = 10;

const root = process.cwd();
const [only = 'all', count = '20000', seed = '1'] = process.argv.slice(2);
const areas = AREAS.filter(({ id }) => only === 'all' || only === id);
if (areas.length === 0) {
  process.stderr.write(`There is no area "${only}": ${AREAS.map(({ id }) => id).join(', ')}.\n`);
  process.exit(2);
}
const kept = join(root, 'out', 'fuzz');

async function fuzz(area: Area): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-fuzz-'));
  const seeds = area.seeds(root, folder);
  const chance = createChance(Number(seed));
  const finds = new Map<string, string>();
  let [read, refused, slowest] = [0, 0, 0];
  const began = performance.now();
  for (let i = 0; i < Number(count); i++) {
    const input = mutate(chance, chance.pick(seeds), chance.pick(seeds));
    const at = performance.now();
    try {
      await area.read(input, folder);
      read++;
    } catch (error) {
      if (isAnswer(error)) refused++;
      else keep(area, finds, error, input);
    }
    const took = performance.now() - at;
    if (took > SLOW_MS) keep(area, finds, new Error(`took longer than ${SLOW_MS} ms`), input);
    slowest = Math.max(slowest, took);
    // Whoever reads by events has its turn, as it would in the app.
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  rmSync(folder, { recursive: true, force: true });
  const figures = [
    area.id.padEnd(12),
    `${count} inputs`,
    `${read} read`,
    `${refused} refused`,
    `${finds.size} kinds of finds`,
    `slowest ${slowest.toFixed(0)} ms`,
    `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`,
    `${((performance.now() - began) / 1000).toFixed(1)} s`,
  ];
  process.stdout.write(`${figures.join(' · ')}\n`);
  return finds.size;
}

function keep(area: Area, finds: Map<string, string>, error: unknown, input: Buffer): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const kind = stack.split('\n').slice(0, 3).join('\n').replaceAll(/\d+/g, '#');
  if (finds.has(kind) || finds.size >= MAX_KINDS) return;
  mkdirSync(kept, { recursive: true });
  const path = join(kept, `${area.id}-${finds.size}`);
  writeFileSync(path, input);
  finds.set(kind, path);
  process.stdout.write(`${area.id}: ${path}\n${stack}\n`);
}

let broken = 0;
for (const area of areas) broken += await fuzz(area);
process.exit(broken > 0 ? 1 : 0);
