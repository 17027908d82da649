/** An experiment in a browser: it is run, stopped, and goes on from there; the list counts its points in either size. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/main/engine/engine';
import { browserUnavailable } from '../support/browser';
import { type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();

describe.skipIf(why !== null)(`experiments in a browser${why ? ` (skipped: ${why})` : ''}`, () => {
  let served: ServedWindow;
  let engine: Engine;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-experiments-'));
    engine = createEngine({ host: 'server', library: folder });
    served = await serveWindow(engine);
  });
  afterAll(async () => {
    await served?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('goes on where it was stopped, and records nothing twice', { timeout: 180_000 }, async () => {
    const page = await served.open('#/experiments?name=precision');
    page.setDefaultTimeout(90_000);
    const entry = page
      .getByRole('navigation', { name: 'Experiments' })
      .getByRole('button', { name: 'precision' });
    await entry.getByText('not run yet').waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText(/^1 of 4 points, now/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Run again' }).waitFor();
    await entry.getByText('4 points', { exact: true }).waitFor();
    await page.getByRole('cell', { name: 'holds' }).first().waitFor();
    const roles = (await engine.list())
      .filter(({ status }) => status === 'complete')
      .map(({ experiment }) => experiment?.role);
    expect(roles.sort()).toEqual(
      ['fp16', 'fp32', 'int4', 'int8'].map((each) => `precision=${each}`),
    );
    await page.getByText('Full', { exact: true }).click();
    await entry.getByText('4 points, quick size').waitFor();
    expect(served.faults).toEqual([]);
  });
});
