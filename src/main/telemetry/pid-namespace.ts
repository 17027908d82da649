/**
 * Whether the pids that the driver reports mean the same to this process: in a container with pids of its own they do
 * not, and memory of other processes is hidden.
 */
import { readlinkSync } from 'node:fs';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import { isSimulated } from './simulated';

/** The inode of the first pid namespace, fixed by the kernel (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

export const HIDDEN_PIDS =
  'this container does not share the pids of the host: memory of other processes is hidden';

/** The double of a GPU lists processes of this machine, wherever that is. */
export const sharesPids = (env: NodeJS.ProcessEnv, gpus: readonly GpuInfo[]): boolean =>
  isSimulated(env, gpus) || isFirstNamespace();

function isFirstNamespace(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync('/proc/self/ns/pid') === FIRST_NAMESPACE;
  } catch {
    return false;
  }
}
