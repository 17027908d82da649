/**
 * Where Plumbline runs: straight on a machine, under WSL2, or in a container. What mends a missing driver differs, and
 * advice for another place would only mislead.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Trouble } from '../trouble';

export type Surroundings = 'machine' | 'wsl' | 'container';

/** `root` is where the file system begins; tests give another. */
export function surroundings(
  platform: NodeJS.Platform = process.platform,
  root = '',
): Surroundings {
  if (platform !== 'linux') return 'machine';
  if (/microsoft/i.test(readText(`${root}/proc/sys/kernel/osrelease`))) return 'wsl';
  const marked = existsSync(`${root}/.dockerenv`) || existsSync(`${root}/run/.containerenv`);
  return marked || /docker|kubepods|containerd|libpod|lxc/.test(readText(`${root}/proc/1/cgroup`))
    ? 'container'
    : 'machine';
}

/** What mends a source, said for where Plumbline runs. */
export function explainRemedy(
  { remedy, cause, setting }: Omit<Trouble, 'detail'>,
  where: Surroundings,
): string {
  const alternative = setting === undefined ? '' : ` Or ${setting}.`;
  if (where === 'wsl' && cause !== 'other')
    return `Install the NVIDIA driver in Windows, never inside WSL, then restart WSL with "wsl --shutdown".${alternative}`;
  if (where === 'container' && cause === 'driver_unreachable')
    return `Start the container with its GPUs, for example docker run --gpus all; the host needs the NVIDIA driver and the NVIDIA Container Toolkit.${alternative}`;
  return remedy;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
