/**
 * A page printed to PDF by an installed browser that shows nothing. The page is one of our reports: a file of its own, that
 * asks nothing of any network. One at a time, each in a folder of its own that is gone afterwards.
 *
 * It is driven over the DevTools protocol by a pipe, which no other process can reach: the flag that prints by itself is
 * missing from some builds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Failure } from '../../shared/base/failure';
import { findBrowser, PRINT_REMEDY } from './find-browser';

const LIMIT_MS = 90_000;

let printing: Promise<unknown> = Promise.resolve();

/** Throws a Failure where no browser is found, or the one that is does not print. */
export function printPdf(html: string): Promise<Uint8Array> {
  const mine = printing.catch(() => {}).then(() => print(findBrowser(), html));
  printing = mine;
  return mine;
}

async function print(browser: string, html: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-print-'));
  const child = spawn(
    browser,
    [
      '--headless',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      // Chromium's sandbox refuses to start for root; the page is our own.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${join(folder, 'profile')}`,
      '--remote-debugging-pipe',
      'about:blank',
    ],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  try {
    const page = join(folder, 'report.html');
    await writeFile(page, html, { mode: 0o600 });
    const failed = ended.then(() => {
      throw new Failure(
        'unavailable',
        `The browser ${browser} ended before it had printed.`,
        PRINT_REMEDY,
      );
    });
    return await Promise.race([printPage(new DevTools(child), pathToFileURL(page).href), failed]);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function printPage(browser: DevTools, url: string): Promise<Uint8Array> {
  const { targetId } = await browser.ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.ask('Target.attachToTarget', { targetId, flatten: true });
  const page = String(sessionId);
  await browser.ask('Page.enable', {}, page);
  const loaded = browser.event('Page.loadEventFired');
  await browser.ask('Page.navigate', { url }, page);
  await loaded;
  const { data } = await browser.ask(
    'Page.printToPDF',
    { printBackground: true, preferCSSPageSize: true },
    page,
  );
  return new Uint8Array(Buffer.from(String(data), 'base64'));
}

type Fields = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

/** Questions, answers and events as JSON, each ended by a zero byte. */
class DevTools {
  readonly #to: Writable;
  readonly #asked = new Map<number, (message: Message) => void>();
  readonly #awaited = new Map<string, () => void>();
  #count = 0;
  #text = '';

  constructor({ stdio }: ChildProcess) {
    this.#to = stdio[3] as Writable;
    const from = stdio[4] as Readable;
    from.setEncoding('utf8');
    from.on('data', (text: string) => this.#take(text));
    // That it has ended is told by the process itself.
    for (const stream of [this.#to, from]) stream.on('error', () => {});
  }

  /** Throws a Failure with what the browser says where it refuses. */
  ask(method: string, params: Fields, sessionId?: string): Promise<Fields> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, ({ error, result = {} }) => {
        if (error === undefined) resolve(result);
        else
          reject(
            new Failure(
              'unavailable',
              `The browser does not print: ${error.message}`,
              PRINT_REMEDY,
            ),
          );
      });
      this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  event(method: string): Promise<void> {
    return new Promise((resolve) => this.#awaited.set(method, resolve));
  }

  #take(text: string): void {
    const parts = (this.#text + text).split('\0');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const message: Message = JSON.parse(part);
      if (message.id !== undefined) this.#asked.get(message.id)?.(message);
      else if (message.method !== undefined) this.#awaited.get(message.method)?.();
    }
  }
}
