/**
 * npm run dev: the app in a browser while it is worked on. Vite serves the window and reloads its modules as they
 * change; the main part is built again on change, and `plumbline serve` restarts with it. All on loopback: the page
 * talks to Vite, which hands `/api` on to the host with Host and Origin as they came, so that the host's checks hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { resolveConfig } from 'electron-vite';
import { build, createServer } from 'vite';
import { hostEntry, hostFlags, root } from '../bin/setup.mjs';

const { main, renderer } = (await resolveConfig({ root }, 'build', 'development')).config;

let host = null;
/** Each host draws a token; the page keeps the first, and what it presents is exchanged for the current one. */
let firstToken = null;
let token = null;
let port = 0;

async function startHost() {
  const args = [...hostFlags, hostEntry, 'serve', '--json', '--allow-launch'];
  // The host watches the channel and goes down with this process, however that ends.
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'];
  host = spawn(process.execPath, [...args, '--port', String(port)], { cwd: root, stdio });
  const [line] = await Promise.race([
    once(createInterface(host.stdout), 'line'),
    once(host, 'exit').then(() => []),
  ]);
  if (line === undefined) throw new Error('plumbline serve ended before it was ready.');
  ({ port, token } = JSON.parse(line));
  firstToken ??= token;
}

async function stopHost() {
  if (host === null || host.exitCode !== null || host.signalCode !== null) return;
  const exited = once(host, 'exit');
  host.kill('SIGTERM');
  await exited;
}

const watcher = await build({
  ...main,
  configFile: false,
  logLevel: 'warn',
  build: { ...main.build, watch: {}, emptyOutDir: false },
});
let restarting = Promise.resolve();
let announce = () => {};
const firstBuild = new Promise((resolve) => {
  announce = resolve;
});
watcher.on('event', (event) => {
  if (event.code === 'ERROR') process.stderr.write(`${event.error.message}\n`);
  if (event.code !== 'END') return;
  restarting = restarting
    .then(stopHost)
    .then(startHost)
    .then(announce, (error) => process.stderr.write(`${error.message} Waiting for a change.\n`));
});
await firstBuild;

const server = await createServer({
  ...renderer,
  configFile: false,
  logLevel: 'warn',
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': {
        target: `http://127.0.0.1:${port}`,
        ws: true,
        rewrite: (path) => path.replace(firstToken, token),
      },
    },
  },
});
await server.listen();
process.stdout.write(`Plumbline is at ${server.resolvedUrls.local[0]}#token=${firstToken}\n`);

await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'].map((end) => once(process, end)));
await watcher.close();
await server.close();
await restarting;
await stopHost();
process.exit();
