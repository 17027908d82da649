/** Memory and swap in use on the whole machine: from /proc/meminfo on Linux, read once for both. */
import { closeSync, openSync, readSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { type Bytes, KiB } from '../../../shared/base/units';
import type { AbsentReason, Reading } from '../../../shared/base/vocabulary';
import { numberAfter } from './proc-file';

export const NOT_SUPPORTED: Reading & { readonly kind: 'absent' } = {
  kind: 'absent',
  reason: 'not_supported',
};

/** Bytes neither free nor reclaimable. Node's free memory is MemAvailable on Linux and its like elsewhere. */
export function systemMemoryUsed(): Bytes {
  return totalmem() - freemem();
}

/**
 * Elsewhere than on Linux systeminformation starts programs for it, blocks the thread that records (macOS), and
 * answers 0 where they fail: not supported, rather than that.
 */
export function systemSwapUsed(path?: string): Reading<Bytes> {
  if (process.platform !== 'linux') return NOT_SUPPORTED;
  const meminfo = new Meminfo(path);
  try {
    return meminfo.look().swap;
  } finally {
    meminfo.close();
  }
}

function explainError(error: unknown): AbsentReason {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'not_supported';
  return code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'not_read';
}

/** proc_meminfo(5), kept open. */
export class Meminfo {
  readonly #path: string;
  readonly #bytes = Buffer.alloc(8192);
  #file: number | null = null;

  constructor(path = '/proc/meminfo') {
    this.#path = path;
  }

  look(): { readonly used: Bytes; readonly swap: Reading<Bytes> } {
    let length = 0;
    try {
      this.#file ??= openSync(this.#path, 'r');
      length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0);
    } catch (error) {
      const swap: Reading = { kind: 'absent', reason: explainError(error) };
      return { used: systemMemoryUsed(), swap };
    }
    const kib = (name: string) => numberAfter(this.#bytes, length, name);
    const [total, available, swapTotal, swapFree] = [
      kib('MemTotal:'),
      kib('MemAvailable:'),
      kib('SwapTotal:'),
      kib('SwapFree:'),
    ];
    return {
      used: total === null || available === null ? systemMemoryUsed() : (total - available) * KiB,
      swap:
        swapTotal === null || swapFree === null
          ? NOT_SUPPORTED
          : { kind: 'ok', value: (swapTotal - swapFree) * KiB },
    };
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
