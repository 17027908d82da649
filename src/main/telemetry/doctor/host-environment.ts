/**
 * Where Plumbline runs: straight on a machine, under WSL2, or in a container. What mends a missing driver differs, and
 * advice for another place would only mislead.
 */
import { existsSync, readFileSync } from 'node:fs';

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

/** A remedy that speaks of the driver, said for where Plumbline runs. */
export function driverRemedy(remedy: string, where: Surroundings): string {
  const isInstall = /install the NVIDIA driver|reload the NVIDIA driver|seated/i.test(remedy);
  const [, setting] = /, or (set PLUMBLINE_[^.]*\.)/.exec(remedy) ?? [];
  const or = setting === undefined ? '' : ` Or ${setting}`;
  if (where === 'wsl' && (isInstall || /driver was updated/i.test(remedy)))
    return `Install the NVIDIA driver in Windows, never inside WSL, then restart WSL with "wsl --shutdown".${or}`;
  if (where === 'container' && isInstall) {
    return `Start the container with its GPUs, for example docker run --gpus all; the host needs the NVIDIA driver and the NVIDIA Container Toolkit.${or}`;
  }
  return remedy;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
