/** What to do where memory ran out: by which memory it was, who asked for it, and who held it. */
import { formatBytes } from '../../base/format';
import type { MemoryError } from '../overlay/types';
import { hadEnoughReserved } from './memory-error-words';
import type { WouldFit } from './would-fit';

const SMALLER =
  'Take a smaller batch or sequence, switch on checkpointing, or a lower precision; see "plumbline plan".';
const ON_HOST =
  'Load less at a time: fewer DataLoader workers and less prefetching, data and weights mapped from disk; or give the job more memory.';

/** Of other memory than a device's, which no batch of the budget makes fit. */
const BY_MEMORY: Readonly<Record<string, string>> = {
  'host memory': ON_HOST,
  'shared memory':
    'Give the container more shared memory (docker run --shm-size=8g, or --ipc=host), or take fewer DataLoader workers.',
  'the JavaScript heap': 'Let Node take more: NODE_OPTIONS=--max-old-space-size=8192 (MiB).',
  'memory for the KV cache':
    'Let the server have more of the device (gpu_memory_utilization, mem-fraction-static), shorten what one sequence may take (max_model_len), or keep the cache in 8 bits.',
};

/** Who took the memory is told first: pieces and other processes cost nothing to win back. `text`: the message. */
export function remedyFor(error: MemoryError, fitting: WouldFit | null, text: string): string {
  const free = [piecesRemedy(error, text), othersRemedy(error)].filter((one) => one !== null);
  if (fitting !== null) return [...free, `${fitting.remedy}: ${fitting.command}`].join(' ');
  if (free.length > 0) return free.join(' ');
  if (/\b(ggml|llama)_/.test(text) && error.what === 'GPU memory')
    return 'Put fewer layers on the GPU (-ngl), take a shorter context (-c), or weights of fewer bits.';
  return BY_MEMORY[error.what] ?? SMALLER;
}

/** Of a workload that was killed without a word. */
export const KILLED_REMEDY = `See in dmesg whether the system's out-of-memory killer did it. ${ON_HOST}`;

function piecesRemedy(error: MemoryError, text: string): string | null {
  if (!hadEnoughReserved(error)) return null;
  const variable = /\bHIP\b/.test(text) ? 'PYTORCH_HIP_ALLOC_CONF' : 'PYTORCH_CUDA_ALLOC_CONF';
  return `Set ${variable}=expandable_segments:True: ${formatBytes(error.unallocated)} were reserved and unused, but in pieces.`;
}

/** Where what other processes held would have been enough. */
function othersRemedy({ asked, free, others }: MemoryError): string | null {
  const theirs = others.reduce((sum, { bytes }) => sum + bytes, 0);
  if (theirs === 0 || asked === null || (free ?? 0) + theirs < asked) return null;
  const [them, whose] =
    others.length === 1 ? ['it', 'Another process'] : ['them', 'Other processes'];
  return `${whose} held ${formatBytes(theirs)} of the device: end ${them}, or take another GPU.`;
}
