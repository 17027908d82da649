/** The window in a real browser, over the real server and codec, with an invented engine behind them. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveBrowser } from '../../src/main/hosts/server/serve';
import { rendererDir } from '../../src/main/install/paths';
import { formatBytes, formatExactBytes } from '../../src/shared/base/format';
import { browserUnavailable } from '../support/browser';
import { type FixtureEngine, fixtureEngine } from '../support/fixture-engine';
import { findSerious, type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();
const SKETCH_COLUMNS = 116;
if (why) console.warn(`The window is not tested: ${why}.`);

describe.skipIf(why !== null)(`the window in a browser${why ? ` (skipped: ${why})` : ''}`, () => {
  let engine: FixtureEngine;
  let served: ServedWindow;
  const open = (hash: string, url?: string): Promise<Page> => served.open(hash, url);
  const settled = (page: Page) => page.waitForSelector('.chart[data-loading="false"] canvas');
  const traces = () =>
    engine.calls
      .filter(({ method }) => method === 'trace')
      .map(({ args }) => args as { t0: number; t1: number; series: string[] });

  beforeAll(async () => {
    engine = fixtureEngine();
    served = await serveWindow(engine, { width: 1440, height: 900 });
  });
  afterAll(() => served?.close());

  it('lists the sessions newest first, finds one by name and leads to the comparison of two', async () => {
    const page = await open('#/');
    const names = page.locator('.sessions .name a');
    await names.first().waitFor();
    expect((await names.allTextContents())[0]).toBe('gpt2 train, batch 4, seq 256');
    await page.getByRole('searchbox').fill('generate');
    expect(await names.allTextContents()).toEqual(['gpt2 generate, 96 tokens']);
    await page.getByRole('searchbox').fill('');
    expect(await page.getByRole('button', { name: 'Compare' }).isDisabled()).toBe(true);
    await page.getByLabel('Select gpt2 train, batch 4, seq 256').check();
    await page.getByLabel('Select gpt2 generate, 96 tokens').check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page
      .getByText('less) than “gpt2')
      .or(page.getByText('more than “gpt2'))
      .or(page.getByText('less than “gpt2'))
      .first()
      .waitFor();
    await page.close();
  });

  it('labels the measured peak with its exact bytes and draws the chart', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const peak = engine.sessions.get('s-train')!.document.overlay.measuredPeak!.bytes;
    const label = page.locator('.peak-label');
    expect(await label.textContent()).toBe(`Peak ${formatBytes(peak)}`);
    expect(await label.getAttribute('title')).toContain(formatExactBytes(peak));
    const inked = await page.locator('.chart canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) count++;
      return count / (data.length / 4);
    });
    expect(inked).toBeGreaterThan(0.2);
    await page.close();
  });

  it('asks for the picture of the whole run once, at the width that it has', async () => {
    const page = await open('#/session/s-plain');
    await settled(page);
    await page.waitForTimeout(300);
    const asked = engine.calls
      .filter(({ method }) => method === 'trace')
      .map(({ args }) => args as { id: string; columns: number })
      // The library, which is seen on the way, asks for a sketch of each.
      .filter(({ id, columns }) => id === 's-plain' && columns !== SKETCH_COLUMNS);
    expect(asked).toHaveLength(1);
    const { width } = (await page.locator('.chart').boundingBox())!;
    expect(asked[0]!.columns).toBeGreaterThan(width / 2);
    await page.close();
  });

  it('asks for finer data on every zoom, and shows the whole run again on fit', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const whole = engine.sessions.get('s-train')!.document.durationUs;
    const box = (await page.locator('.chart').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 200);
    await page.mouse.wheel(0, -240);
    await expect.poll(() => traces().at(-1)!.t1 - traces().at(-1)!.t0).toBeLessThan(whole * 0.7);
    const zoomed = traces().at(-1)!;
    await page.locator('.chart').focus();
    await page.keyboard.press('KeyD');
    await expect.poll(() => traces().at(-1)!.t0).toBeGreaterThan(zoomed.t0);
    // The whole run is kept, so that fitting it needs no answer.
    await page.keyboard.press('KeyF');
    await page.waitForSelector(`.chart[data-view="0-${whole}"]`);
    await page.close();
  });

  it('zooms to a finding that is clicked', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const { span } = engine.sessions.get('s-train')!.document.findings[1]!;
    await page.getByRole('button', { name: /^Backward of step 3/ }).click();
    await expect
      .poll(() => {
        const { t0, t1 } = traces().at(-1)!;
        return t0 <= span[0] && t1 >= span[1] && t1 - t0 < 2 * (span[1] - span[0]);
      })
      .toBe(true);
    await page.close();
  });

  it('changes every predicted figure with the tier', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const { predictedPeak, measuredPeak } = engine.sessions.get('s-train')!.document.overlay;
    const exact = (id: string) =>
      page.getByTestId(id).locator('.num').first().getAttribute('title');
    expect(await exact('predicted-peak')).toBe(formatExactBytes(predictedPeak.refined));
    await page.getByRole('button', { name: 'Textbook' }).click();
    expect(await exact('predicted-peak')).toBe(formatExactBytes(predictedPeak.textbook));
    expect(await exact('residual')).toBe(
      formatExactBytes(measuredPeak!.bytes - predictedPeak.textbook!),
    );
    await page.getByRole('tab', { name: 'This moment' }).click();
    await expect.poll(() => exact('legend-total')).toBe(formatExactBytes(predictedPeak.textbook));
    await page.close();
  });

  it('shows the other source when it is chosen', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    await page.getByLabel('Measured series').selectOption('tree.rss');
    await expect.poll(() => traces().at(-1)!.series).toContain('tree.rss');
    await page.close();
  });

  it('follows a live session as it grows, and stops it', async () => {
    engine.grow();
    const page = await open('#/session/s-live');
    await settled(page);
    const before = traces().at(-1)!.t1;
    engine.grow();
    await expect.poll(() => traces().at(-1)!.t1).toBeGreaterThan(before);
    // What it is doing now is asked anew, too.
    const newest = engine.sessions.get('s-live')!.document.durationUs;
    await expect
      .poll(() => engine.calls.findLast(({ method }) => method === 'moment')?.args)
      .toMatchObject({ id: 's-live', at: newest });
    expect(await findSerious(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('complete', { exact: true }).waitFor();
    await page.close();
  });

  it('reads every tab of the drawer by the arrow keys, each with something to say', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const tabs = page.getByRole('tab');
    const count = await tabs.count();
    expect(count).toBeGreaterThanOrEqual(8);
    const read = new Set<string>();
    await tabs.first().focus();
    for (let i = 0; i < count; i++) {
      const panel = page.getByRole('tabpanel');
      await expect.poll(async () => ((await panel.textContent()) ?? '').trim()).not.toBe('');
      read.add((await page.locator('[role="tab"][aria-selected="true"]').textContent()) ?? '');
      await page.keyboard.press('ArrowRight');
    }
    expect(read.size).toBe(count);
    expect(await tabs.first().getAttribute('aria-selected')).toBe('true');
    await page.close();
  });

  it('tells a selection by series and copies it as Markdown', async () => {
    const page = await open('#/session/s-train?tab=selection');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await settled(page);
    await page.getByRole('button', { name: 'Select the whole run' }).click();
    const row = page.locator('.selection-tab tbody tr').first();
    const cells = await row.locator('td').allTextContents();
    await page.getByRole('button', { name: 'Copy as Markdown' }).click();
    await page.getByText('Copied as Markdown').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toMatch(/^### gpt2 train, batch 4, seq 256, 0 µs to /);
    expect(copied).toContain(`| ${cells.join(' | ')} |`);
    await page.close();
  });

  it('lays another rank over the budget when its row is chosen', async () => {
    const train = engine.sessions.get('s-train')!;
    const peak = (rank: number, series: string) => ({
      rank,
      series,
      measuredPeak: (8 + rank) * 2 ** 30,
      predictedPeak: 8 * 2 ** 30,
      residualBytes: rank * 2 ** 30,
      residualPercent: rank * 12.5,
      residentPeak: null,
      phases: 18,
    });
    const { overlay } = train.document;
    engine.sessions.set('s-ranks', {
      ...train,
      document: {
        ...train.document,
        id: 's-ranks',
        overlay: { ...overlay, rank: 0 },
        ranks: [peak(0, overlay.series ?? ''), peak(1, 'tree.rss')],
      },
    });
    const page = await open('#/session/s-ranks?tab=ranks');
    await settled(page);
    const rows = page.locator('.ranks tbody tr');
    expect(await rows.count()).toBe(2);
    expect(await rows.last().textContent()).toContain('+1.00 GiB');
    await rows.last().getByRole('button').click();
    await page.waitForFunction(() => location.hash.includes('source=tree.rss'));
    await expect.poll(() => traces().at(-1)!.series).toContain('tree.rss');
    await page.close();
  });

  it('replays by keys: plays, changes speed, pauses, and is the whole session again when left', async () => {
    const page = await open('#/session/s-train');
    await settled(page);
    const speed = page.getByLabel('Speed');
    const at = page.getByTestId('replay-at');
    await page.locator('h1').focus();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    const usual = Number(await speed.inputValue());
    await page.keyboard.press('KeyL');
    await expect.poll(async () => Number(await speed.inputValue())).toBeGreaterThan(usual);
    await page.keyboard.press('KeyJ');
    await expect.poll(async () => Number(await speed.inputValue())).toBe(usual);
    await page.keyboard.press('KeyK');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    const paused = await at.textContent();
    await page.getByRole('button', { name: 'To the one after' }).click();
    await expect.poll(() => at.textContent()).not.toBe(paused);
    expect(await findSerious(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await at.waitFor({ state: 'detached' });
    await page.close();
  });

  it('marks a moment, takes the mark back and sets it again', async () => {
    const page = await open('#/session/s-train?tab=marks');
    await settled(page);
    const marks = page.locator('.mark-list li');
    await page.locator('.chart').hover();
    await page.keyboard.press('KeyM');
    await page.locator('.mark-list input').waitFor();
    await page.keyboard.type('here it grows');
    await page.keyboard.press('Enter');
    await page.getByLabel('Remove the mark “here it grows”').waitFor();
    await page.getByRole('tab', { name: /^Marks/ }).focus();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await expect.poll(() => marks.count()).toBe(0);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => marks.count()).toBe(1);
    await page.close();
  });

  it('tells an expected failure where the person is looking', async () => {
    const page = await open('#/session/nowhere');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('There is no session "nowhere".');
    expect(await alert.textContent()).toContain('plumbline list');
    await page.close();
  });

  it('records from its view, refusing what the model cannot take', async () => {
    const page = await open('#/');
    await page.locator('.page-head').getByRole('link', { name: 'Record', exact: true }).click();
    await page.getByText('Predicted peak').last().waitFor();
    await page.getByLabel('Prompt tokens', { exact: true }).fill('2000');
    await page
      .getByText(/has 1024 positions/)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: 'Start recording' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'A command', exact: true }).click();
    await page.getByLabel('Command line').fill('missing "a b"');
    await page.getByRole('button', { name: 'Start recording' }).click();
    await page.getByText('The program "missing" was not found.').waitFor();
    expect(engine.calls.findLast(({ method }) => method === 'record')!.args).toEqual({
      command: ['missing', 'a b'],
    });
    await page.close();
  });

  it('saves a workload with what it gets of the environment, and runs it again', async () => {
    const page = await open('#/record');
    await page.getByRole('button', { name: 'A command', exact: true }).click();
    await page.getByLabel('Command line').fill('missing train.py');
    await page.getByLabel(/^Variables/).fill('CUDA_VISIBLE_DEVICES=0\nnot a name');
    await page.getByText('neither NAME=VALUE').first().waitFor();
    expect(await page.getByRole('button', { name: 'Start recording' }).isDisabled()).toBe(true);
    await page.getByLabel(/^Variables/).fill('CUDA_VISIBLE_DEVICES=0\nHF_TOKEN');
    await page.getByLabel(/^Watch PyTorch/).uncheck();
    await page.getByLabel('Save this workload as').fill('nightly');
    await page.getByRole('button', { name: 'Start recording' }).click();
    await page.getByText('The program "missing" was not found.').waitFor();
    expect(engine.calls.findLast(({ method }) => method === 'saveWorkload')!.args).toEqual({
      name: 'nightly',
      request: {
        command: ['missing', 'train.py'],
        instrument: 'none',
        environment: { pass: ['HF_TOKEN'], set: { CUDA_VISIBLE_DEVICES: '0' } },
      },
    });
    await page.getByRole('button', { name: 'Saved' }).click();
    await page.getByRole('radio', { name: /nightly/ }).check();
    await page.getByRole('button', { name: 'Start recording' }).click();
    await page.waitForURL(/session/);
    expect(engine.calls.findLast(({ method }) => method === 'record')!.args).toEqual({
      saved: 'nightly',
    });
    await page.goto(page.url().replace(/#.*/, '#/record'));
    await page.getByRole('button', { name: 'Saved' }).click();
    await page.getByRole('button', { name: 'Delete nightly' }).click();
    await page.getByRole('button', { name: 'Saved' }).waitFor({ state: 'detached' });
    await page.close();
  });

  it('refuses a wrong token and says so', async () => {
    const page = await open('#/', served.server.url.replace(/token=.*/, 'token=wrong'));
    await page.getByText('no longer valid').waitFor();
    expect(await page.locator('.sessions').count()).toBe(0);
    await page.close();
  });

  it('breaks no rule of its content security policy and logs no error on all of these pages', () => {
    expect(served.faults).toEqual([]);
  });

  it('says when the server is gone', async () => {
    const other = await serveBrowser({
      engine: fixtureEngine({ empty: true }),
      port: 0,
      rendererDir,
    });
    const page = await open('#/', other.url);
    await page.getByText('Nothing recorded yet').waitFor();
    await other.close();
    await page.getByText('engine is gone').waitFor();
    await page.close();
  });
});
