/** The live view of eight GPUs while it grows: processor time of the page, and its heap before and after. */
import type { Browser } from 'playwright-core';
import type { FixtureEngine } from '../../support/fixture-engine';
import { liveSession } from '../../support/timeline-sessions';
import { isDrawn, openPage } from './page';

const SECONDS = 20;
/** The recorder tells of news four times a second. */
const TELL_MS = 250;

export async function measureLive(
  browser: Browser,
  url: string,
  engine: FixtureEngine,
): Promise<string> {
  const live = liveSession('t-live', 8, 10_000);
  engine.sessions.set('t-live', live.at(60e6));
  const { page, taskMs, heapBytes } = await openPage(browser, url, '#/session/t-live');
  await isDrawn(page);
  const heap = await heapBytes();
  const before = await taskMs();
  const begun = performance.now();
  let told = 60e6;
  while (performance.now() - begun < SECONDS * 1000) {
    told += TELL_MS * 1000;
    engine.sessions.set('t-live', live.at(told));
    engine.tell('t-live');
    await page.waitForTimeout(TELL_MS);
  }
  const share = (await taskMs()) - before;
  const grown = (await heapBytes()) - heap;
  const wall = performance.now() - begun;
  await page.close();
  return `live view of 8 GPUs at 100 Hz for ${SECONDS} s: ${((share / wall) * 100).toFixed(1)}% of a core (limit 25%), heap ${grown >= 0 ? '+' : ''}${(grown / 2 ** 20).toFixed(1)} MiB`;
}
