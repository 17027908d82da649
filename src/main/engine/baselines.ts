/** What a device held before a recording, by the line that it is taken off. */
import type { Bytes } from '../../shared/base/units';

/** For a process that ran before the recording did, only what others hold on the device was there "before". */
export function baselinesOfOthers(
  baselines: Readonly<Record<string, Bytes>>,
): Record<string, Bytes> {
  const others = Object.entries(baselines).filter(([id]) => id.endsWith('.other.memory'));
  return Object.fromEntries(
    others.flatMap(([id, bytes]) => [
      [id, bytes],
      [id.replace('.other.memory', '.memory.used'), bytes],
    ]),
  );
}
