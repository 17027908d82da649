/**
 * Sleeping for a moment by nanosleep(2). `Atomics.wait` takes the locks by which it can be woken, and costs a third
 * more: at a thousand wake-ups a second a whole percent of a core.
 */

import type { NativeSleep } from '../thread/loop';
import type { Loader } from './library';

/** Null where the system has no such call; elsewhere than on Linux nobody has tried. */
export function bindNativeSleep(loader: Loader): NativeSleep | null {
  if (process.platform !== 'linux') return null;
  try {
    const nanosleep = loader.load(null).func('nanosleep', 'int', ['void *', 'void *']);
    // struct timespec: two 64-bit numbers, little-endian; the high halves stay 0.
    const span = Buffer.alloc(16);
    const words = new Uint32Array(span.buffer, span.byteOffset, 4);
    return (us) => {
      words[0] = us / 1e6;
      words[2] = (us % 1e6) * 1000;
      nanosleep(span, null);
    };
  } catch {
    return null;
  }
}
