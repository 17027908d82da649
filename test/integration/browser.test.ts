import { expect, test } from 'vitest';
import { browserUnavailable, launchBrowser } from '../support/browser';

test('the browser of the tests draws text with a font of its own, and WebGL in software', async ({
  skip,
}) => {
  const reason = browserUnavailable();
  if (reason !== null) skip(reason);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
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
  } finally {
    await browser.close();
  }
});
