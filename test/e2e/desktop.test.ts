import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppInfo, EngineApi } from '../../src/shared/contract/api';
import type { RpcMessage } from '../../src/shared/contract/rpc';
import type { SessionSummary } from '../../src/shared/session/types';
import { type Desktop, ensureBuilt, onDouble, onElectron } from '../doubles/electron/subjects.ts';

interface TestPage {
  plumbline: { requestPort(): void };
  takePort: ((port: MessagePort) => void) | null;
}

/**
 * Lets the test ask for ports of its own. A window's listeners run in the order of their registration, so ours must be
 * there before the application's: it is put in, and the page loaded again.
 */
async function prepare(page: Page): Promise<Page> {
  await page.addInitScript(() => {
    const test = window as unknown as TestPage;
    test.takePort = null;
    window.addEventListener('message', (event: MessageEvent<{ type?: string } | null>) => {
      const [port] = event.ports;
      if (event.data?.type !== 'plumbline:port' || !port || !test.takePort) return;
      event.stopImmediatePropagation();
      test.takePort(port);
      test.takePort = null;
    });
  });
  await page.reload();
  return page;
}

/** A call of the contract over a port of its own, as any page of the application could make it. */
async function call<Result>(page: Page, method: keyof EngineApi, args?: unknown): Promise<Result> {
  return (await page.evaluate(
    ({ method, args }) =>
      new Promise<unknown>((resolve, reject) => {
        const test = window as unknown as TestPage;
        test.takePort = (port) => {
          port.onmessage = ({ data }: MessageEvent<RpcMessage>) => {
            if (data.kind === 'event') return;
            port.close();
            if (data.kind === 'result') resolve(data.value);
            else reject(new Error(JSON.stringify(data)));
          };
          port.postMessage({ kind: 'call', id: 1, method, args });
        };
        test.plumbline.requestPort();
      }),
    { method, args },
  )) as Result;
}

const sessions = (page: Page) => call<readonly SessionSummary[]>(page, 'list');

async function settled(page: Page, id: string): Promise<SessionSummary> {
  for (;;) {
    const found = (await sessions(page)).find((session) => session.id === id);
    if (found && found.status !== 'recording') return found;
    await page.waitForTimeout(100);
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const node = process.execPath;

for (const subject of [onDouble, onElectron]) {
  describe(`the desktop application on ${subject.name}`, () => {
    const home = mkdtempSync(join(tmpdir(), 'plumbline-desktop-'));
    let desktop: Desktop;
    let page: Page;
    const complaints: string[] = [];
    const requested: string[] = [];

    beforeAll(async () => {
      if (subject.unavailable !== null) return;
      ensureBuilt();
      desktop = await subject.launch(home);
      desktop.page.on(
        'console',
        (message) => message.type() === 'error' && complaints.push(message.text()),
      );
      desktop.page.on('pageerror', (error) => complaints.push(error.message));
      desktop.page.on('request', (request) => requested.push(request.url()));
      page = await prepare(desktop.page);
    });
    afterAll(async () => {
      await desktop?.dispose();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    });
    /** Says why, where the subject cannot be tried. */
    const it = (name: string, body: () => Promise<void>) =>
      test(name, async ({ skip }) => {
        if (subject.unavailable !== null) skip(subject.unavailable);
        await body();
      });

    it('opens on an empty library', async () => {
      await page
        .getByText(/no sessions? yet|no recorded sessions|nothing recorded/i)
        .first()
        .waitFor();
      expect(await page.title()).toContain('Plumbline');
    });

    it('loads under its content policy without an error, and asks nothing of the network', async () => {
      expect(complaints).toEqual([]);
      const { origin } = new URL(page.url());
      const [own] = page.url().split('/').slice(2);
      expect(requested.length).toBeGreaterThan(0);
      for (const url of requested)
        expect(
          url.startsWith(`${origin}/`) ||
            url.startsWith(`plumbline://${own}/`) ||
            url.startsWith('data:'),
          url,
        ).toBe(true);
    });

    it('gives the page the contract’s port and nothing of Node or Electron', async () => {
      const seen = await page.evaluate(() => {
        const all = window as unknown as Record<string, unknown>;
        const bridge = all.plumbline as Record<string, unknown>;
        const before = bridge.requestPort;
        try {
          bridge.requestPort = null;
        } catch {
          // frozen, in strict mode
        }
        return {
          bridge: Object.keys(bridge).sort(),
          frozen: bridge.requestPort === before,
          leaks: [
            'require',
            'process',
            'module',
            'Buffer',
            'global',
            'ipcRenderer',
            'electron',
          ].filter((name) => name in all),
        };
      });
      expect(seen).toEqual({
        bridge: ['platform', 'requestPort', 'versions'],
        frozen: true,
        leaks: [],
      });
    });

    it('answers over the port from the engine, which works on the given library', async () => {
      const info = await call<AppInfo>(page, 'info');
      expect(info.host).toBe('desktop');
      expect(info.library).toContain(home);
      const pid = await desktop.enginePid();
      expect(alive(pid)).toBe(true);
      // As little of what dies young is kept as by the launcher's host.
      if (process.platform === 'linux')
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--max-semi-space-size=2');
    });

    it('runs no script that the package does not carry', async () => {
      const ran = await page.evaluate(async () => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        return 'injected' in window;
      });
      expect(ran).toBe(false);
    });

    it('stays on its own page when a link leads elsewhere', async () => {
      const before = page.url();
      await page.evaluate(() => {
        location.href = 'https://example.com/';
      });
      await call<AppInfo>(page, 'info');
      expect(page.url()).toBe(before);
    });

    it('records a command and shows the session in the library', async () => {
      const { id } = await call<{ id: string }>(page, 'record', {
        command: [node, '-e', 'setTimeout(() => {}, 400)'],
        name: 'a small command',
      });
      const session = await settled(page, id);
      expect(session).toMatchObject({ name: 'a small command', status: 'complete' });
      await page.getByText('a small command').first().waitFor();
    });

    it('starts the engine again when it dies, and says so', async () => {
      const before = await desktop.enginePid();
      process.kill(before, 'SIGKILL');
      await expect
        .poll(() => desktop.questions(), { timeout: 20_000 })
        .toContainEqual(expect.stringContaining('started again'));
      expect((await call<AppInfo>(page, 'info')).host).toBe('desktop');
      expect(await desktop.enginePid()).not.toBe(before);
      expect((await sessions(page)).map(({ name }) => name)).toEqual(['a small command']);
    });

    it('asks before quitting while it records, and keeps recording if told so', async () => {
      const { id } = await call<{ id: string }>(page, 'record', {
        command: [node, '-e', 'setInterval(() => {}, 1000)'],
        name: 'a long command',
      });
      await desktop.willAnswer(1);
      desktop.quit();
      await expect
        .poll(() => desktop.questions(), { timeout: 20_000 })
        .toContainEqual(expect.stringContaining('still being recorded'));
      expect((await sessions(page)).find((session) => session.id === id)?.status).toBe('recording');
    });

    it('stops the recording properly on quitting, and ends the engine with it', async () => {
      const pid = await desktop.enginePid();
      await desktop.willAnswer(0);
      desktop.quit();
      await desktop.ended;
      expect(alive(pid)).toBe(false);

      desktop = await subject.launch(home);
      const status = Object.fromEntries(
        (await sessions(await prepare(desktop.page))).map((session) => [
          session.name,
          session.status,
        ]),
      );
      expect(status['a small command']).toBe('complete');
      // Stopped, and not merely found without its recorder.
      expect(['interrupted', 'complete']).toContain(status['a long command']);
      desktop.quit();
      await desktop.ended;
    });
  });
}
