/**
 * The window as `npm run build` leaves it, behind the real server and codec, in a real browser. It is built only where the
 * sources have changed since, so that all specs of a run share one build. What goes wrong in a page is kept in `faults`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { type RunningServer, serveBrowser } from '../../src/main/hosts/server/serve';
import { rendererDir } from '../../src/main/install/paths';
import type { EngineClient } from '../../src/shared/contract/api';
import { launchBrowser } from './browser';
import { repository } from './repository';

export interface ServedWindow {
  readonly server: RunningServer;
  readonly browser: Browser;
  /** Errors raised or logged by the pages that were opened, a broken content policy among them. */
  readonly faults: readonly string[];
  /** A page of its own; the caller closes it. `hash` is where it stands, `url` another address of the server. */
  open(hash: string, url?: string): Promise<Page>;
  close(): Promise<void>;
}

export async function serveWindow(
  engine: EngineClient,
  viewport = { width: 1280, height: 800 },
): Promise<ServedWindow> {
  const setup = pathToFileURL(join(repository, 'bin', 'setup.mjs')).href;
  const { prepare } = (await import(setup)) as { prepare(): Promise<string> };
  await prepare();
  const server = await serveBrowser({ engine, port: 0, rendererDir });
  const browser = await launchBrowser();
  const faults: string[] = [];
  return {
    server,
    browser,
    faults,
    async open(hash, url = server.url) {
      const page = await browser.newPage({ viewport });
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(url);
      await page.waitForFunction(() => !location.hash.includes('token'));
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** What axe finds serious or worse, a line a rule. The page's policy lets no script in but its own; the browser's own console may. */
export const findSerious = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => { ${axe.source}; return axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 4).map(({ target }) => target.join(' ')).join(', '))); })()`);
