/**
 * A real Prometheus for tests: the one on the PATH, else Debian's package, fetched and unpacked into a temporary folder
 * once for all runs. Nothing is installed; where neither can be had, `reason` says why.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const KEPT = join(tmpdir(), 'plumbline-test-prometheus');
const BINARY = join('usr', 'bin', 'prometheus');

/** Path of the program, or why there is none. */
export function findPrometheus(): { readonly path: string } | { readonly reason: string } {
  const named = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'prometheus'));
  const found = [...named, join(KEPT, BINARY)].find((path) => existsSync(path));
  if (found !== undefined) return { path: found };
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-prometheus-'));
  try {
    const quietly = { cwd: folder, stdio: 'ignore', timeout: 60_000 } as const;
    execFileSync('apt-get', ['download', 'prometheus'], quietly);
    const file = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
    execFileSync('dpkg-deb', ['-x', file, 'unpacked'], quietly);
    if (!existsSync(KEPT)) renameSync(join(folder, 'unpacked'), KEPT);
    return { path: join(KEPT, BINARY) };
  } catch {
    return { reason: "neither a prometheus on the PATH nor Debian's package can be had" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface RunningPrometheus {
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Scrapes `targets` (host:port) every second. Resolves when it answers. */
export async function startPrometheus(
  path: string,
  targets: readonly string[],
): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-prometheus-'));
  mkdirSync(join(folder, 'data'));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'dcgm', static_configs: [{ targets }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    path,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 300; tries++) {
    const isUp = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { url, folder, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await stop();
  throw new Error('Prometheus did not become ready');
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
