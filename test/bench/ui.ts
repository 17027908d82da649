/**
 * What the window costs in a real browser: figures of this machine, not limits.
 *
 *   npm run bench:ui [one measurement: size, paint, open, frames or live]
 *
 * The engine behind it is the invented one of the tests, in this process, so that what is measured is the window's own.
 * Processor time is that of the page's main thread (Chromium's thread ticks), so a busy machine does not change it;
 * wall-clock figures are only worth something on an idle one. An empty redraw in the same browser stands beside.
 */
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { serveBrowser } from '../../src/main/hosts/server/serve';
import { launchBrowser } from '../support/browser';
import { fixtureEngine } from '../support/fixture-engine';
import { countersSession, longSession } from '../support/timeline-sessions';
import { measureFrames } from './ui/frames';
import { measureLive } from './ui/live';
import { measureFirstPaint, measureOpening } from './ui/opening';
import { measureSize } from './ui/size';

const only = process.argv[2];
const isWanted = (name: string) => only === undefined || only === name;
const say = (text: string) => process.stdout.write(`${text}\n`);

/** The window as it was built for this benchmark, from wherever this file was bundled to below it. */
const rendererDir = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'out', 'renderer')) && folder !== dirname(folder))
    folder = dirname(folder);
  return join(folder, 'out', 'renderer');
})();
say(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, load ${loadavg()[0]?.toFixed(1)}`);
if (isWanted('size')) say(measureSize(rendererDir));

const engine = fixtureEngine();
engine.sessions.set('t-small', countersSession('t-small'));
if (isWanted('open') || isWanted('frames'))
  engine.sessions.set('t-long', longSession('t-long', 10_000, 10_000_000));
const server = await serveBrowser({ engine, port: 0, rendererDir });
const browser = await launchBrowser();
try {
  if (isWanted('paint')) say(await measureFirstPaint(browser, server.url));
  if (isWanted('open')) say(await measureOpening(browser, server.url, 't-long'));
  if (isWanted('frames')) {
    say(await measureFrames(browser, server.url, 't-small'));
    say(await measureFrames(browser, server.url, 't-long'));
  }
  if (isWanted('live')) say(await measureLive(browser, server.url, engine));
} finally {
  await browser.close();
  await server.close();
}
