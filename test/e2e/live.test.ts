/** The browser host with the real engine: a recording started from the window, followed live, and finished. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserUnavailable, launchBrowser } from '../support/browser';
import { type Running, startCli, temporaryHome } from '../support/cli';

const why = browserUnavailable();

describe.skipIf(why !== null)(
  `a recording made from the window${why ? ` (skipped: ${why})` : ''}`,
  () => {
    const home = temporaryHome();
    let server: Running;
    let browser: Browser;
    let page: Page;
    let address: string;

    beforeAll(async () => {
      let printed = '';
      server = startCli(['serve', '--json', '--allow-launch'], home.dir);
      server.child.stdout!.on('data', (text: string) => {
        printed += text;
      });
      await server.waitFor('"token"');
      browser = await launchBrowser();
      page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      address = (JSON.parse(printed) as { url: string }).url;
      await page.goto(address);
    });
    afterAll(async () => {
      await browser?.close();
      server.child.kill('SIGTERM');
      await server.done;
      home.dispose();
    });

    it('is shown while it records and when it is done, exact to the byte', async () => {
      await page.evaluate(() => {
        location.hash = '#/record';
      });
      const field = (label: string) => page.getByLabel(label, { exact: true });
      await field('Model').fill('gpt2-nano');
      await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('train');
      await page.getByText('Training', { exact: true }).click();
      await field('Steps').fill('12');
      await field('Batch').fill('4');
      await page.getByRole('button', { name: 'Start recording' }).click();
      await page.getByText('recording', { exact: true }).first().waitFor();
      await page.locator('.chart canvas').first().waitFor();
      await page.getByText('complete', { exact: true }).first().waitFor({ timeout: 60_000 });
      await page.getByText(/of \d+ phases/).waitFor();
      expect(await page.locator('.figures').textContent()).toMatch(
        /Residual\s*0 B.*Out of bounds\s*0/,
      );
    }, 120_000);

    it('names the operation under the crosshair, where as much was allocated as theory has it', async () => {
      const chart = page.locator('.chart canvas').last();
      const box = await chart.boundingBox();
      if (box === null) throw new Error('no chart');
      const note = page.getByTestId('curve-note');
      for (let share = 0.95; share > 0.3 && !(await note.isVisible()); share -= 0.05)
        await page.mouse.move(box.x + box.width * share, box.y + box.height / 3);
      expect(await note.textContent()).toMatch(
        /^Operation [\d,]+ of [\d,]+(, block \d)?\S+ \w+ measured, predicted .*, equal$/,
      );
    });

    it('is replayed by the end of its id, and nothing later than the moment is asked for', async () => {
      const id = (await page.evaluate(() => location.hash)).slice(-4);
      const other = await browser.newPage();
      const asked: string[] = [];
      other.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => asked.push(String(payload))),
      );
      await other.goto(address);
      await other.evaluate((end) => {
        location.hash = `#/session/${end}`;
      }, id);
      await other.locator('.component-key').waitFor();
      await other.locator('h1').focus();
      await other.keyboard.press('Space');
      await other.keyboard.press('KeyK');
      asked.length = 0;
      const slider = other.getByLabel('Moment of the session');
      await slider.fill(String(Math.round(Number(await slider.getAttribute('max')) / 2)));
      const traces = () => asked.filter((frame) => frame.includes('"trace"'));
      await expect.poll(() => traces().length).toBeGreaterThan(0);
      for (const frame of traces()) expect(frame).toContain('"until"');
      await other.close();
    });

    it('is recorded again from the palette, which offers the comparison of the two', async () => {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox').waitFor();
      await page.keyboard.type('record this again');
      await page.keyboard.press('Enter');
      await page.getByText('It was recorded again.').waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Compare the two' }).click();
      expect(await page.locator('.verdict').textContent()).toMatch(
        /run 2” peaks at the same .* as “.*run 1”.*with the same settings/,
      );
    }, 120_000);

    it('appears and is followed where another process makes it, without a look at anything else', async () => {
      await page.evaluate(() => {
        location.hash = '#/';
      });
      await page.locator('.sessions').waitFor();
      // It ends when it is told to, so that a slow machine sees it recording too.
      const stop = join(home.dir, 'stop');
      const waits = `setInterval(() => { if (require('node:fs').existsSync(${JSON.stringify(stop)})) process.exit(0); }, 50)`;
      const other = startCli(
        ['record', '--name', 'from a terminal', '--', process.execPath, '-e', waits],
        home.dir,
      );
      await page.getByRole('link', { name: 'from a terminal' }).click();
      const duration = page.locator('.facts div', { hasText: 'Duration' }).locator('dd');
      await page.getByText('recording', { exact: true }).first().waitFor();
      const early = await duration.textContent();
      await page.waitForFunction(
        (before) =>
          [...document.querySelectorAll('.facts div')].some(
            (one) =>
              one.textContent?.startsWith('Duration') && one.textContent !== `Duration${before}`,
          ),
        early,
      );
      writeFileSync(stop, '');
      await other.done;
      await page.getByText('complete', { exact: true }).first().waitFor();
    }, 120_000);
  },
);
