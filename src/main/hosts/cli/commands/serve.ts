/** `plumbline serve`: the app in a browser, on loopback with a token. */
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
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
      const port = Number(options.port);
      if (!/^\d+$/.test(options.port) || port > 65535)
        throw new Failure(
          'bad_input',
          `--port cannot be "${options.port}".`,
          'Give a number from 0 to 65535.',
        );
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

/** Best effort: without a desktop the printed address is enough. */
function openBrowser(url: string): void {
  const [command, args] =
    process.platform === 'darwin'
      ? (['open', [url]] as const)
      : process.platform === 'win32'
        ? (['cmd', ['/c', 'start', '""', url]] as const)
        : (['xdg-open', [url]] as const);
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}
