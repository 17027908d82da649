/**
 * What a message about missing memory says, to its last figure: of PyTorch (CUDA, HIP, MPS, CPU), CUDA's runtime and
 * libraries, NCCL, JAX and XLA, TensorFlow, vLLM, SGLang,
 * TensorRT-LLM, ONNX Runtime, llama.cpp, NumPy, Node, C++, the Linux kernel and Slurm. Whatever a message leaves out is
 * null; nothing is guessed.
 *
 * The makers print binary units whatever they call them: PyTorch's `format_size` (c10/cuda/CUDACachingAllocator.cpp and
 * aten/src/ATen/mps/MPSAllocator.mm), XLA's `HumanReadableNumBytes`, llama.cpp's and NumPy's all divide by 1024.
 */
import { type Bytes, GiB, KiB, MiB } from '../../base/units';
import type { MemoryError } from '../overlay/types';

/** `isPerhaps`: the line tells of a process that was killed, which has other causes, too. */
const KINDS: readonly {
  readonly pattern: RegExp;
  readonly what: string;
  readonly isPerhaps?: true;
}[] = [
  {
    pattern:
      /(CUDA|HIP|XPU) out of memory|CUDA (driver )?error: out of memory|cuda runtime error \(2\)|Failed to CUDA [cm]alloc|AlignedAllocator|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation|(cuda|hip)Malloc failed: out of memory|CUDA runtime error in .*: out of memory|Cuda failure 2\b|Cuda failure 'out of memory'|OutOfMemoryError/,
    what: 'GPU memory',
  },
  { pattern: /wasm backend ran out of memory/, what: 'memory of WebAssembly' },
  { pattern: /CU(BLAS|DNN|SPARSE|SOLVER)_STATUS_ALLOC_FAILED/, what: 'GPU memory' },
  { pattern: /MPS backend out of memory/, what: 'GPU memory' },
  {
    pattern:
      /RESOURCE_EXHAUSTED|Resource exhausted: (OOM|Failed to allocate)|OOM when allocating tensor|[Rr]an out of memory trying to allocate|Ran out of memory in memory space hbm/,
    what: 'device memory',
  },
  {
    pattern: /No available memory for the cache blocks|KV cache is needed, which is larger than/,
    what: 'memory for the KV cache',
  },
  {
    pattern: /larger than the maximum number of tokens that can be stored in (the )?KV cache/,
    what: 'memory for the KV cache',
  },
  {
    // Of SGLang's pool of tokens, and of llama.cpp's cache.
    pattern: /(Prefill|Decode) out of memory|failed to allocate buffer for kv cache/,
    what: 'memory for the KV cache',
  },
  {
    pattern: /Free memory on device .*is less than desired GPU memory utilization/,
    what: 'GPU memory',
  },
  {
    pattern: /Not enough memory\. Please try to increase --mem-fraction-static/,
    what: 'GPU memory',
  },
  // Pinned memory of the host has CUDA in its name, too.
  {
    pattern: /(failed|unable) to allocate (CPU|CUDA_Host|ROCm_Host)\S* buffer/,
    what: 'host memory',
  },
  {
    pattern: /(failed|unable) to allocate \S*(CUDA|ROCm|Vulkan|SYCL)\S* buffer/i,
    what: 'GPU memory',
  },
  {
    pattern: /BFCArena::AllocateRawInternal.* Failed to allocate memory/,
    what: "memory for ONNX Runtime's arena",
  },
  {
    pattern: /Out of memory: Kill(ed)? process \d+|\boom[-_]kill event/,
    what: 'host memory',
  },
  {
    pattern: /insufficient shared memory \(shm\)|workers are out of shared memory/,
    what: 'shared memory',
  },
  {
    pattern: /DataLoader worker \(pid\(?s?\)? [\d, ]+\) is killed by signal: Killed/,
    what: 'host memory',
    isPerhaps: true,
  },
  { pattern: /JavaScript heap out of memory/, what: 'the JavaScript heap' },
  { pattern: /std::bad_alloc|DefaultCPUAllocator/, what: 'host memory' },
  { pattern: /(^|[\s.])(_ArrayMemoryError|MemoryError)\b/, what: 'host memory' },
  {
    pattern: /Array buffer allocation failed|Cannot allocate memory|cannot enlarge memory/i,
    what: 'host memory',
  },
];

const UNITS: Readonly<Record<string, number>> = { K: KiB, M: MiB, G: GiB, T: 1024 * GiB };
/** A size and its unit, as one of the makers writes it: 2.00 GiB, 20.00G, 512 bytes, 8589934592. A count of tokens is none. */
const SIZE = String.raw`([\d.]+)(?![\d.]) ?(bytes?|[KMGT]i?B?\b|B\b)?(?! ?tokens)`;

/** A unit that is left out, or called bytes, is one. */
const inBytes = (number: number, unit = ''): Bytes =>
  Math.round(number * (UNITS[unit.charAt(0).toUpperCase()] ?? 1));

/** The first that matches counts. */
function sized(text: string, ...patterns: readonly string[]): Bytes | null {
  for (const pattern of patterns) {
    const hit = new RegExp(pattern.replace('SIZE', SIZE), 'i').exec(text);
    const number = Number(hit?.[1]);
    if (hit && Number.isFinite(number)) return inBytes(number, hit[2]);
  }
  return null;
}

/** Whether a line that tells of missing memory only tells of what it may be the cause of. */
export const isPerhapsMissing = (line: string): boolean =>
  KINDS.find(({ pattern }) => pattern.test(line))?.isPerhaps === true;

/** Which memory a line of a log says there was not enough of; null for any other line. */
export function memoryMissing(line: string): string | null {
  return KINDS.find(({ pattern }) => pattern.test(line))?.what ?? null;
}

/**
 * `line` says that memory is missing. What it leaves out is looked for in `behind`, the lines after it: XLA and
 * TensorFlow tell of their allocator there, llama.cpp the size to the byte.
 */
export function parseMemoryError(line: string, behind: readonly string[] = []): MemoryError {
  const said = readFigures(line);
  const rest = readFigures(behind.join('\n'));
  return {
    what: memoryMissing(line) ?? 'memory',
    asked: said.asked ?? rest.asked,
    capacity: said.capacity ?? rest.capacity,
    free: said.free ?? rest.free,
    inUse: said.inUse ?? rest.inUse,
    allocated: said.allocated ?? rest.allocated,
    unallocated: said.unallocated ?? rest.unallocated,
    privatePools: said.privatePools ?? rest.privatePools,
    allowed: said.allowed ?? rest.allowed,
    device: said.device ?? rest.device,
    others: said.others.length > 0 ? said.others : rest.others,
  };
}

function readFigures(text: string): Omit<MemoryError, 'what'> {
  const reserved = sized(text, '; SIZE reserved in total');
  const allocated = sized(
    text,
    'memory SIZE is allocated by PyTorch',
    '; SIZE already allocated',
    'MPS allocated: SIZE',
    'with SIZE of tensors alive',
  );
  const beside = sized(text, 'other allocations: SIZE');
  return {
    asked: askedBytes(text),
    capacity: sized(
      text,
      'total capac(?:i)?ty of SIZE',
      '; SIZE total capacity',
      'Used [\\d.]+\\w* of SIZE hbm',
      'device \\([\\d.]+ ?/ ?SIZE\\) on startup',
    ),
    free: sized(
      text,
      'of which SIZE is free',
      '; SIZE free',
      'There are SIZE free',
      ...freeAtStartup(text),
    ),
    inUse:
      sized(
        text,
        'this process has SIZE memory in use',
        'Used SIZE of [\\d.]+\\w* hbm',
        'InUse: +SIZE',
        'anon-rss:SIZE',
      ) ?? (allocated !== null && beside !== null ? allocated + beside : null),
    allocated,
    unallocated:
      // Before PyTorch 1.5 what is reserved and in no tensor was called cached.
      sized(text, 'SIZE is reserved by PyTorch but unallocated', '; SIZE cached\\)') ??
      (reserved !== null && allocated !== null ? Math.max(0, reserved - allocated) : null),
    privatePools: sized(text, 'with SIZE allocated in private pools'),
    allowed: sized(
      text,
      'SIZE allowed;',
      'max allowed: SIZE',
      'WebAssembly holds at most SIZE',
      'desired GPU memory utilization \\([\\d.]+, SIZE\\)',
      'available KV cache memory \\(SIZE\\)',
      'Limit: +SIZE',
    ),
    device: deviceIndex(text),
    others: [...text.matchAll(new RegExp(`Process (\\d+) has ${SIZE} memory in use`, 'gi'))].map(
      ([, pid, number, unit]) => ({
        pid: Number(pid),
        bytes: inBytes(Number(number), unit),
      }),
    ),
  };
}

function askedBytes(text: string): Bytes | null {
  return (
    sized(
      text,
      '(?:tried|trying|try) to allocate SIZE',
      'out of memory allocating SIZE',
      'allocating SIZE on device',
      'buffer of size SIZE',
      'Unable to allocate SIZE for an array',
      'allocation of SIZE failed',
      'SIZE KV cache is needed',
      // The exact figure stands behind the rounded one.
      'failed to allocate [\\d.]+\\w? \\(SIZE\\) from ?device',
      'allocate request for [\\d.]+\\w+ \\(SIZE\\)',
      'CUDA [cm]alloc(?: async)? SIZE',
      'Attempting to (?:allocate|reserve) SIZE',
      'with size SIZE and alignment',
    ) ?? tensorBytes(text)
  );
}

const WIDTHS: Readonly<Record<string, number>> = {
  double: 8,
  float64: 8,
  int64: 8,
  complex64: 8,
  float: 4,
  float32: 4,
  int32: 4,
  uint32: 4,
  half: 2,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** TensorFlow tells the tensor it could not have: "OOM when allocating tensor with shape[32,1024] and type float". */
function tensorBytes(text: string): Bytes | null {
  const hit = /allocating tensor with shape ?\[([\d,]*)\] and type (\w+)/.exec(text);
  const width = hit && WIDTHS[hit[2] ?? ''];
  if (!hit || !width) return null;
  return (hit[1] ?? '')
    .split(',')
    .filter((side) => side !== '')
    .reduce((bytes, side) => bytes * Number(side), width);
}

/** vLLM's "(67.24/79.25 GiB) on startup": the unit stands behind both. */
function freeAtStartup(text: string): readonly string[] {
  const unit = /device \([\d.]+ ?\/ ?[\d.]+ ?([KMGT])i?B\) on startup/.exec(text)?.[1];
  return unit === undefined ? [] : [`device \\(([\\d.]+) ?/ ?[\\d.]+ ?(${unit})iB\\) on startup`];
}

function deviceIndex(text: string): number | null {
  const hit =
    /\bGPU (\d+)(?: has|;)|current device: (\d+)|on device (?:ordinal )?(\d+)\b|device:GPU:(\d+)|(?:CUDA|ROCm|Vulkan|SYCL)(\d+) buffer/.exec(
      text,
    );
  const index = hit?.slice(1).find((each) => each !== undefined);
  return index === undefined ? null : Number(index);
}
