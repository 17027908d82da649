/**
 * What a session of announced steps costs where its phases are concerned: its first opening, and its replay.
 *
 *   npm run bench:steps [steps, 10,000 unless told otherwise] [folder id: a session that is there]
 *
 * Figures are processor time of the process that asks, which has opened no session before, and bytes of answers as they
 * are sent to a window.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { temporaryHome } from '../support/cli';
import { measureOpening, measureReplay } from './trace/replay';
import { recordSteps } from './trace/steps';

const MEASURES = { opening: measureOpening, replay: measureReplay };
/** Two readings a step, so that phases are what is measured. */
const TICK_US = 45_000;

const say = (text: string) => process.stdout.write(`${text}\n`);
const args = process.argv.slice(2);

function measureApart(name: keyof typeof MEASURES, folder: string, id: string): void {
  const all = [...process.execArgv, import.meta.filename, `--${name}`, folder, id];
  const { status } = spawnSync(process.execPath, all, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the process that measures the ${name} failed`);
}

function measureSteps([steps = '10000', given, id = 'steps']: readonly string[]): void {
  const home = temporaryHome();
  try {
    say(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, load ${loadavg()[0]?.toFixed(1)}`);
    const folder = given ?? home.dir;
    if (given === undefined) recordSteps(folder, id, Number(steps), TICK_US);
    rmSync(join(folder, '.kept'), { recursive: true, force: true });
    measureApart('opening', folder, id);
    measureApart('replay', folder, id);
  } finally {
    home.dispose();
  }
}

const [first = '', folder = '', id = ''] = args;
if (first === '--opening' || first === '--replay') {
  const lines = MEASURES[first === '--opening' ? 'opening' : 'replay'](folder, id);
  for (const line of lines) say(line);
} else measureSteps(args);
