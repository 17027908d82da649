/** Whether the pids that the driver reports mean the same to this process. */
import { readlinkSync } from 'node:fs';

/** The inode of the first pid namespace, fixed by the kernel (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

export function sharesPidNamespace(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync('/proc/self/ns/pid') === FIRST_NAMESPACE;
  } catch {
    return false;
  }
}
