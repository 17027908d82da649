/** What the machine refuses when a recording is to start is told at the field that is at fault, and nothing typed is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../src/main/engine/engine';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { browserUnavailable } from '../support/browser';
import { type ServedWindow, serveWindow } from '../support/served-window';

const why = browserUnavailable();

describe.skipIf(why !== null)(`recording in a browser${why ? ` (skipped: ${why})` : ''}`, () => {
  let served: ServedWindow;
  let engine: Engine;
  let folder: string;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-record-'));
    engine = createEngine({ host: 'server', library: join(folder, 'library') });
    served = await serveWindow(engine);
    page = await served.open('#/record');
  });
  afterAll(async () => {
    await served?.close();
    await engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = () => page.getByRole('button', { name: 'Start recording' }).click();
  const refusedAt = async (label: string, text: string) => {
    const field = page.getByLabel(label);
    await expect.poll(() => field.getAttribute('aria-invalid'), { timeout: 20_000 }).toBe('true');
    const told = await field.getAttribute('aria-describedby');
    expect(await page.locator(`[id="${told}"]`).textContent()).toContain(text);
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(1);
    return field;
  };

  it('a folder, a program and a name that cannot be', async () => {
    await page.getByText('A command', { exact: true }).click();
    await page.getByLabel('Command line').fill('no-such-program --batch 8');
    await page.getByLabel('Working folder').fill(join(folder, 'nowhere'));
    await start();
    const cwd = await refusedAt('Working folder', 'does not exist');
    expect(await page.getByLabel('Command line').inputValue()).toBe('no-such-program --batch 8');
    await cwd.fill(folder);
    expect(await page.locator('[aria-invalid="true"]').count()).toBe(0);
    await start();
    await refusedAt('Command line', 'was not found');
    await page.getByLabel('Save this workload as').fill('a name with spaces');
    await start();
    await refusedAt('Save this workload as', 'cannot be saved');
    expect(await engine.list()).toEqual([]);
  });

  it('nothing of a saved workload that is deleted and taken back', async () => {
    const request = { command: ['true', 'a b'], cwd: folder };
    const { request: kept } = await engine.saveWorkload({ name: 'kept', request });
    const other = await served.open('#/record');
    await other.getByText('Saved', { exact: true }).click();
    await other.getByRole('button', { name: 'Delete kept' }).click();
    await expect.poll(() => engine.workloads()).toEqual([]);
    await other.getByRole('button', { name: 'Undo' }).click();
    await expect
      .poll(() => engine.workloads())
      .toEqual([expect.objectContaining({ name: 'kept', request: kept })]);
    await other.getByText('A running process', { exact: true }).click();
    expect(await other.getByLabel('Save this workload as').count()).toBe(0);
    await other.close();
  });

  it('a saved workload is changed in its place, and what is left empty stays', async () => {
    const names = async () => (await engine.workloads()).map(({ name }) => name);
    const env = { set: { A: 'x y' }, pass: ['PATH'] };
    const request = { command: ['python', "it's.py", 'a b'], cwd: folder, environment: env };
    const model = preset('gpt2-nano');
    const run = runDefaults(model, { mode: 'train', batch: 3, framework: 'pytorch' });
    await engine.saveWorkload({ name: 'first', request: { ...request, model, run } });
    await engine.saveWorkload({ name: 'other', request });
    const other = await served.open('#/record');
    await other.getByText('Saved', { exact: true }).click();
    await other.getByRole('button', { name: 'Change first' }).click();
    const name = other.getByLabel('Save this workload as');
    await name.fill('other');
    const save = other.getByRole('button', { name: 'Save the changes' });
    await save.click();
    await expect.poll(() => name.getAttribute('aria-invalid')).toBe('true');
    await name.fill('second');
    await other.getByLabel('Batch', { exact: true }).fill('5');
    await save.click();
    await other.getByRole('radio', { name: /second/ }).waitFor();
    expect(await names()).toEqual(['kept', 'other', 'second']);
    expect((await engine.workloads())[2]?.request).toMatchObject({
      ...request,
      model,
      run: { ...run, batch: 5 },
    });
    await other.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(names).toEqual(['first', 'kept', 'other']);
    expect((await engine.workloads())[0]?.request).toMatchObject({ ...request, model, run });
    await other.close();
  });

  it('a checkpoint that is not there', async () => {
    await page.getByLabel('Save this workload as').fill('');
    await page.getByText('Bundled workload', { exact: true }).click();
    await page.getByText('Checkpoints and tokens').click();
    await page.getByLabel('Start from the checkpoint').fill(join(folder, 'nowhere'));
    await start();
    await refusedAt('Start from the checkpoint', 'There is no checkpoint at');
    expect(served.faults).toEqual([]);
  });
});
