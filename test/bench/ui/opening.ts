/** How long it takes until something, and until everything, is there. */
import type { Browser } from 'playwright-core';
import { openPage, percentile } from './page';

const ROUNDS = 5;

export async function measureFirstPaint(browser: Browser, url: string): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(url);
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length);
    times.push(
      await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
      ),
    );
    await page.close();
  }
  return `first paint of the library: p50 ${percentile(times, 0.5).toFixed(0)} ms of ${ROUNDS} (limit 1000)`;
}

/** From the click to the picture, by a page that is open already; the engine's own answers are in it. */
export async function measureOpening(
  browser: Browser,
  url: string,
  id: string,
  rounds = ROUNDS,
): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { page } = await openPage(browser, url, '#/');
    await page.locator('.sessions').waitFor();
    times.push(
      await page.evaluate(
        (to) =>
          new Promise<number>((resolve) => {
            const begun = performance.now();
            location.hash = to;
            const look = () => {
              const chart = document.querySelector('.chart[data-loading="false"] canvas');
              if (!chart) requestAnimationFrame(look);
              else requestAnimationFrame(() => resolve(performance.now() - begun));
            };
            look();
          }),
        `#/session/${id}`,
      ),
    );
    await page.close();
  }
  return `open ${id} until drawn: p50 ${percentile(times, 0.5).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms of ${rounds} (limit 300)`;
}
