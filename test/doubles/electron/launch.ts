/** Starts a built desktop entry on the double, and attaches to its window as a test would to Electron's. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Call, Reply, Request } from './control.ts';

type Ask<Given = Request> = Given extends unknown ? Omit<Given, 'id'> : never;

export interface DoubledApp {
  readonly process: ChildProcess;
  /** The first window, once it shows the application. */
  firstWindow(): Promise<Page>;
  ask(request: Ask): Promise<unknown>;
  calls(name: string): Promise<readonly Call[]>;
  /** Everything the process wrote. */
  output(): string;
  /** Ends it if it has not ended by itself; resolves with its exit code. */
  close(): Promise<number | null>;
}

const register = fileURLToPath(new URL('./register.mjs', import.meta.url));

export async function launchDouble(
  entry: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): Promise<DoubledApp> {
  const child = fork(entry, [...args], {
    execArgv: ['--import', register],
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  const endpoint = Promise.withResolvers<string>();
  endpoint.promise.catch(() => {});
  let browser: Browser | null = null;
  let nextId = 1;

  child.on('message', (reply: Reply) => {
    if ('endpoint' in reply) endpoint.resolve(reply.endpoint);
    else {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('error' in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.value);
    }
  });
  child.once('exit', (code, signal) => {
    const ended = new Error(`The application ended (${code ?? signal}):\n${output}`);
    endpoint.reject(ended);
    for (const { reject } of waiting.values()) reject(ended);
  });

  const ask = (request: Ask) =>
    new Promise<unknown>((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      child.send({ ...request, id }, (error) => error && reject(error));
    });

  return {
    process: child,
    async firstWindow() {
      browser ??= await chromium.connectOverCDP(await endpoint.promise, { noDefaults: true });
      const context = browser.contexts()[0];
      if (!context) throw new Error('the browser has no context');
      const ours = (page: Page) => page.url().includes('.localhost');
      const page = context.pages()[0] ?? (await context.waitForEvent('page'));
      if (!ours(page)) await page.waitForURL((url) => url.hostname.endsWith('.localhost'));
      return page;
    },
    ask,
    calls: async (name) =>
      ((await ask({ op: 'calls' })) as readonly Call[]).filter((call) => call.name === name),
    output: () => output,
    async close() {
      await browser?.close().catch(() => {});
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.disconnect(); // it ends when its parent does
        await ended;
      }
      return child.exitCode;
    },
  };
}
