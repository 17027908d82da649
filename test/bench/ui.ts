/**
 * What the window costs in a real browser: figures of this machine, not limits.
 *
 *   npm run bench:ui [one measurement: size, paint, open, frames or live]
 *
 * A session of ten million samples and 10,000 announced steps is stored and served by Plumbline itself, in a process of its
 * own; behind the rest is the invented engine of the tests, in this process.
 * Processor time is that of the page's main thread (Chromium's thread ticks), so a busy machine does not change it;
 * wall-clock figures are only worth something on an idle one. An empty redraw in the same browser stands beside.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { serveBrowser } from '../../src/main/hosts/server/serve';
import { launchBrowser } from '../support/browser';
import { temporaryHome } from '../support/cli';
import { fixtureEngine } from '../support/fixture-engine';
import { serveEngine } from '../support/served-engine';
import { countersSession } from '../support/timeline-sessions';
import { recordSteps } from './trace/steps';
import { measureFrames } from './ui/frames';
import { measureLive } from './ui/live';
import { measureFirstPaint, measureOpening } from './ui/opening';
import { measureSize } from './ui/size';

const LONG = '20260101-0000-long';
const LONG_STEPS = 10_000;
/** Ten million samples. */
const LONG_TICK_US = 90;

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
const server = await serveBrowser({ engine, port: 0, rendererDir });
const browser = await launchBrowser();
try {
  if (isWanted('paint')) say(await measureFirstPaint(browser, server.url));
  if (isWanted('frames')) say(await measureFrames(browser, server.url, 't-small'));
  if (isWanted('open') || isWanted('frames')) await measureLong(browser);
  if (isWanted('live')) say(await measureLive(browser, server.url, engine));
} finally {
  await browser.close();
  await server.close();
}

/** Steps of 90 ms each. */
async function measureLong(browser: Browser): Promise<void> {
  const home = temporaryHome();
  try {
    const library = join(home.dir, 'library');
    mkdirSync(library);
    recordSteps(library, LONG, LONG_STEPS, LONG_TICK_US);
    const app = await serveEngine(home.dir);
    const url = `http://127.0.0.1:${app.port}/#token=${app.token}`;
    try {
      if (isWanted('open')) {
        say(`first time, ${await measureOpening(browser, url, LONG, 1)}`);
        say(await measureOpening(browser, url, LONG));
      }
      if (isWanted('frames')) say(await measureFrames(browser, url, LONG));
    } finally {
      app.server.child.kill('SIGTERM');
      await app.server.done;
    }
  } finally {
    home.dispose();
  }
}
