/** Commands, keys, undo, links and the comparison, in a real browser over the real server, with an invented engine behind. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserUnavailable } from '../support/browser';
import { type FixtureEngine, fixtureEngine } from '../support/fixture-engine';
import { findSerious, type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();
if (why) console.warn(`Commands and comparison are not tested: ${why}.`);

describe.skipIf(why !== null)('commands and comparison', () => {
  let engine: FixtureEngine;
  let served: ServedWindow;
  const open = (hash: string): Promise<Page> => served.open(hash);
  const hash = (page: Page) => page.evaluate(() => location.hash);
  const COMPARE = '#/compare?ids=s-train,s-generate';
  const chart = (page: Page) =>
    page.waitForSelector('.compare-chart [data-loading="false"] canvas');

  beforeAll(async () => {
    engine = fixtureEngine();
    served = await serveWindow(engine);
  });
  afterAll(() => served?.close());

  it('finds a command and a session by a few letters', async () => {
    const page = await open('#/');
    await page.locator('.sessions').waitFor();
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Commands' });
    await palette.getByRole('combobox').waitFor();
    // What is typed is not put into a field by name: the field must have the focus.
    await page.keyboard.type('doct');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Doctor' }).waitFor();
    await page.keyboard.press('/');
    await palette.getByRole('combobox').fill('gpt2 train');
    // The sessions may come after what was typed.
    await palette.getByRole('option', { name: /gpt2 train/, selected: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.hash.startsWith('#/session/'));
    await page.close();
  });

  it('lists the keys on a sheet, and / searches where there is something to search', async () => {
    const page = await open('#/');
    await page.locator('.sessions').waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    // A key that is typed into a field is no command.
    await page.keyboard.type('c?');
    expect(await page.getByRole('searchbox').inputValue()).toBe('c?');
    await page.getByRole('searchbox').fill('');
    await page.locator('h1').click();
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keys' });
    await sheet.getByText('Search sessions').waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.close();
  });

  it('takes a new name back and gives it again', async () => {
    const page = await open('#/');
    const named = (name: string) => page.locator('.sessions .name a', { hasText: name }).waitFor();
    await named('gpt2 generate, 96 tokens');
    await page.getByLabel('Rename gpt2 generate, 96 tokens').click();
    await page.keyboard.type('another');
    await page.keyboard.press('Enter');
    await named('another');
    await page.locator('h1').click();
    await page.keyboard.press('Control+z');
    await named('gpt2 generate, 96 tokens');
    await page.keyboard.press('Control+Shift+z');
    await named('another');
    await page.keyboard.press('Control+z');
    await named('gpt2 generate, 96 tokens');
    await page.close();
  });

  it('compares: what differs first, then the picture, then every figure with its difference', async () => {
    const page = await open(COMPARE);
    await chart(page);
    expect(await page.locator('.compared-name .session-mark').count()).toBe(2);
    expect(await page.locator('.compared th').allTextContents()).toContain('Mode');
    const heads = await page.locator('.compare-figures thead th').allTextContents();
    expect(heads.at(-1)).toBe('B − A');
    const peak = page.locator('.compare-figures tr', { hasText: 'Measured peak' });
    expect(await peak.locator('td.change').textContent()).toMatch(/^[+−].*%\)$/);
    await page.close();
  });

  it('keeps alignment, layout, base and span in the address; back, undo and a link restore them', async () => {
    const page = await open(COMPARE);
    await chart(page);
    await page.getByRole('button', { name: 'Peaks' }).click();
    await page.getByRole('button', { name: 'Side by side' }).click();
    await page.getByRole('button', { name: 'make B the base' }).click();
    await page.locator('.compare-figures thead th', { hasText: 'A − B' }).waitFor();
    await page.keyboard.press('KeyW');
    await page.waitForFunction(() => location.hash.includes('span='));
    const full = await hash(page);
    for (const part of ['align=peak', 'layout=beside', 'base=s-generate'])
      expect(full).toContain(part);
    await page.keyboard.press('KeyF');
    await page.waitForFunction(() => !location.hash.includes('span='));
    await page.keyboard.press('Control+z');
    await page.waitForFunction((to) => location.hash === to, full);
    await page.goBack();
    await page.waitForFunction(() => !location.hash.includes('span='));
    const other = await open(full);
    await chart(other);
    expect(await other.getByRole('button', { name: 'Peaks' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await other.close();
    await page.close();
  });

  it('writes a report in every format that people read, as the engine lists them', async () => {
    const page = await open(COMPARE);
    await chart(page);
    const labels = (await engine.exportFormats())
      .filter(({ source, isForPeople }) => source === 'report' && isForPeople)
      .map(({ label }) => label);
    const group = page.getByRole('group', { name: 'Export report' });
    expect(await group.getByRole('button').allTextContents()).toEqual(labels);
    const download = page.waitForEvent('download');
    await group.getByRole('button', { name: 'Markdown' }).click();
    expect((await download).suggestedFilename()).toBe('plumbline-s-train-s-generate.md');
    await page.close();
  });

  it('keeps a setting, tells at the field what cannot be, and takes a setting back', async () => {
    const page = await open('#/settings');
    const days = page.getByLabel('Keep deleted sessions (days)');
    await days.fill('twelve');
    await page.getByRole('alert').waitFor();
    await days.press('Enter');
    expect((await engine.settings()).trashDays).toBe(30);
    await days.fill('12');
    await days.press('Enter');
    await expect.poll(async () => (await engine.settings()).trashDays).toBe(12);
    await page.getByLabel('Bytes are shown in').selectOption('MiB');
    await expect.poll(async () => (await engine.settings()).units).toBe('MiB');
    await page.locator('h1').click();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await expect.poll(() => engine.settings()).toMatchObject({ trashDays: 30, units: 'fitting' });
    await page.close();
  });

  it.each([
    ['the library', '#/', '.sessions'],
    ['a session', '#/session/s-train', '.component-key'],
    ['the phases of a session', '#/session/s-train?tab=phases', '.drawer table'],
    ['one moment of a session', '#/session/s-train?tab=moment', '.moment-grid'],
    ['a selection of a session', '#/session/s-train?tab=selection', '.tab-panel'],
    ['the time of a session', '#/session/s-train?tab=time', '.tab-panel'],
    ['the log of a session', '#/session/s-train?tab=log', '.tab-panel'],
    ['what ran and where', '#/session/s-train?tab=machine', '.tab-panel dl'],
    ['a session that failed', '#/session/s-failed', '.finding'],
    ['a session without a model', '#/session/s-plain', '.chart canvas'],
    ['a comparison', COMPARE, '.compare-figures'],
    ['what is to be recorded', '#/record', 'main h1'],
    ['the experiments', '#/experiments', 'main h1'],
    ['the chapter', '#/chapter', 'main h1'],
    ['the doctor', '#/doctor', '.checks'],
    ['the settings', '#/settings', '.settings input'],
    ['a page that is not there', '#/nowhere', 'h1'],
  ])('axe finds nothing serious in %s, light or dark', async (_name, to, ready) => {
    const page = await open(to);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(ready).first().waitFor();
      expect(await findSerious(page), colorScheme).toEqual([]);
    }
    await page.close();
  });

  it('has raised no error in the page', () => {
    expect(served.faults).toEqual([]);
  });
});
