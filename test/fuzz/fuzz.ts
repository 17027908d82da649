/**
 * Every parser of strangers' bytes, tried with what is nearly right, in this process. Inputs that reach code which none
 * before them reached are mutated further, so that a trial finds its way behind the first checks.
 *
 *   npm run fuzz [-- area | all] [inputs per area, 20000 unless given] [seed, 1 unless given] [--keep]
 *
 * Prints, for each area, how many inputs were read and how many refused, the blocks of code reached, the slowest, and the
 * most memory that was taken; what breaks is kept in out/fuzz and its stack printed. Exits 1 when something broke. The same seed
 * tries the same inputs. --keep puts the inputs that led further into the corpus that later trials begin with.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREAS, type Area, isAnswer } from './areas';
import { Corpus } from './corpus';
import { Coverage } from './coverage';
import { createChance, mutate } from './mutate';

/** Nothing a stranger sends may keep a thread busy longer; processor time, so that a loaded machine finds nothing. */
const SLOW_MS = 5000;
/** Inputs between two looks at what was reached. */
const TOGETHER = 20;
/** Kinds of finds told of one area; the first of a kind is kept. */
const MAX_KINDS = 10;

const root = process.cwd();
const words = process.argv.slice(2);
const [only = 'all', count = '20000', seed = '1'] = words.filter((word) => word !== '--keep');
const areas = AREAS.filter(({ id }) => only === 'all' || only === id);
if (areas.length === 0) {
  process.stderr.write(`There is no area "${only}": ${AREAS.map(({ id }) => id).join(', ')}.\n`);
  process.exit(2);
}
const kept = join(root, 'out', 'fuzz');

async function fuzz(area: Area): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-fuzz-'));
  const corpus = new Corpus(root, area, folder);
  const coverage = new Coverage();
  let tried: Buffer[] = [];
  const chance = createChance(Number(seed));
  const finds = new Map<string, string>();
  let [read, refused, slowest] = [0, 0, 0];
  const began = performance.now();
  for (let i = 0; i < Number(count); i++) {
    const input = mutate(chance, corpus.pick(chance), corpus.pick(chance));
    const at = process.cpuUsage();
    try {
      await area.read(input, folder);
      read++;
    } catch (error) {
      if (isAnswer(error)) refused++;
      else keep(area, finds, error, input);
    }
    const { user, system } = process.cpuUsage(at);
    const took = (user + system) / 1000;
    if (took > SLOW_MS) keep(area, finds, new Error(`took longer than ${SLOW_MS} ms`), input);
    slowest = Math.max(slowest, took);
    tried.push(input);
    if (tried.length === TOGETHER) {
      if (coverage.look() > 0) corpus.lead(tried);
      tried = [];
    }
    // Whoever reads by events has its turn, as it would in the app.
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  coverage.end();
  const keeps = words.includes('--keep') ? await corpus.keep(area, root, folder) : null;
  rmSync(folder, { recursive: true, force: true });
  const figures = [
    area.id.padEnd(12),
    `${count} inputs`,
    `${read} read`,
    `${refused} refused`,
    `${finds.size} kinds of finds`,
    `${coverage.size} blocks reached, ${corpus.led} inputs led further`,
    ...(keeps === null ? [] : [`${keeps} in the corpus`]),
    `slowest ${slowest.toFixed(0)} ms`,
    `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at the most`,
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
