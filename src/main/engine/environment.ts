/** The machine a session ran on, as far as the system tells without elevated rights. */
import { arch, cpus, release, totalmem, type } from 'node:os';
import { osInfo } from 'systeminformation';
import type { Environment } from '../../shared/session/types';
import { version } from '../install/paths';

export async function describeMachine(): Promise<
  Pick<Environment, 'plumbline' | 'node' | 'os' | 'cpu' | 'cores' | 'memoryBytes'>
> {
  return {
    plumbline: version,
    node: process.version,
    os: await operatingSystem(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
  };
}

let cached: Promise<string> | null = null;
function operatingSystem(): Promise<string> {
  cached ??= osInfo().then(
    ({ distro, release: version }) => [distro, version, arch()].filter(Boolean).join(' '),
    () => `${type()} ${release()} ${arch()}`,
  );
  return cached;
}
