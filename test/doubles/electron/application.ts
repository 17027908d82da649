/** The double of `app`: readiness, paths and the order of events on quitting. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startBrowser, stopBrowser } from './browser-host.ts';
import { onControl, record, tell } from './control.ts';
import { doubled, doubledEmitter, preventable } from './doubled.ts';

let ready = false;
let quitting = false;
let name = 'plumbline';
const paths = new Map<string, string>();
let scratch: string | null = null;
const becameReady = Promise.withResolvers<void>();
const appPath = resolve(dirname(process.argv[1] ?? '.'), '..', '..');

/** Windows register here, so that quitting can close them; each says whether its page let it close. */
export const openWindows = new Set<{ close(): void; isDestroyed(): boolean }>();

function pathOf(kind: string): string {
  const set = paths.get(kind);
  if (set !== undefined) return set;
  // Never the folders of the person who runs the tests.
  scratch ??= mkdtempSync(join(tmpdir(), 'plumbline-double-home-'));
  return join(scratch, kind);
}

async function exit(code: number): Promise<never> {
  emitter.emit('quit', preventable({}), code);
  await stopBrowser();
  if (scratch) rmSync(scratch, { recursive: true, force: true });
  process.exit(code);
}

function quit(): void {
  const before = preventable({});
  emitter.emit('before-quit', before);
  if (before.defaultPrevented) return;
  quitting = true;
  for (const window of [...openWindows]) {
    window.close();
    if (!window.isDestroyed()) {
      quitting = false; // a window refused
      return;
    }
  }
  const will = preventable({});
  emitter.emit('will-quit', will);
  if (will.defaultPrevented) quitting = false;
  else void exit(0);
}

/** Told by the last window as it closes. */
export function allWindowsClosed(): void {
  if (quitting) return;
  if (emitter.listenerCount('window-all-closed') === 0) quit();
  else emitter.emit('window-all-closed');
}

const beforeReady = (what: string) => {
  if (ready) throw new Error(`${what} must be called before app is ready`);
  record(what, []);
};

const { double, emitter } = doubledEmitter<Electron.App>('app', {
  isPackaged: false,
  isReady: () => ready,
  whenReady: () => becameReady.promise,
  quit,
  exit: (code = 0) => void exit(code),
  getName: () => name,
  setName: (given: string) => {
    name = given;
  },
  getAppPath: () => appPath,
  getPath: pathOf,
  setPath: (kind: string, path: string) => void paths.set(kind, path),
  requestSingleInstanceLock: () => {
    record('app.requestSingleInstanceLock', []);
    return process.env.PLUMBLINE_DOUBLE_SECOND_INSTANCE !== '1';
  },
  disableHardwareAcceleration: () => beforeReady('app.disableHardwareAcceleration'),
  commandLine: doubled<Electron.CommandLine>('app.commandLine', {
    hasSwitch: (wanted: string) => process.argv.includes(`--${wanted}`),
  } satisfies Partial<Electron.CommandLine>),
});
export const app = double;

/** For other parts of the double that emit on `app`. */
export const appEmitter = emitter;

/** The entry is loaded: now, and not before, the application becomes ready. */
export async function entryLoaded(): Promise<void> {
  const endpoint = await startBrowser();
  ready = true;
  emitter.emit('ready', preventable({}), {});
  becameReady.resolve();
  tell({ endpoint });
}

onControl('quit', () => quit());
