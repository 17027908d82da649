/**
 * What a session of announced steps costs where its phases are concerned: its first opening, and its replay.
 *
 *   npm run bench:steps [steps, 10,000 unless told otherwise] [folder id: a session that is there]
 *
 * Figures are processor time of this process, and bytes of answers as they are sent to a window.
 */
import { rmSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { temporaryHome } from '../support/cli';
import { measureOpening, measureReplay } from './trace/replay';
import { recordSteps } from './trace/steps';

const [steps = '10000', given, id = 'steps'] = process.argv.slice(2);
/** Two readings a step, so that phases are what is measured. */
const TICK_US = 45_000;

const say = (text: string) => process.stdout.write(`${text}\n`);
const home = temporaryHome();
try {
  say(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, load ${loadavg()[0]?.toFixed(1)}`);
  const folder = given ?? home.dir;
  if (given === undefined) recordSteps(folder, id, Number(steps), TICK_US);
  rmSync(join(folder, '.kept'), { recursive: true, force: true });
  say(measureOpening(folder, id));
  for (const line of measureReplay(folder, id)) say(line);
} finally {
  home.dispose();
}
