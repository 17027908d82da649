/** `plumbline serve`: the app in a browser, on loopback with a token. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Command } from 'commander';
import { rejectOption } from '../../../../shared/model/reject-field';
import { createEngine } from '../../../engine/engine';
import { rendererDir } from '../../../install/paths';
import { serveBrowser } from '../../server/serve';
import type { Output } from '../output';
import { warnOfAccess } from '../privacy';

interface ServeOptions {
  readonly port: string;
  readonly host: string;
  readonly open?: boolean;
  readonly allowLaunch?: boolean;
}

export function registerServe(program: Command, output: Output): void {
  program
    .command('serve')
    .option('--port <n>', 'port to keep to, from one start to the next; 0 for any free one', '0')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--open', 'open the browser')
    .option(
      '--allow-launch',
      'let the page launch commands: its address is then the key to a shell',
    )
    .action(async (options: ServeOptions) => {
      const port = parsePort(options.port);
      // Recordings of hours run here: a bug is told with its stack, and ends nothing but what it happened in.
      const onBug = (error: unknown) => output.say(inspect(error));
      process.on('uncaughtException', onBug).on('unhandledRejection', onBug);
      const engine = createEngine({ host: 'server', mayLaunch: options.allowLaunch === true });
      warnOfAccess(engine, output);
      const server = await serveBrowser({
        engine,
        port,
        host: options.host,
        rendererDir,
        onBug,
      }).catch(async (error: unknown) => {
        await engine.close();
        throw error;
      });
      if (output.json)
        process.stdout.write(
          `${JSON.stringify({ url: server.url, port: server.port, token: server.token })}\n`,
        );
      else process.stdout.write(`Plumbline is at ${server.url}\n`);
      if (!output.json)
        output.say(
          `Press Ctrl-C to stop. On another machine, run this and open the same address:\n  ${forwarding(server.port)}`,
        );
      const page = options.open ? openBrowser(server.url) : null;
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
          process.once(signal, () => resolve());
      });
      page?.remove();
      await server.close();
      await engine.close();
    });
}

/** What brings the port of this machine to another one: whoever is logged in here can be there. */
const forwarding = (port: number): string =>
  `ssh -L ${port}:127.0.0.1:${port} ${userInfo().username}@${hostname()}`;

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535)
    rejectOption('--port', text, 'Give a number from 0 to 65535.');
  return port;
}

/** What opens an address, by platform; elsewhere as on Linux. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};

/**
 * Best effort: without a desktop the printed address is enough. The address holds the token and arguments of a process
 * can be read by every account, so the browser is given a file of this account alone that leads there.
 */
function openBrowser(url: string): { remove(): void } | null {
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? [];
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return null;
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-open-'));
  const page = join(folder, 'plumbline.html');
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${url}"><title>Plumbline</title>`,
    { mode: 0o600 },
  );
  spawn(command, [...args, page], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
  return { remove: () => rmSync(folder, { recursive: true, force: true }) };
}
