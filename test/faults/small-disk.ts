/** A disk that is soon full: a small file system of its own, where this account may mount one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts a small ext4 (its blocks are smaller than a page, which is what a log's shared memory trips over), else a tmpfs. Null, said aloud, where neither may be. */
export function mountSmall(dir: string, bytes: number): (() => void) | null {
  mkdirSync(dir, { recursive: true });
  const image = join(
    tmpdir(),
    `plumbline-disk-${process.pid}-${Math.trunc(performance.now())}.img`,
  );
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { stdio: 'ignore' });
  const unmount = () => {
    run('umount', '-l', dir);
    rmSync(image, { force: true });
  };
  try {
    writeFileSync(image, Buffer.alloc(bytes));
    run('mkfs.ext4', '-q', '-b', '1024', '-O', '^has_journal', '-m', '0', image);
    run('mount', '-o', 'loop', image, dir);
    return unmount;
  } catch {
    rmSync(image, { force: true });
  }
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'none', dir);
    return unmount;
  } catch {
    console.warn('a small file system cannot be mounted here: tests of a full disk do not run');
    return null;
  }
}

let fillings = 0;

/** Takes every byte that is left. Called again, it takes what was given back since. */
export function fillUp(dir: string): void {
  for (let size = 65_536; size >= 512; size /= 2)
    for (let isFull = false; !isFull; ) {
      try {
        writeFileSync(join(dir, `fill-${++fillings}`), Buffer.alloc(size));
      } catch {
        isFull = true;
      }
    }
}

export function freeSpace(dir: string): void {
  for (const name of readdirSync(dir))
    if (name.startsWith('fill-')) rmSync(join(dir, name), { force: true });
}
