/**
 * Where the parts of an installed or cloned Plumbline lie. Everything is found from the package's own root, so that
 * bundling into chunks, running from source in tests and packaging do not change the answer.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's root: the nearest folder above this file whose package.json names Plumbline. */
export const appRoot = (() => {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (
      existsSync(manifest) &&
      (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name ===
        'plumbline-profiler'
    )
      return folder;
    if (folder === dirname(folder)) throw new Error(`no package root above ${import.meta.dirname}`);
  }
})();

/** Whether this is a clone with its sources rather than an installed package. */
export const isClone = existsSync(join(appRoot, 'src'));

export const version = (
  JSON.parse(readFileSync(join(appRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/** Files that other programs must be able to run: outside the archive in a packaged app. */
const resources = process.env.PLUMBLINE_RESOURCES ?? null;

export const rendererDir = join(appRoot, 'out', 'renderer');
export const workloadEntry = resources
  ? join(resources, 'workload', 'index.js')
  : join(appRoot, 'out', 'workload', 'index.js');
export const supervisorEntry = resources
  ? join(resources, 'main', 'supervisor.js')
  : join(appRoot, 'out', 'main', 'supervisor.js');
export const inventoryEntry = resources
  ? join(resources, 'main', 'inventory-helper.js')
  : join(appRoot, 'out', 'main', 'inventory-helper.js');

/** A recording that comes with Plumbline. */
export const sampleSession = join(
  resources ?? appRoot,
  'resources',
  'sessions',
  'sample.plumbline',
);

/**
 * Threads of this very process. In a packaged app they lie in the archive like the rest of it: Electron reads archives in
 * worker threads too (electron/electron#33216), and so the database's binary is the one that is loaded already. A second
 * copy of SQLite in one process would undo the first one's locks.
 */
export const importThreadEntry = threadEntry('import-thread.js');
/** The thread that answers questions about sessions. */
export const queryThreadEntry = threadEntry('query-thread.js');
/** The thread that reads session files whole. */
export const checkThreadEntry = threadEntry('check-thread.js');

function threadEntry(name: string): string {
  return join(appRoot, 'out', 'main', name);
}

/**
 * The plain Node that workloads and their supervisor run on. In the terminal and the server that is this very Node;
 * the desktop app ships one, because its own binary does not act as Node.
 */
export function workloadNode(): string {
  if (process.env.PLUMBLINE_NODE) return process.env.PLUMBLINE_NODE;
  if (!process.versions.electron) return process.execPath;
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const shipped = join(appRoot, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  return existsSync(shipped) ? shipped : 'node';
}
