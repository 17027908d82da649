/**
 * An unpacked Electron that is none: files of the names a packager looks for, and a binary that holds nothing but the
 * wire of fuses, all of them as Electron ships them. It proves what a package holds, never that it runs.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What marks the fuses in Electron's binary: this text, their version, their number, and one character each. */
export const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSES = 9;

export function makeElectronStandIn(folder: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'), { recursive: true });
  const padding = Buffer.alloc(64);
  const wire = Buffer.concat([Buffer.from([1, FUSES]), Buffer.from('1'.repeat(FUSES))]);
  writeFileSync(
    join(folder, 'electron'),
    Buffer.concat([Buffer.from('\x7fELF'), padding, Buffer.from(FUSE_SENTINEL), wire, padding]),
  );
  chmodSync(join(folder, 'electron'), 0o755);
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'chrome_crashpad_handler',
    'icudtl.dat',
    'resources.pak',
    'snapshot_blob.bin',
    'version',
    join('locales', 'en-US.pak'),
  ])
    writeFileSync(join(folder, name), 'stand-in');
}
