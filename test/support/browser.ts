/**
 * The browser that tests and the double of `electron` drive: an installed Chrome or Chromium where there is one
 * (PLUMBLINE_CHROME names another, or says `packed`), else the packed one. It needs neither root nor an installation by hand, draws
 * in software, and makes no connection of its own accord.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { packedChromium, packedUnavailable } from './chromium-cache.ts';

export interface BrowserExecutable {
  readonly executablePath: string;
  /** To be laid over the environment of the process that starts it. */
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const ARGS = [
  '--no-sandbox',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // Pages are put together without the emulated GPU: on a busy machine a screenshot waits minutes for it.
  '--disable-gpu-compositing',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-first-run',
  '--no-default-browser-check',
  '--no-pings',
] as const;

function candidates(): string[] {
  if (process.platform === 'darwin')
    return [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ];
  if (process.platform === 'win32')
    return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
      const root = process.env[name];
      return root ? [join(root, 'Google', 'Chrome', 'Application', 'chrome.exe')] : [];
    });
  return [
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/opt/google/chrome/chrome',
    '/usr/bin/chromium-browser',
  ];
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function installed(): string | null {
  const named = process.env.PLUMBLINE_CHROME;
  if (named === 'packed') return null;
  return named || (candidates().find(executable) ?? null);
}

/** Why no browser can be had on this machine, or null where one can. */
export function browserUnavailable(): string | null {
  const named = process.env.PLUMBLINE_CHROME;
  if (named && named !== 'packed')
    return executable(named) ? null : `PLUMBLINE_CHROME names ${named}, which cannot be executed`;
  if (installed()) return null;
  const packed = packedUnavailable();
  return (
    packed && `no Chrome or Chromium is installed (PLUMBLINE_CHROME can name one), and ${packed}`
  );
}

/** What to start, and how; for callers that start it themselves and attach over the DevTools protocol. */
export async function browserExecutable(): Promise<BrowserExecutable> {
  const reason = browserUnavailable();
  if (reason) throw new Error(`No browser: ${reason}.`);
  const path = installed();
  if (path) return { executablePath: path, env: {}, args: ARGS };
  return { ...(await packedChromium()), args: ARGS };
}

/** A headless browser; the caller closes it. `options.args` and `options.env` are added to ours. */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  const found = await browserExecutable();
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  return chromium.launch({
    headless: true,
    ...options,
    executablePath: found.executablePath,
    env: { ...inherited, ...found.env, ...options.env },
    args: [...found.args, ...(options.args ?? [])],
  });
}
