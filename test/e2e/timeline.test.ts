/** The timeline in a real browser: zoom, pan, selection, crosshair, lanes and the strip of the whole run. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserUnavailable } from '../support/browser';
import { fixtureEngine } from '../support/fixture-engine';
import { type ServedWindow, serveWindow } from '../support/served-window';
import { countersSession, foundSession, logSession } from '../support/timeline-sessions';

const why = browserUnavailable();
if (why) console.warn(`The timeline is not tested: ${why}.`);

describe.skipIf(why !== null)(`the timeline${why ? ` (skipped: ${why})` : ''}`, () => {
  let served: ServedWindow;
  const counters = countersSession('t-counters');
  const whole = counters.document.durationUs;

  const open = async (id: string): Promise<Page> => {
    const page = await served.open(`#/session/${id}`);
    await page.waitForSelector('.chart[data-loading="false"] canvas');
    return page;
  };
  const viewOn = async (page: Page): Promise<{ t0: number; t1: number }> => {
    const text = (await page.locator('.chart').getAttribute('data-view')) ?? '';
    const [t0 = 0, t1 = 0] = text.split('-').map(Number);
    return { t0, t1 };
  };
  /** The plot of the lanes on screen. */
  const plotOn = async (page: Page) => {
    const box = await page.locator('.overview-plot').boundingBox();
    const lanes = await page.locator('.chart').boundingBox();
    if (!box || !lanes) throw new Error('There is no timeline.');
    return { left: box.x, width: box.width, top: lanes.y, strip: box.y + box.height / 2 };
  };
  const reading = (page: Page, lane: string) => page.getByTestId(`reading-${lane}`).textContent();

  beforeAll(async () => {
    const engine = fixtureEngine();
    engine.sessions.set('t-counters', counters);
    engine.sessions.set('t-log', logSession('t-log'));
    engine.sessions.set('t-found', foundSession('t-found'));
    served = await serveWindow(engine, { width: 1440, height: 1000 });
  });
  afterAll(() => served?.close());

  it('zooms about the pointer, pans with Shift, and fits the phase under a double click', async () => {
    const page = await open('t-counters');
    const { left, width, top } = await plotOn(page);
    const x = left + width * 0.6;
    await page.mouse.move(x, top + 150);
    await page.mouse.wheel(0, -240);
    await expect.poll(async () => (await viewOn(page)).t0).toBeGreaterThan(0);
    const zoomed = await viewOn(page);
    expect((whole * 0.6 - zoomed.t0) / (zoomed.t1 - zoomed.t0)).toBeCloseTo(0.6, 2);
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.move(x - width * 0.2, top + 150, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    const panned = await viewOn(page);
    expect(panned.t0 - zoomed.t0).toBeCloseTo((zoomed.t1 - zoomed.t0) * 0.2, -4);
    await page.mouse.move(x, top + 150);
    const rest = await viewOn(page);
    await page.waitForTimeout(200);
    expect(await viewOn(page)).toEqual(rest);
    await page.locator('.chart').press('KeyF');
    const phase = counters.document.overlay.phases[5];
    if (!phase) throw new Error('The run has too few phases.');
    const middle = (phase.span[0] + phase.span[1]) / 2;
    await page.mouse.dblclick(left + (middle / whole) * width, top + 150);
    await expect
      .poll(async () => (await viewOn(page)).t1 - (await viewOn(page)).t0)
      .toBeLessThan(1.2 * (phase.span[1] - phase.span[0]));
    await page.close();
  });

  it('selects what a drag spans, tells how long it is, and clears it with a click', async () => {
    const page = await open('t-counters');
    const { left, width, top } = await plotOn(page);
    await page.mouse.move(left + width * 0.25, top + 150);
    await page.mouse.down();
    await page.mouse.move(left + width * 0.5, top + 160, { steps: 4 });
    await page.mouse.up();
    const selection = page.locator('.selection');
    const box = await selection.boundingBox();
    expect(Math.abs((box?.width ?? 0) - width * 0.25)).toBeLessThan(3);
    expect(await selection.textContent()).toBe(`${((whole * 0.25) / 1e6).toFixed(2)} s`);
    expect(await viewOn(page)).toEqual({ t0: 0, t1: whole });
    await page.mouse.click(left + width * 0.8, top + 150);
    expect(await selection.count()).toBe(0);
    await page.close();
  });

  it('reads every lane at the one time of the crosshair', async () => {
    const page = await open('t-counters');
    const { left, width, top } = await plotOn(page);
    await page.mouse.move(left + width * 0.4, top + 60);
    await page.locator('.crosshair').waitFor();
    expect(await page.locator('.crosshair').textContent()).toMatch(/^3\.\d+ s$/);
    expect(await reading(page, 'memory')).toMatch(/GiB, predicted .* GiB$/);
    expect(await reading(page, 'gpu0.power')).toMatch(/^\d+ W$/);
    expect(await reading(page, 'gpu0.temperature')).toMatch(/°C$/);
    expect(await reading(page, 'phases')).toMatch(/step \d|between/);
    await page.mouse.move(left + width * 0.6, top + 60);
    await expect.poll(() => reading(page, 'gpu0.pcie')).toMatch(/stopped answering$/);
    await page.mouse.move(5, 5);
    await page.locator('.crosshair').waitFor({ state: 'hidden' });
    expect(await reading(page, 'gpu0.power')).toBe('watts, every 100 ms');
    await page.close();
  });

  it('folds, hides, shows and resizes lanes', async () => {
    const page = await open('t-counters');
    const head = page.locator('[data-lane="gpu0.power"]');
    const height = async () => (await head.boundingBox())?.height ?? 0;
    const before = await height();
    await page.getByRole('button', { name: 'Height of GPU 0, power' }).press('ArrowDown');
    await expect.poll(height).toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Fold GPU 0, power' }).click();
    await expect.poll(height).toBeLessThan(before);
    await head.hover();
    await page.getByRole('button', { name: 'Hide GPU 0, power' }).click();
    expect(await head.count()).toBe(0);
    await page.locator('.lane-menu summary').click();
    await page.getByLabel('GPU 0, power').check();
    await head.waitFor();
    expect(await page.locator('[data-lane="gpu0.fan"]').count()).toBe(0);
    await page.close();
  });

  it('keeps the lanes in the address: a link restores them, undo takes the last change back', async () => {
    const page = await open('t-counters');
    await page.getByRole('button', { name: 'Fold GPU 0, power' }).click();
    await page.locator('[data-lane="gpu0.temperature"]').hover();
    await page.getByRole('button', { name: 'Hide GPU 0, temperature' }).click();
    await expect
      .poll(() => page.evaluate(() => location.hash))
      .toContain('lanes=gpu0.power*folded,gpu0.temperature*hidden');
    const linked = await served.open(await page.evaluate(() => location.hash));
    await linked.locator('[data-lane="gpu0.power"][data-folded="true"]').waitFor();
    expect(await linked.locator('[data-lane="gpu0.temperature"]').count()).toBe(0);
    await linked.close();
    await page.keyboard.press('Control+z');
    await page.locator('[data-lane="gpu0.temperature"]').waitFor();
    await page.close();
  });

  it('moves and resizes the view by the strip of the whole run, and goes to a finding', async () => {
    const page = await open('t-counters');
    const { left, width, strip } = await plotOn(page);
    await page.mouse.move(left + width - 1, strip);
    await page.mouse.down();
    await page.mouse.move(left + width * 0.5, strip, { steps: 4 });
    await page.mouse.up();
    const half = await viewOn(page);
    expect(half.t0).toBe(0);
    expect(half.t1 / whole).toBeCloseTo(0.5, 2);
    await page.mouse.move(left + width * 0.25, strip);
    await page.mouse.down();
    await page.mouse.move(left + width * 0.45, strip, { steps: 4 });
    await page.mouse.up();
    const moved = await viewOn(page);
    expect(moved.t0 / whole).toBeCloseTo(0.2, 2);
    expect(moved.t1 - moved.t0).toBe(half.t1 - half.t0);
    await page.mouse.click(left + width * 0.9, strip);
    expect((await viewOn(page)).t1).toBe(whole);
    await page.getByRole('button', { name: /^Finding: Backward of step 3/ }).click();
    const found = counters.document.findings[1];
    const shown = await viewOn(page);
    expect(shown.t0).toBeLessThan(found?.span[0] ?? 0);
    expect(shown.t1).toBeGreaterThan(found?.span[1] ?? 0);
    await page.close();
  });

  it('lays the budget under a log without phases', async () => {
    const page = await open('t-log');
    const { left, width, top } = await plotOn(page);
    await page.mouse.move(left + width * 0.4, top + 60);
    await expect.poll(() => reading(page, 'memory')).toMatch(/predicted at most 4\.49 GiB$/);
    await page.close();
  });

  it('tells what was found in a log apart from phases, and fits the period under a double click', async () => {
    const page = await open('t-found');
    const { left, width, top } = await plotOn(page);
    await page.mouse.move(left + width * 0.4, top + 10);
    await expect.poll(() => reading(page, 'found')).toBe('period 2 of 4, level 1');
    expect(await page.getByTestId('reading-phases').count()).toBe(0);
    await page.mouse.move(left + width * 0.05, top + 10);
    await expect.poll(() => reading(page, 'found')).toBe('nothing found');
    await page.mouse.dblclick(left + width * 0.4, top + 10);
    const { durationUs } = foundSession('t-found').document;
    await expect.poll(async () => (await viewOn(page)).t0 / durationUs).toBeCloseTo(0.24, 2);
    expect((await viewOn(page)).t1 / durationUs).toBeCloseTo(0.51, 2);
    await page.keyboard.press('f');
    await page.getByRole('tab', { name: /^Phases/ }).click();
    await page.getByRole('button', { name: 'Period 2 of 4' }).click();
    await expect.poll(async () => (await viewOn(page)).t0 / durationUs).toBeGreaterThan(0.2);
    await page.close();
  });

  it('logs no error', () => {
    expect(served.faults).toEqual([]);
  });
});
