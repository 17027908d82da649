/**
 * What Linux tells the supervisor of processes besides their descent: it can be made the one that is handed whatever loses
 * its parent below it, and it can tell what was put into a control group apart from its own. Node built-ins, and koffi
 * where it can be had.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Libc {
  prctl(option: number, on: number, a: number, b: number, c: number): number;
  waitpid(pid: number, status: null, options: number): number;
}
/** prctl(2), waitpid(2) */
const [PR_SET_CHILD_SUBREAPER, WNOHANG] = [36, 1];

/** Takes over whatever below here loses its parent. Returns what buries one of them, null where it cannot be done. */
export function becomeSubreaper(): ((pid: number) => void) | null {
  const { resourcesPath = '' } = process as { resourcesPath?: string };
  for (const base of [import.meta.url, join(resourcesPath, 'app.asar', 'index.js')]) {
    try {
      const libc = createRequire(base)('koffi').load(null);
      const number = 'unsigned long';
      const prctl: Libc['prctl'] = libc.func('prctl', 'int', [
        'int',
        number,
        number,
        number,
        number,
      ]);
      const waitpid: Libc['waitpid'] = libc.func('waitpid', 'int', ['int', 'void *', 'int']);
      if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0)
        return (pid) => void waitpid(pid, null, WNOHANG);
    } catch {
      // No such library here: descent and the environment remain.
    }
  }
  return null;
}

function readControlGroup(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1');
  } catch {
    return null;
  }
}

const ownGroup = readControlGroup(process.pid);

/** False for what a service manager or a container runtime put in a group of its own. */
export const isInOurGroup = (pid: number): boolean => readControlGroup(pid) === ownGroup;

export function readName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
