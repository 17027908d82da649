/** Planner and record view in a real browser: figures are the terminal's, a slider answers at once, links restore, nothing serious for axe. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatBytes, formatExactBytes } from '../../src/shared/base/format';
import { browserUnavailable } from '../support/browser';
import { startCli, temporaryHome } from '../support/cli';
import { type FixtureEngine, fixtureEngine } from '../support/fixture-engine';
import { findSerious, type ServedWindow, serveWindow } from '../support/served-window';

const PLAN = '#/planner?model=llama-3-8b&mode=train&batch=2&seq=1024&gpu=RTX+4090';

describe.skipIf(browserUnavailable() !== null)('planner and record view', () => {
  let engine: FixtureEngine;
  let served: ServedWindow;
  let page: Page;
  const go = async (hash: string) => {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
  };

  beforeAll(async () => {
    engine = fixtureEngine();
    served = await serveWindow(engine);
    page = await served.open('#/');
  });
  afterAll(() => served?.close());

  const budgetOf = async (...options: readonly string[]) => {
    const home = temporaryHome();
    try {
      const { stdout } = await startCli(['budget', ...options, '--json'], home.dir).done;
      return JSON.parse(stdout);
    } finally {
      home.dispose();
    }
  };

  it('shows the bytes of plumbline budget, and follows a slider', async () => {
    const options = [
      '--model',
      'llama-3-8b',
      '--mode',
      'train',
      '--seq',
      '1024',
      '--gpu',
      'RTX 4090',
    ];
    const [two, four] = [
      await budgetOf(...options, '--batch', '2'),
      await budgetOf(...options, '--batch', '4'),
    ];
    await go(PLAN);
    const sum = (budget: typeof two) =>
      page.locator(
        `.plan-components .sum [title="${formatExactBytes(budget.tiers.refined.total)}"]`,
      );
    await sum(two).first().waitFor();
    await page.getByText(`it needs ${formatBytes(two.answer.bytes)} of`).waitFor();
    const slider = page.getByRole('slider', { name: 'Batch, slider' });
    // Stops lie a quarter of a doubling apart, and those that fall on the same count are one: 2, 3, 4.
    for (const batch of [3, 4]) {
      await slider.press('ArrowRight');
      await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe(String(batch));
    }
    await sum(four).first().waitFor();
    await page.waitForURL(/batch=4/);
    expect(await page.locator('.band-panel math').count()).toBeGreaterThan(1);
  });

  it('tells every wrong field at the field, in the page and in the link that restores it', async () => {
    await go('#/planner?model=gpt2&mode=train&batch=many&seq=9999&gpu=RTX+12345&config-name=x');
    await page.getByText('Batch cannot be "many".').waitFor();
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(3);
    expect(await page.getByLabel('Batch', { exact: true }).inputValue()).toBe('many');
    await page.getByLabel('Batch', { exact: true }).fill('1');
    await page.waitForURL(/batch=1/);
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(2);
  });

  it('pins a plan, which the next recording carries and no further one', async () => {
    await go(`${PLAN}&beside=on&b.batch=3`);
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await go('#/record');
    await page.getByRole('button', { name: 'Declare its model and run' }).click();
    await page.getByLabel('Command line').fill('missing train.py');
    await page.getByRole('button', { name: 'Start recording' }).click();
    await page.getByText('The program "missing" was not found.').waitFor();
    expect(engine.calls.findLast(({ method }) => method === 'record')?.args).toMatchObject({
      command: ['missing', 'train.py'],
      model: { name: 'llama-3-8b' },
      run: { batch: 2, seq: 1024 },
      plan: { title: 'llama-3-8b, train, batch 2' },
    });
    const asked = () => engine.calls.filter(({ method }) => method === 'record');
    const before = asked().length;
    await page.getByRole('button', { name: 'Unpin' }).click();
    await page.getByRole('button', { name: 'Start recording' }).click();
    await expect.poll(() => asked().length).toBe(before + 1);
    expect(asked().at(-1)?.args).not.toHaveProperty('plan');
  });

  it.each([
    ['planner, empty', '#/planner', '.plan-examples'],
    ['planner, two beside each other', `${PLAN}&beside=on&b.batch=3`, '.band-panel math'],
    ['planner, work', `${PLAN}&page=work`, '.roofline'],
    ['record', '#/record', '.record-start'],
  ])('axe finds nothing serious in %s, light or dark', async (_name, to, ready) => {
    // One that fades has no contrast while it does.
    await page.locator('[data-sonner-toast]').first().waitFor({ state: 'detached' });
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await go(to);
      await page.locator(ready).first().waitFor();
      expect(await findSerious(page), theme).toEqual([]);
    }
  });

  it('logs no error on all of these pages', () => {
    expect(served.faults).toEqual([]);
  });
});
