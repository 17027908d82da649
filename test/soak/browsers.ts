/**
 * Many browser windows on one recording of eight GPUs, each the real page in a real browser: none may lose its
 * connection, fail, or fall behind the recording, which goes on meanwhile.
 */
import type { Browser, Page } from 'playwright-core';
import { browserUnavailable, launchBrowser } from '../support/browser';
import { recordEightGpus } from './eight-gpus';
import { pause, say } from './report';

const SECONDS = 600;
const DAY_S = 86_400;
/** Windows share a browser process by so many. */
const TO_A_BROWSER = 10;
const VIEWPORT = { width: 800, height: 600 };
/** For one window to show the session while all others do. */
const PATIENCE_MS = 300_000;
/** How long one that still follows may have heard nothing. */
const SILENT_MS = 30_000;

interface Watched {
  readonly page: Page;
  readonly faults: string[];
  heardAt: number;
  messages: number;
  closed: number;
}

/** The second argument is not a seed here but for how many seconds; ten minutes where it is left at 1. */
export async function soakBrowsers(count: number, seconds: number): Promise<string[]> {
  const why = browserUnavailable();
  if (why !== null) return [`no browser: ${why}`];
  const lasts = seconds === 1 ? SECONDS : seconds;
  // The windows take their time to open; the recording goes on until it is disposed of.
  const recording = await recordEightGpus(DAY_S);
  const { app, id } = recording;
  const browsers: Browser[] = [];
  const windows: Watched[] = [];
  try {
    // All are opened before any looks: here they share the machine that they would not share among people.
    for (let i = 0; i < count; i++) {
      if (i % TO_A_BROWSER === 0) browsers.push(await launchBrowser());
      windows.push(await openWindow(browsers.at(-1)!, `http://127.0.0.1:${app.port}`, app.token));
    }
    const begun = performance.now();
    await Promise.all(windows.map(({ page }) => look(page, id)));
    say(`all ${count} show the session`, `after ${Math.round(performance.now() - begun)} ms`);
    await pause(lasts * 1000);
    const now = performance.now();
    const dropped = windows.filter(({ closed }) => closed > 0).length;
    const silent = windows.filter(({ heardAt }) => now - heardAt > SILENT_MS).length;
    const { readings, longestUs } = await recording.measure();
    say(
      `browsers: ${count} for ${lasts} s`,
      `${dropped} dropped`,
      `${silent} silent`,
      `${Math.min(...windows.map(({ messages }) => messages))} messages at the least`,
      `${readings} readings of GPU 0, longest pause ${(longestUs / 1000).toFixed(0)} ms`,
    );
    return [
      ...(dropped > 0 ? [`${dropped} windows lost their connection`] : []),
      ...(silent > 0 ? [`${silent} windows heard nothing for ${SILENT_MS / 1000} s`] : []),
      ...(app.ended() ? ['the server ended'] : []),
      ...new Set(windows.flatMap(({ faults }) => faults)),
    ];
  } finally {
    for (const browser of browsers) await browser.close();
    await recording.dispose();
  }
}

async function openWindow(browser: Browser, origin: string, token: string): Promise<Watched> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const watched: Watched = { page, faults: [], heardAt: performance.now(), messages: 0, closed: 0 };
  page.on('pageerror', (error) => watched.faults.push(`a page threw: ${error.message}`));
  page.on('crash', () => watched.faults.push('a page crashed'));
  page.on('websocket', (socket) => {
    socket.on('framereceived', () => {
      watched.heardAt = performance.now();
      watched.messages++;
    });
    socket.on('close', () => watched.closed++);
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${origin}/#token=${token}`);
  // The window takes the token out of its address before it goes anywhere.
  await page.waitForFunction('!location.hash.includes("token")');
  return watched;
}

async function look(page: Page, id: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(`#/session/${id}`)}`);
  await page.locator('.chart canvas').first().waitFor();
}
