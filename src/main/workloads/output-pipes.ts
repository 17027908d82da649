/**
 * Named pipes for a workload's output. What Node gives a child as a pipe is a socket on POSIX, and a script that
 * opens /dev/stderr or /dev/stdout by name (`echo … > /dev/stderr`, `tee /dev/stderr`) fails on a socket; through a
 * true pipe its output arrives as it would anywhere else.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

export interface OutputPipes {
  /** Paths of the ends the workload writes to: stdout, stderr. */
  readonly paths: readonly [string, string];
  /** The ends Plumbline reads from. Only once the writer has opened its own: before that, a reader sees an end. */
  read(): readonly [Readable, Readable];
  /** Closes the ends that `read` did not take over. */
  abandon(): void;
}

/** Null where the platform has no named pipes in folders, or no mkfifo. `folder` is private and outlives the pipes. */
export async function openOutputPipes(folder: string | null): Promise<OutputPipes | null> {
  if (folder === null) return null;
  const paths = [join(folder, 'stdout'), join(folder, 'stderr')] as const;
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
  } catch {
    return null;
  }
  // Not blocking: otherwise the opening itself would wait for the writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const ends = [openSync(paths[0], flags), openSync(paths[1], flags)] as const;
  const reader = (fd: number) => new Socket({ fd, readable: true, writable: false });
  return {
    paths,
    read: () => [reader(ends[0]), reader(ends[1])],
    abandon: () =>
      ends.forEach((fd) => {
        closeSync(fd);
      }),
  };
}
