/** The library in a browser: empty it offers a first session, what is said of one is told at its field, what is deleted can be had back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/main/engine/engine';
import { browserUnavailable } from '../support/browser';
import { findSerious, type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();
const NAME = 'Sample: a small GPT-2 in training, with a leak';

describe.skipIf(why !== null)(`the library in a browser${why ? ` (skipped: ${why})` : ''}`, () => {
  let served: ServedWindow;
  let engine: Engine;
  let folder: string;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-library-'));
    engine = createEngine({ host: 'server', library: folder });
    served = await serveWindow(engine);
    page = await served.open('#/');
  });
  afterAll(async () => {
    await served?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const choose = () => page.getByRole('checkbox', { name: `Select ${NAME}` }).check();

  it('empty, it opens the sample session in one click', async () => {
    await page.getByRole('button', { name: 'Open a sample session' }).click();
    await page.getByRole('heading', { name: NAME }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: NAME }).waitFor();
  });

  it('tells at its field what is no tag, and keeps tags and note', async () => {
    await choose();
    await page.getByRole('button', { name: 'Tags' }).click();
    const dialog = page.getByRole('dialog');
    const [tags, note] = [dialog.getByLabel('Tags', { exact: true }), dialog.getByLabel('Note')];
    await tags.fill('good b:ad');
    await note.fill('to be looked at');
    expect(await tags.getAttribute('aria-invalid')).toBe('true');
    expect(await dialog.getByRole('alert').textContent()).toContain('"b:ad" is no tag.');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    // The sentence stands below its field, not beside it.
    const [field, told] = [await tags.boundingBox(), await dialog.getByRole('alert').boundingBox()];
    expect(told!.y).toBeGreaterThanOrEqual(field!.y + field!.height);
    expect(await findSerious(page)).toEqual([]);
    await tags.fill('good');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect
      .poll(async () => (await engine.list())[0])
      .toMatchObject({ tags: ['good'], note: 'to be looked at' });
    await page.getByRole('button', { name: '#good' }).waitFor();
  });

  it('gives back what was deleted, and empties the trash on the second press alone', async () => {
    const remove = async () => {
      await choose();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await expect.poll(async () => (await engine.list()).length).toBe(0);
    };
    await page.getByRole('checkbox', { name: `Select ${NAME}` }).uncheck();
    await remove();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await engine.list()).length).toBe(1);
    await remove();
    await page.getByRole('button', { name: 'Trash', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: `Restore ${NAME}` }).waitFor();
    await dialog.getByRole('button', { name: 'Empty the trash' }).click();
    expect(await engine.trash()).toHaveLength(1);
    await dialog.getByRole('button', { name: 'Delete it for good' }).click();
    await dialog.getByText('The trash is empty.').waitFor();
    expect(await engine.trash()).toEqual([]);
  });

  it('logs no error on the way', () => {
    expect(served.faults).toEqual([]);
  });

  it('says which file of it cannot be read, rather than nothing', async () => {
    writeFileSync(join(folder, 'broken.plumbline'), 'not a session');
    const other = await served.open('#/');
    const note = other.getByRole('status').filter({ hasText: 'broken.plumbline' });
    await note.waitFor();
    expect(await findSerious(other)).toEqual([]);
    await note.getByRole('link', { name: 'Doctor' }).click();
    await other.getByRole('heading', { name: 'Doctor' }).waitFor();
    await other.close();
  });
});
