/**
 * Lets systeminformation believe it runs elsewhere: the platform is another, and the programs it asks there answer from
 * files. It looks at the platform once, when it is loaded, so a test file speaks of one platform alone.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const hostFixtures = join(import.meta.dirname, '..', 'fixtures', 'host');

/** `programs`: shell scripts by name, first on PATH. */
export function pretend(
  platform: NodeJS.Platform,
  programs: Readonly<Record<string, string>>,
): void {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-host-'));
  const own = Object.getOwnPropertyDescriptor(process, 'platform')!;
  const path = process.env.PATH;
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  Object.defineProperty(process, 'platform', { ...own, value: platform });
  process.env.PATH = `${folder}:${path}`;
  afterAll(() => {
    Object.defineProperty(process, 'platform', own);
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });
}
