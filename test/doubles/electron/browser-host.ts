/** The Chromium whose pages are the double's windows; tests attach to it over the DevTools protocol. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { browserExecutable } from '../../support/browser.ts';

let context: BrowserContext | null = null;
const profile = mkdtempSync(join(tmpdir(), 'plumbline-double-'));
// Playwright kills the browser as this process exits; its profile goes with it.
process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));

/** Starts the browser; resolves with the address to attach to. */
export async function startBrowser(): Promise<string> {
  const found = await browserExecutable();
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  context = await chromium.launchPersistentContext(profile, {
    headless: true,
    viewport: null,
    acceptDownloads: true,
    executablePath: found.executablePath,
    env: { ...inherited, ...found.env },
    args: [...found.args, '--remote-debugging-port=0'],
  });
  const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
  return `http://127.0.0.1:${port}`;
}

export function browserContext(): BrowserContext {
  if (!context)
    throw new Error('The double of electron has no browser before the application is ready.');
  return context;
}

export async function stopBrowser(): Promise<void> {
  await context?.close();
}
