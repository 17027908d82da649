/** Who may read the library: what is made there is for its owner alone, what was there is told of and left as it is. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../../../src/main/store/library';
import { describeAccess } from '../../../../src/main/store/library-access';
import { copySession } from '../../../../src/main/store/session-copy';
import { createSession } from '../../../../src/main/store/session-writer';
import { SavedWorkloads } from '../../../../src/main/workloads/saved';
import { plainHeader, plainInfo } from '../../../support/session-header';

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe.skipIf(process.platform === 'win32')('the folder of the library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-access-'));
  const umask = process.umask();
  // The most open that an account may have set.
  beforeAll(() => void process.umask(0));
  afterAll(() => {
    process.umask(umask);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is made for its owner alone, and so is every file in it, while it is recorded and after', () => {
    const library = openLibrary(join(folder, 'new', 'library'));
    expect(modeOf(library.dir)).toBe(0o700);
    expect(describeAccess(library.dir)).toBeNull();
    const writer = createSession(library.dir, plainHeader('a'));
    writer.declareSeries(plainInfo('x'));
    writer.append('x', 1, 1);
    writer.flush();
    library.list();
    new SavedWorkloads(library.dir).save('w', { command: ['true'] });
    const modes = () =>
      readdirSync(library.dir, { recursive: true, withFileTypes: true }).map((entry) => [
        entry.name,
        modeOf(join(entry.parentPath, entry.name)) & 0o077,
      ]);
    expect(modes().map(([name]) => name)).toContain('a.plumbline-wal');
    for (const [name, others] of modes()) expect(others, String(name)).toBe(0);
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1 });
    writer.close();
    library.list();
    chmodSync(join(library.dir, 'a.plumbline'), 0o644);
    copySession(openLibrary(join(folder, 'other')), join(library.dir, 'a.plumbline'));
    expect(modeOf(join(folder, 'other', 'a.plumbline'))).toBe(0o600);
    expect(modes().find(([name]) => name === 'workloads')).toEqual(['workloads', 0]);
  });

  it('is left as it is where it was there, and told of', () => {
    const dir = join(folder, 'shared');
    mkdirSync(dir, { mode: 0o755 });
    openLibrary(dir).list();
    expect(modeOf(dir)).toBe(0o755);
    expect(describeAccess(dir)).toMatchObject({ remedy: expect.stringContaining('chmod 700') });
  });
});
