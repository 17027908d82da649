/** The five things people do most, by keys alone: each stop on the way is named, in sight, and shows that it has the focus. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserUnavailable } from '../support/browser';
import { type FixtureEngine, fixtureEngine } from '../support/fixture-engine';
import { type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();
const MOST_STOPS = 120;

interface Stop {
  readonly name: string;
  readonly role: string;
  readonly isMarked: boolean;
  readonly isInSight: boolean;
}

/** What has the focus, as it is named and as it is seen. */
const readStop = (page: Page): Promise<Stop> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const style = getComputedStyle(element);
    // A chart draws its ring over what stands in it.
    const over = getComputedStyle(element, '::after');
    const box = element.getBoundingClientRect();
    const labels = 'labels' in element ? [...((element.labels as NodeList | null) ?? [])] : [];
    const told = [element.ariaLabel, ...labels.map((each) => each.textContent), element.title];
    return {
      name: (told.find((text) => text) ?? element.textContent ?? '').trim(),
      role: element.tagName,
      isMarked:
        (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1) ||
        style.boxShadow !== 'none' ||
        (over.content !== 'none' && over.borderTopStyle === 'solid'),
      isInSight:
        box.width > 0 &&
        box.bottom > 0 &&
        box.top < innerHeight &&
        box.right > 0 &&
        box.left < innerWidth,
    };
  });

describe.skipIf(why !== null)(`by keys alone${why ? ` (skipped: ${why})` : ''}`, () => {
  let engine: FixtureEngine;
  let served: ServedWindow;
  let page: Page;
  beforeAll(async () => {
    engine = fixtureEngine();
    served = await serveWindow(engine, { width: 1280, height: 800 });
    page = await served.open('#/');
    await page.getByRole('link', { name: 'gpt2 generate, 96 tokens' }).waitFor();
  });
  afterAll(() => served?.close());

  const unmarked: Stop[] = [];
  /** Presses Tab until that has the focus, and looks at every stop on the way. */
  async function tabTo(name: string | RegExp, role?: string, key = 'Tab'): Promise<void> {
    for (let i = 0; i < MOST_STOPS; i++) {
      await page.keyboard.press(key);
      const stop = await readStop(page);
      if (stop.role === 'BODY') continue;
      if (stop.name === '' || !stop.isMarked || !stop.isInSight) unmarked.push(stop);
      const isIt = typeof name === 'string' ? stop.name === name : name.test(stop.name);
      if (isIt && (role === undefined || stop.role === role)) return;
    }
    throw new Error(`${MOST_STOPS} stops, and none is ${name}`);
  }

  it('a session is opened', async () => {
    await tabTo('gpt2 train, batch 4, seq 256', 'A');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.chart[data-loading="false"] canvas');
  });

  it('its peak is zoomed to', async () => {
    const chart = page.locator('.chart');
    const whole = await chart.getAttribute('data-view');
    await page.keyboard.press('KeyP');
    await expect.poll(() => chart.getAttribute('data-view')).not.toBe(whole);
    const [t0 = 0, t1 = 0] = (await chart.getAttribute('data-view'))!.split('-').map(Number);
    const { at } = engine.sessions.get('s-train')!.document.overlay.measuredPeak!;
    expect(t0).toBeLessThan(at);
    expect(t1).toBeGreaterThan(at);
  });

  it('its report is saved', async () => {
    const saved = page.waitForEvent('download');
    await tabTo('HTML');
    await page.keyboard.press('Enter');
    expect((await saved).suggestedFilename()).toMatch(/\.html$/);
  });

  it('two are compared', async () => {
    await tabTo('Sessions', 'A');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'gpt2 generate, 96 tokens' }).waitFor();
    for (const name of ['gpt2 train, batch 4, seq 256', 'gpt2 generate, 96 tokens']) {
      await tabTo(`Select ${name}`);
      await page.keyboard.press('Space');
    }
    await tabTo(/^Compare/, 'BUTTON', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
  });

  it('one is recorded', async () => {
    await tabTo('Record', 'A');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Record' }).waitFor();
    await tabTo('Start recording');
    await page.keyboard.press('Enter');
    await page.getByText('recording', { exact: true }).waitFor();
  });

  it('every stop on these ways is named, in sight and marked', () => {
    expect(unmarked).toEqual([]);
  });
});
