import type { Page } from 'playwright-core';
import { afterEach, expect, test, vi } from 'vitest';
import { printPdf } from '../../src/main/engine/print-pdf';
import { STYLE } from '../../src/main/export/html-style';
import { browserExecutable, browserUnavailable, launchBrowser } from '../support/browser';

/** Skips where there is no browser. */
async function onPage(
  skip: (reason: string) => void,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const reason = browserUnavailable();
  if (reason !== null) return skip(reason);
  const browser = await launchBrowser();
  try {
    await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}

test('the browser of the tests draws text with a font of its own, and WebGL in software', async ({
  skip,
}) => {
  await onPage(skip, async (page) => {
    await page.setContent('<span id="narrow">iiii</span><br><span id="wide">WWWW</span>');
    const widths = await page.evaluate(() =>
      ['narrow', 'wide'].map(
        (id) => document.getElementById(id)?.getBoundingClientRect().width ?? 0,
      ),
    );
    expect(widths[0]).toBeGreaterThan(0);
    expect(widths[1]).toBeGreaterThan(widths[0] ?? 0);
    expect(
      await page.evaluate(() => document.createElement('canvas').getContext('webgl2') !== null),
    ).toBe(true);
  });
});

test('on paper a report splits no card that fits a page, and speaks of nothing that paper cannot hold', async ({
  skip,
}) => {
  await onPage(skip, async (page) => {
    const rows = (count: number) => `<table>${'<tr><td>x</td></tr>'.repeat(count)}</table>`;
    await page.setContent(
      `<style>${STYLE}</style><section class="card">${rows(8)}</section><section class="card">${rows(40)}</section><section class="part"></section><footer>Made.<span class="screen"> It is embedded.</span></footer>`,
    );
    const read = async () => ({
      isEmbeddingTold: await page.locator('footer .screen').isVisible(),
      ...(await page.evaluate(() => ({
        cards: [...document.querySelectorAll('.card, .part')].map((each) => {
          const { breakInside, breakBefore } = getComputedStyle(each);
          return [breakInside, breakBefore];
        }),
      }))),
    });
    expect((await read()).isEmbeddingTold).toBe(true);
    await page.emulateMedia({ media: 'print' });
    expect(await read()).toEqual({
      cards: [
        ['avoid', 'auto'],
        ['auto', 'auto'],
        ['auto', 'page'],
      ],
      isEmbeddingTold: false,
    });
  });
});

afterEach(() => vi.unstubAllEnvs());

test('a report is printed to PDF by the browser that is named', async ({ skip }) => {
  const reason = browserUnavailable();
  if (reason !== null) skip(reason);
  const { executablePath, env } = await browserExecutable();
  vi.stubEnv('PLUMBLINE_CHROME', executablePath);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const pdf = Buffer.from(await printPdf('<h1>86.5 MiB, as predicted</h1>'));
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  expect(pdf.subarray(-8).toString()).toContain('%%EOF');
});

test('where no browser is found, printing says so, and what to do', async () => {
  vi.stubEnv('PLUMBLINE_CHROME', '/nowhere/chrome');
  await expect(printPdf('')).rejects.toMatchObject({
    code: 'unavailable',
    message: 'PLUMBLINE_CHROME names /nowhere/chrome, which cannot be run.',
    remedy: expect.stringContaining('take the HTML report'),
  });
});
