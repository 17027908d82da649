/**
 * The pictures of the README, taken from the real app: it records what they show, opens it in a browser, and writes them to
 * docs/ (or the folder that is named).
 *
 *   npm run pictures [-- FOLDER]
 *
 * What was recorded stays in out/pictures/library, so that they can be taken again without waiting for it; remove that
 * folder to record anew. Figures in the pictures are those of the machine it ran on.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { startCli } from '../support/cli';
import { repository } from '../support/repository';
import { serveEngine } from '../support/served-engine';
import { encodeAnimation, type Frame } from './animation';

const SIZE = { width: 1280, height: 800 };
/** High enough for the lanes to stand above the transport. */
const ANIMATED = { width: 1080, height: 820 };
const FRAMES = 32;
const FRAME_MS = 180;
/** The last frame stands, so that it can be read. */
const LAST_MS = 2600;

const TRAINING =
  'record --bundled gpt2 --model gpt2-nano --mode train --batch 8 --seq 96 --steps 6'.split(' ');
const RECORDINGS = [
  { name: 'nano, as it should be', args: TRAINING, env: {} },
  { name: 'nano, leaking', args: TRAINING, env: { PLUMBLINE_FAULT: 'leak:4000000' } },
];

const home = join(repository, 'out', 'pictures');
const folder = resolve(process.argv[2] ?? join(repository, 'docs'));
const say = (text: string) => process.stdout.write(`${text}\n`);

mkdirSync(home, { recursive: true });
mkdirSync(folder, { recursive: true });
const app = await serveEngine(home);
const browser = await launchBrowser();
try {
  const [plain, leaking] = await record();
  const open = async (hash: string, size = SIZE, colorScheme: 'light' | 'dark' = 'light') => {
    const page = await browser.newPage({ viewport: size, colorScheme, reducedMotion: 'reduce' });
    page.setDefaultTimeout(120_000);
    await page.goto(`http://127.0.0.1:${app.port}/#token=${app.token}`);
    await page.waitForFunction(() => !location.hash.includes('token'));
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await settle(page);
    return page;
  };
  const take = async (
    file: string,
    hash: string,
    {
      scheme = 'light',
      prepare,
    }: { scheme?: 'light' | 'dark'; prepare?(page: Page): Promise<void> } = {},
  ) => {
    const page = await open(hash, SIZE, scheme);
    await prepare?.(page);
    await page.screenshot({ path: join(folder, file) });
    await page.close();
    say(join(folder, file));
  };
  await take('leak.png', `#/session/${leaking}`);
  await take('compare.png', `#/compare?ids=${plain},${leaking}`, { scheme: 'dark' });
  await take('planner.png', '#/planner', {
    prepare: async (page) => {
      await page.getByLabel('Model', { exact: true }).fill('llama-3.2-1b');
      await page.getByRole('combobox', { name: 'Mode', exact: true }).selectOption('train');
      await page.getByLabel('GPU', { exact: true }).fill('RTX 4090');
      await page.getByRole('heading', { level: 1 }).click();
      await settle(page);
    },
  });
  const page = await open(`#/session/${leaking}`, ANIMATED);
  writeFileSync(join(folder, 'replay.webp'), await encodeAnimation(page, await replay(page)));
  say(join(folder, 'replay.webp'));
} finally {
  await browser.close();
  app.server.child.kill();
  await app.server.done;
}

/** The ids of the recordings, made where they are not there. */
async function record(): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { name, args, env } of RECORDINGS) {
    const known = (await app.engine.list()).find((session) => session.name === name);
    if (known === undefined) {
      say(`recording “${name}”`);
      const { code, stderr } = await startCli([...args, '--name', name], home, env).done;
      if (code !== 0) throw new Error(stderr);
    }
    const found = known ?? (await app.engine.list()).find((session) => session.name === name);
    if (found === undefined) throw new Error(`“${name}” was not recorded.`);
    ids.push(found.id);
  }
  return ids;
}

/** Nothing is being loaded, and what was asked for has been drawn. */
async function settle(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector('.skeleton, [aria-busy="true"]') === null,
  );
  await page.waitForTimeout(1500);
}

/** The session from its beginning to its end, in steps of the transport's own slider. */
async function replay(page: Page): Promise<Frame[]> {
  await page.keyboard.press('Space');
  await page.keyboard.press('KeyK');
  const slider = page.getByLabel('Moment of the session');
  await slider.waitFor();
  const most = Number(await slider.getAttribute('max'));
  const frames: Frame[] = [];
  for (let i = 1; i <= FRAMES; i++) {
    await slider.fill(String(Math.round((most * i) / FRAMES)));
    await page.waitForTimeout(350);
    frames.push({
      png: (await page.screenshot()).toString('base64'),
      ms: i === FRAMES ? LAST_MS : FRAME_MS,
    });
  }
  return frames;
}
