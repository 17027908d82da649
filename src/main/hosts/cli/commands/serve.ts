/** `plumbline serve`: the app in a browser, on loopback with a token. */
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { rejectOption } from '../../../../shared/model/reject-field';
import { createEngine } from '../../../engine/engine';
import { rendererDir } from '../../../install/paths';
import { serveBrowser } from '../../server/serve';
import type { Output } from '../output';

interface ServeOptions {
  readonly port: string;
  readonly host: string;
  readonly open?: boolean;
}

export function registerServe(program: Command, output: Output): void {
  program
    .command('serve')
    .description('open the app in a browser: for remote machines, and where Electron cannot be had')
    .option('--port <n>', 'port to listen on; 0 for any free one', '0')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--open', 'open the browser')
    .action(async (options: ServeOptions) => {
      const port = parsePort(options.port);
      const engine = createEngine({ host: 'server' });
      const server = await serveBrowser({ engine, port, host: options.host, rendererDir }).catch(
        async (error: unknown) => {
          await engine.close();
          throw error;
        },
      );
      if (output.json)
        process.stdout.write(
          `${JSON.stringify({ url: server.url, port: server.port, token: server.token })}\n`,
        );
      else process.stdout.write(`Plumbline is at ${server.url}\n`);
      if (!output.json)
        output.say(
          'Press Ctrl-C to stop. From another machine: forward the port with ssh -L and open the same address.',
        );
      if (options.open) openBrowser(server.url);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
          process.once(signal, () => resolve());
      });
      await server.close();
      await engine.close();
    });
}

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

/** Best effort: without a desktop the printed address is enough. */
function openBrowser(url: string): void {
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? [];
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
