/** Work on a thread of its own, and what becomes of it where the thread cannot be had. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runAside } from '../../../../src/main/engine/thread-task';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-thread-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = (name: string, code: string): string => {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, code);
  return path;
};
const here = async () => 'here';

describe('work on a thread of its own', () => {
  it('is answered by the thread', async () => {
    const code =
      "import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage('thread ' + workerData);";
    expect(await runAside(entry('works', code), 7, here)).toBe('thread 7');
  });

  it.each([
    ['was never built', join(folder, 'nowhere.mjs')],
    ['finds no module that it needs', entry('lacks', "import 'a-module-that-is-nowhere';")],
    [
      'finds no binary that it needs',
      entry('binary', "process.dlopen({ exports: {} }, '/nowhere/x.node');"),
    ],
  ])('is done here where the thread %s', async (_what, path) => {
    expect(await runAside(path, null, here)).toBe('here');
  });

  it('fails where the thread fails at its work, and is not done twice', async () => {
    let asked = 0;
    const again = async () => {
      asked++;
      return 'here';
    };
    await expect(
      runAside(entry('breaks', "throw new Error('a fault');"), null, again),
    ).rejects.toThrow('a fault');
    await expect(runAside(entry('ends', 'process.exit(3);'), null, again)).rejects.toThrow(
      'a thread ended with 3',
    );
    expect(asked).toBe(0);
  });
});
