/** A page of the window with the clock of its main thread. */
import type { Browser, CDPSession, Page } from 'playwright-core';

export interface MeasuredPage {
  readonly page: Page;
  /** Processor time of the main thread since the page began, in milliseconds. */
  taskMs(): Promise<number>;
  /** Bytes of the JavaScript heap after a collection. */
  heapBytes(): Promise<number>;
}

export async function openPage(browser: Browser, url: string, hash: string): Promise<MeasuredPage> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  await page.waitForFunction(() => !location.hash.includes('token'));
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  return {
    page,
    taskMs: async () => (await readMetric(devtools, 'TaskDuration')) * 1000,
    async heapBytes() {
      await devtools.send('HeapProfiler.collectGarbage');
      return readMetric(devtools, 'JSHeapUsedSize');
    },
  };
}

async function readMetric(devtools: CDPSession, name: string): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
}

export const isDrawn = (page: Page) => page.waitForSelector('.chart[data-loading="false"] canvas');

export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? Number.NaN;
