/** Importing in the window: chosen or dropped, explained as the run it was, and refused where the person is looking. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/main/engine/engine';
import { browserUnavailable } from '../support/browser';
import { type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();
if (why) console.warn(`The window is not tested: ${why}.`);
const log = join(import.meta.dirname, '..', 'fixtures', 'import', 'loop.csv');

describe.skipIf(why !== null)(`importing in a browser${why ? ` (skipped: ${why})` : ''}`, () => {
  let served: ServedWindow;
  let engine: Engine;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-window-'));
    engine = createEngine({ host: 'server', library: join(folder, 'library') });
    served = await serveWindow(engine, { width: 1280, height: 860 });
  });
  afterAll(async () => {
    await served?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (): Promise<Page> => {
    const page = await served.open('#/');
    await page.getByRole('button', { name: 'Import…' }).waitFor();
    return page;
  };

  it('a log that is chosen opens as a session, laid over the budget of the run that was told', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Import…' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(
      true,
    );
    await page.getByLabel('File to import').setInputFiles(log);
    await dialog.getByLabel('Model', { exact: true }).fill('gpt2');
    const batch = dialog.getByLabel('Batch', { exact: true });
    const send = dialog.getByRole('button', { name: 'Import', exact: true });
    // What cannot be is told at its field, and nothing is sent until it is put right.
    await batch.fill('many');
    await dialog.getByText('Batch cannot be "many".').waitFor();
    expect(await send.isDisabled()).toBe(true);
    await batch.fill('4');
    await dialog.getByLabel('Sequence length', { exact: true }).fill('128');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL(/#\/session\//);
    await page.getByRole('heading', { name: 'loop.csv' }).waitFor();
    const [session] = await engine.list();
    expect(session).toMatchObject({ name: 'loop.csv', model: 'gpt2', mode: 'train' });
    expect(await engine.show({ id: session!.id })).toMatchObject({
      run: { batch: 4, seq: 128, framework: 'pytorch' },
    });
    await page.close();
  });

  it('a file that is dropped is ready to import; what is no trace is refused in the dialog, and another can be chosen', async () => {
    const page = await open();
    const letter = join(folder, 'letter.txt');
    writeFileSync(letter, 'Dear reader,\nthis is no trace.\n');
    const dropped = await page.evaluateHandle(
      (text) => {
        const data = new DataTransfer();
        data.items.add(new File([text], 'letter.txt'));
        return data;
      },
      readFileSync(letter, 'utf8'),
    );
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
    await page.getByText('Drop to import').waitFor();
    await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
    const dialog = page.getByRole('dialog');
    await dialog.getByText('letter.txt').waitFor();
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    const alert = dialog.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('letter.txt is no file that Plumbline knows.');
    await page.getByLabel('File to import').setInputFiles(log);
    expect(await alert.count()).toBe(0);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL(/#\/session\//);
    await page.close();
  });

  it('of several files one that is refused is left out, and the next goes on', async () => {
    const page = await open();
    const dropped = await page.evaluateHandle(
      (texts) => {
        const data = new DataTransfer();
        for (const [name, text] of texts) data.items.add(new File([text], name));
        return data;
      },
      [
        ['letter.txt', 'Dear reader,\n'],
        ['second.csv', readFileSync(log, 'utf8')],
      ] as const,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
    const dialog = page.getByRole('dialog');
    await dialog.getByText('and 1 more after it').waitFor();
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByRole('button', { name: 'Leave it out and go on with second.csv' }).click();
    expect(await dialog.getByRole('alert').count()).toBe(0);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL(/#\/session\//);
    await page.getByRole('heading', { name: 'second.csv' }).waitFor();
    await page.close();
  });

  it('a CSV that does not say what its columns are is mended in the dialog', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Import…' }).click();
    const dialog = page.getByRole('dialog');
    const bare = join(folder, 'bare.csv');
    writeFileSync(bare, '512, 7\n1024, 9\n');
    await page.getByLabel('File to import').setInputFiles(bare);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByText('What the file does not say').click();
    await dialog
      .getByLabel('Columns of a CSV without a header')
      .fill('memory.used, utilization.gpu');
    await dialog.getByLabel('Interval, ms').fill('250');
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await page.waitForURL(/#\/session\//);
    const session = (await engine.list()).find(({ name }) => name === 'bare.csv')!;
    expect(session.durationUs).toBe(250_000);
    expect((await engine.show({ id: session.id })).series.map(({ id, max }) => [id, max])).toEqual([
      ['gpu0.memory.used', 1024 * 2 ** 20],
      ['gpu0.utilization', 9000],
    ]);
    await page.close();
  });
});
