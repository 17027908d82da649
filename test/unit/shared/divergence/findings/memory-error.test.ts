/**
 * Messages about missing memory, read to their last figure. The figures are those of messages that people posted in the
 * trackers of the projects named; what stands around them is cut to what the makers' code prints between the figures.
 */
import { describe, expect, it } from 'vitest';
import {
  memoryMissing,
  parseMemoryError,
} from '../../../../../src/shared/divergence/findings/memory-error';
import {
  describeMemoryError,
  hadEnoughReserved,
} from '../../../../../src/shared/divergence/findings/memory-error-words';
import type { MemoryError } from '../../../../../src/shared/divergence/overlay/types';

const KiB = 1024;
const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const bytes = (size: number) => Math.round(size);

/** PyTorch 2.1 and later; "capacty" is how 2.1 spelt it. */
const modern = (
  asked: string,
  capacity: string,
  free: string,
  ours: string | null,
  allocated: string,
  unallocated: string,
  rest: { pools?: string; others?: string; spelt?: string } = {},
) =>
  `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${asked}. GPU 0 has a total ${rest.spelt ?? 'capacity'} of ${capacity} of which ${free} is free. ${rest.others ?? ''}${ours === null ? '' : `Including non-PyTorch memory, this process has ${ours} memory in use. `}Of the allocated memory ${allocated} is allocated by PyTorch, ${rest.pools ? `with ${rest.pools} allocated in private pools (e.g., CUDA Graphs), ` : ''}and ${unallocated} is reserved by PyTorch but unallocated.`;
const older = (
  asked: string,
  gpu: number,
  capacity: string,
  allocated: string,
  free: string,
  reserved: string,
) =>
  `RuntimeError: CUDA out of memory. Tried to allocate ${asked} (GPU ${gpu}; ${capacity} total capacity; ${allocated} already allocated; ${free} free; ${reserved} reserved in total by PyTorch)`;
const mps = (allocated: string, other: string, allowed: string, asked: string, pool = 'private') =>
  `RuntimeError: MPS backend out of memory (MPS allocated: ${allocated}, other allocations: ${other}, max allowed: ${allowed}). Tried to allocate ${asked} on ${pool} pool.`;

const NOTHING = {
  asked: null,
  capacity: null,
  free: null,
  inUse: null,
  allocated: null,
  unallocated: null,
  privatePools: null,
  allowed: null,
  device: null,
  others: [],
};

const gpu = 'GPU memory';
const messages: readonly (readonly [string, string, Partial<MemoryError>])[] = [
  [
    'PyTorch 2.1, wxian3/NeuroLens 2',
    modern('55.57 GiB', '12.00 GiB', '9.02 GiB', null, '984.52 MiB', '463.48 MiB', {
      spelt: 'capacty',
    }),
    {
      asked: bytes(55.57 * GiB),
      capacity: 12 * GiB,
      free: bytes(9.02 * GiB),
      allocated: bytes(984.52 * MiB),
      unallocated: bytes(463.48 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch 2.1, kerrj/lerf 73',
    modern('3.00 GiB', '23.65 GiB', '1.66 GiB', '20.81 GiB', '12.09 GiB', '4.84 GiB', {
      spelt: 'capacty',
    }),
    {
      asked: 3 * GiB,
      capacity: bytes(23.65 * GiB),
      free: bytes(1.66 * GiB),
      inUse: bytes(20.81 * GiB),
      allocated: bytes(12.09 * GiB),
      unallocated: bytes(4.84 * GiB),
      device: 0,
    },
  ],
  [
    'PyTorch 2.1, Synthintel0/MyGirlGPT 11',
    modern('32.00 MiB', '4.00 GiB', '41.56 MiB', '3.44 GiB', '2.58 GiB', '1.90 MiB'),
    {
      asked: 32 * MiB,
      capacity: 4 * GiB,
      free: bytes(41.56 * MiB),
      inUse: bytes(3.44 * GiB),
      allocated: bytes(2.58 * GiB),
      unallocated: bytes(1.9 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch 2.1, MGFN 35',
    modern('1.70 GiB', '6.00 GiB', '0 bytes', null, '2.93 GiB', '2.30 GiB'),
    {
      asked: bytes(1.7 * GiB),
      capacity: 6 * GiB,
      free: 0,
      allocated: bytes(2.93 * GiB),
      unallocated: bytes(2.3 * GiB),
      device: 0,
    },
  ],
  [
    'PyTorch 2.1, sd-webui-replacer 74',
    modern('27.12 GiB', '11.99 GiB', '0 bytes', null, '16.16 GiB', '144.59 MiB'),
    {
      asked: bytes(27.12 * GiB),
      capacity: bytes(11.99 * GiB),
      free: 0,
      allocated: bytes(16.16 * GiB),
      unallocated: bytes(144.59 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch 2.1, OOTDiffusion 167',
    modern('2.00 GiB', '4.00 GiB', '2.80 GiB', null, '0 bytes', '0 bytes'),
    {
      asked: 2 * GiB,
      capacity: 4 * GiB,
      free: bytes(2.8 * GiB),
      allocated: 0,
      unallocated: 0,
      device: 0,
    },
  ],
  [
    'PyTorch 2.5, pools of CUDA graphs, another process',
    modern('896.00 MiB', '79.11 GiB', '501.56 MiB', '71.05 GiB', '69.20 GiB', '1.12 GiB', {
      pools: '83.88 MiB',
      others: 'Process 2893215 has 7.56 GiB memory in use. ',
    }),
    {
      asked: 896 * MiB,
      capacity: bytes(79.11 * GiB),
      free: bytes(501.56 * MiB),
      inUse: bytes(71.05 * GiB),
      allocated: bytes(69.2 * GiB),
      unallocated: bytes(1.12 * GiB),
      privatePools: bytes(83.88 * MiB),
      device: 0,
      others: [{ pid: 2893215, bytes: bytes(7.56 * GiB) }],
    },
  ],
  [
    'PyTorch, pytorch 59778',
    older('2.26 GiB', 0, '6.00 GiB', '781.59 MiB', '3.03 GiB', '1.24 GiB'),
    {
      asked: bytes(2.26 * GiB),
      capacity: 6 * GiB,
      allocated: bytes(781.59 * MiB),
      free: bytes(3.03 * GiB),
      unallocated: bytes(1.24 * GiB) - bytes(781.59 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch, stable-diffusion 702',
    older('192.00 MiB', 0, '4.00 GiB', '3.08 GiB', '0 bytes', '3.47 GiB'),
    {
      asked: 192 * MiB,
      capacity: 4 * GiB,
      allocated: bytes(3.08 * GiB),
      free: 0,
      unallocated: bytes(3.47 * GiB) - bytes(3.08 * GiB),
      device: 0,
    },
  ],
  [
    'PyTorch, Zero-DCE 52',
    older('1.71 GiB', 0, '6.00 GiB', '3.49 GiB', '1.04 GiB', '3.50 GiB'),
    {
      asked: bytes(1.71 * GiB),
      capacity: 6 * GiB,
      allocated: bytes(3.49 * GiB),
      free: bytes(1.04 * GiB),
      unallocated: bytes(3.5 * GiB) - bytes(3.49 * GiB),
      device: 0,
    },
  ],
  [
    'PyTorch, Self_Explaining_Structures 6, on its second GPU',
    older('20.00 MiB', 1, '1.96 GiB', '1.24 GiB', '2.88 MiB', '1.25 GiB'),
    {
      asked: 20 * MiB,
      capacity: bytes(1.96 * GiB),
      allocated: bytes(1.24 * GiB),
      free: bytes(2.88 * MiB),
      unallocated: bytes(1.25 * GiB) - bytes(1.24 * GiB),
      device: 1,
    },
  ],
  [
    'PyTorch, OPIXray 5',
    older('264.00 MiB', 0, '2.00 GiB', '788.51 MiB', '145.93 MiB', '1.02 GiB'),
    {
      asked: 264 * MiB,
      capacity: 2 * GiB,
      allocated: bytes(788.51 * MiB),
      free: bytes(145.93 * MiB),
      unallocated: bytes(1.02 * GiB) - bytes(788.51 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch 1.0, GenerativeGraph 5',
    'RuntimeError: CUDA out of memory. Tried to allocate 1024.00 KiB (GPU 0; 11.17 GiB total capacity; 10.90 GiB already allocated; 576.00 KiB free; 30.96 MiB cached)',
    {
      asked: 1024 * KiB,
      capacity: bytes(11.17 * GiB),
      allocated: bytes(10.9 * GiB),
      free: 576 * KiB,
      unallocated: bytes(30.96 * MiB),
      device: 0,
    },
  ],
  [
    'PyTorch, ComfyUI 7440',
    mps('9.57 GiB', '17.35 GiB', '27.20 GiB', '292.50 MiB'),
    {
      asked: bytes(292.5 * MiB),
      allocated: bytes(9.57 * GiB),
      inUse: bytes(9.57 * GiB) + bytes(17.35 * GiB),
      allowed: bytes(27.2 * GiB),
    },
  ],
  [
    'PyTorch, ComfyUI 2489',
    mps('5.56 GB', '1.10 GB', '6.80 GB', '768.00 MB'),
    {
      asked: 768 * MiB,
      allocated: bytes(5.56 * GiB),
      inUse: bytes(5.56 * GiB) + bytes(1.1 * GiB),
      allowed: bytes(6.8 * GiB),
    },
  ],
  [
    'PyTorch, ComfyUI 7372',
    mps('17.68 GB', '3.95 MB', '18.13 GB', '1024.00 MB'),
    {
      asked: GiB,
      allocated: bytes(17.68 * GiB),
      inUse: bytes(17.68 * GiB) + bytes(3.95 * MiB),
      allowed: bytes(18.13 * GiB),
    },
  ],
  [
    'PyTorch, clip-interrogator-ext 74',
    mps('6.04 GB', '1.04 GB', '6.77 GB', '459.07 MB'),
    {
      asked: bytes(459.07 * MiB),
      allocated: bytes(6.04 * GiB),
      inUse: bytes(6.04 * GiB) + bytes(1.04 * GiB),
      allowed: bytes(6.77 * GiB),
    },
  ],
  [
    'PyTorch, pinokio 941',
    mps('16.00 GB', '3.31 GB', '18.13 GB', '256 bytes', 'shared'),
    {
      asked: 256,
      allocated: 16 * GiB,
      inUse: 16 * GiB + bytes(3.31 * GiB),
      allowed: bytes(18.13 * GiB),
    },
  ],
  [
    'PyTorch, surya 254',
    mps('7.23 GB', '1.54 GB', '9.07 GB', '896.00 MB'),
    {
      asked: 896 * MiB,
      allocated: bytes(7.23 * GiB),
      inUse: bytes(7.23 * GiB) + bytes(1.54 * GiB),
      allowed: bytes(9.07 * GiB),
    },
  ],
  [
    'JAX, alphafold 1023',
    'XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 7406166528 bytes.',
    { what: 'device memory', asked: 7_406_166_528 },
  ],
  [
    'JAX, AFProfile 8',
    'XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 4770354232 bytes.',
    { what: 'device memory', asked: 4_770_354_232 },
  ],
  [
    'JAX, jaxline 11',
    'RESOURCE_EXHAUSTED: Out of memory while trying to allocate 285212672 bytes.',
    { what: 'device memory', asked: 285_212_672 },
  ],
  [
    'XLA on a TPU, LWM 60',
    'XlaRuntimeError: RESOURCE_EXHAUSTED: XLA:TPU compile permanent error. Ran out of memory in memory space hbm. Used 21.95G of 15.48G hbm.',
    { what: 'device memory', inUse: bytes(21.95 * GiB), capacity: bytes(15.48 * GiB) },
  ],
  [
    'TensorFlow, 47820',
    'ResourceExhaustedError: OOM when allocating tensor with shape[3,3,512,1024] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc [Op:Mul]',
    { what: 'device memory', asked: 3 * 3 * 512 * 1024 * 4, device: 0 },
  ],
  [
    'TensorFlow, models 848',
    'Ran out of memory trying to allocate 24.38MiB.',
    { what: 'device memory', asked: bytes(24.38 * MiB) },
  ],
  [
    'TensorFlow, tensor2tensor 782: a tensor of no type',
    'OOM when allocating tensor with shape[123008,500]',
    { what: 'device memory' },
  ],
  [
    'vLLM, kvcached 110',
    'ValueError: Free memory on device (67.24/79.25 GiB) on startup is less than desired GPU memory utilization (0.9, 71.33 GiB).',
    { free: bytes(67.24 * GiB), capacity: bytes(79.25 * GiB), allowed: bytes(71.33 * GiB) },
  ],
  [
    'vLLM, vllm-rocm 5',
    "ValueError: To serve at least one request with the models's max seq len (131072), (4.11 GiB KV cache is needed, which is larger than the available KV cache memory (4.0 GiB).",
    { what: 'memory for the KV cache', asked: bytes(4.11 * GiB), allowed: 4 * GiB },
  ],
  [
    'vLLM, spark-vllm-docker 396',
    "ValueError: To serve at least one request with the model's max seq len (196608), 23.25 GiB KV cache is needed, which is larger than the available KV cache memory (22.5 GiB).",
    { what: 'memory for the KV cache', asked: bytes(23.25 * GiB), allowed: bytes(22.5 * GiB) },
  ],
  [
    'vLLM, 2248',
    'ValueError: No available memory for the cache blocks.',
    { what: 'memory for the KV cache' },
  ],
  [
    'vLLM, 2418',
    "ValueError: The model's max seq len (4096) is larger than the maximum number of tokens that can be stored in KV cache (3664).",
    { what: 'memory for the KV cache' },
  ],
  [
    'llama.cpp, 20431',
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 144817.04 MiB on device 0: cudaMalloc failed: out of memory',
    { asked: bytes(144_817.04 * MiB), device: 0 },
  ],
  [
    'llama.cpp, 11476',
    'ggml_gallocr_reserve_n: failed to allocate CUDA1 buffer of size 10345253120',
    { asked: 10_345_253_120, device: 1 },
  ],
  [
    'llama.cpp, 16725',
    'ggml_gallocr_reserve_n: failed to allocate ROCm0 buffer of size 14822711296',
    { asked: 14_822_711_296, device: 0 },
  ],
  [
    'llama.cpp in Ollama, 12634: on the CPU',
    'alloc_tensor_range: failed to allocate CPU buffer of size 437944320',
    { what: 'host memory', asked: 437_944_320 },
  ],
  [
    'llama.cpp in Ollama, 16455: pinned memory of the host',
    'alloc_tensor_range: failed to allocate CUDA_Host buffer of size 9925767168',
    { what: 'host memory', asked: 9_925_767_168 },
  ],
  [
    'llama.cpp in Ollama, 8597',
    'llama_model_load: error loading model: unable to allocate CUDA0 buffer',
    { device: 0 },
  ],
  [
    'ONNX Runtime, chineseocr_lite 355',
    "Non-zero status code returned while running Conv node. Name:'347_nchwc' bfc_arena.cc:330 onnxruntime::BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 285081600",
    { what: "memory for ONNX Runtime's arena", asked: 285_081_600 },
  ],
  [
    'TensorRT-LLM, 3636',
    '[TensorRT-LLM][ERROR] CUDA runtime error in ::cudaMallocAsync(ptr, n, mMemPool->getPool(), mCudaStream->get()): out of memory (tllmBuffers.h:125)',
    {},
  ],
  ['CUDA', 'CUDA error: out of memory', {}],
  [
    'cuBLAS',
    'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`',
    {},
  ],
  [
    'CUDA runtime, NCRFpp 121',
    'RuntimeError: cuda runtime error (2) : out of memory at /pytorch/torch/lib/THC/generic/THCStorage.cu:58',
    {},
  ],
  [
    'PyTorch 1.0, DNN_NeuroSim_V1.3 28',
    'RuntimeError: CUDA out of memory. Tried to allocate 1.12 MiB (GPU 0; 22.37 GiB total capacity; 15.87 GiB already allocated; 3.56 MiB free; 787.74 MiB cached)',
    {
      asked: bytes(1.12 * MiB),
      capacity: bytes(22.37 * GiB),
      allocated: bytes(15.87 * GiB),
      free: bytes(3.56 * MiB),
      unallocated: bytes(787.74 * MiB),
      device: 0,
    },
  ],
  [
    'cuDNN, torch7 780',
    'Error in CuDNN: CUDNN_STATUS_ALLOC_FAILED (cudnnFindConvolutionForwardAlgorithm)',
    {},
  ],
  [
    'NCCL, Open-Sora-Plan 386',
    "host:3018451:3018451 [0] enqueue.cc:1085 NCCL WARN Cuda failure 'out of memory'",
    {},
  ],
  [
    'NCCL, a run with state of an earlier one',
    'ncclUnhandledCudaError: Failed to CUDA calloc async 2432 bytes',
    { asked: 2432 },
  ],
  [
    "CUDA's driver under XLA, PIXOR 31",
    'E cuda_driver.cc:828] failed to allocate 17.79G (19104890880 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    { asked: 19_104_890_880 },
  ],
  [
    'XLA, jax 788',
    'E cudnn_conv_algorithm_picker.cc:525] Resource exhausted: Failed to allocate request for 528.00MiB (553648128B) on device ordinal 0',
    { what: 'device memory', asked: 553_648_128, device: 0 },
  ],
  [
    'JAX, jax_privacy 10',
    'RESOURCE_EXHAUSTED: Failed to allocate request for 176.00MiB (184549376B) on device ordinal 0',
    { what: 'device memory', asked: 184_549_376, device: 0 },
  ],
  [
    'vLLM on a TPU, tpu-recipes 151',
    "RESOURCE_EXHAUSTED: Error loading program 'jit__multi_slice': Attempting to reserve 6.14G at the bottom of memory. That was not possible.",
    { what: 'device memory', asked: bytes(6.14 * GiB) },
  ],
  [
    'TensorFlow, AIR 4',
    'W bfc_allocator.cc:239] Allocator (GPU_0_bfc) ran out of memory trying to allocate 3.34GiB with freed_by_count=0.',
    { what: 'device memory', asked: bytes(3.34 * GiB) },
  ],
  [
    'TensorFlow, Keras-YOLOv4 39',
    'ResourceExhaustedError: OOM when allocating tensor with shape[8,64,256,256] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
    { what: 'device memory', asked: 8 * 64 * 256 * 256 * 4, device: 0 },
  ],
  [
    'SGLang, 322',
    'RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.',
    {},
  ],
  [
    'SGLang, sglang-jax 113: tokens are no bytes',
    'RuntimeError: Decode out of memory. Try to lower your batch size. Try to allocate 127 tokens. Available tokens: 5248',
    { what: 'memory for the KV cache' },
  ],
  [
    'SGLang, 2102',
    'RuntimeError: Failed to allocate memory for batch_prefill_tmp_v with size 435814400 and alignment 16 in AlignedAllocator',
    { asked: 435_814_400 },
  ],
  [
    'the kernel, ert 7797',
    'Out of memory: Killed process 1440763 (perl) total-vm:87033376kB, anon-rss:60356340kB, file-rss:0kB, shmem-rss:0kB, UID:21417 pgtables:169956kB oom_score_adj:0',
    { what: 'host memory', inUse: 60_356_340 * KiB },
  ],
  [
    'Slurm, nextflow 5932',
    'slurmstepd: error: Detected 1 oom_kill event in StepId=11300781.0. Some of the step tasks have been OOM Killed.',
    { what: 'host memory' },
  ],
  [
    'Slurm, affinity-vae 192',
    'slurmstepd: error: Detected 1 oom-kill event(s) in StepId=487912.batch cgroup. Some of your processes may have been killed by the cgroup out-of-memory handler.',
    { what: 'host memory' },
  ],
  [
    'NumPy',
    'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 14.9 GiB for an array with shape (20000, 100000) and data type float64',
    { what: 'host memory', asked: bytes(14.9 * GiB) },
  ],
  [
    'PyTorch on the CPU',
    "RuntimeError: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 137438953472 bytes. Error code 12 (Cannot allocate memory)",
    { what: 'host memory', asked: 137_438_953_472 },
  ],
  [
    'the bundled workload',
    'The wasm backend ran out of memory with 3221225472 bytes of tensors alive: WebAssembly holds at most 4 GiB.',
    { what: 'memory of WebAssembly', allocated: 3 * GiB, allowed: 4 * GiB },
  ],
  [
    'the bundled workload, where free memory lies in pieces',
    'The wasm backend ran out of memory trying to allocate 154389504 bytes, with 3221225472 bytes of tensors alive: WebAssembly holds at most 4 GiB.',
    {
      what: 'memory of WebAssembly',
      asked: 154_389_504,
      allocated: 3 * GiB,
      allowed: 4 * GiB,
    },
  ],
];

describe('a message about missing memory', () => {
  it.each(messages)('is read to its last figure: %s', (_, text, figures) => {
    expect(parseMemoryError(text)).toEqual({ what: gpu, ...NOTHING, ...figures });
  });

  it.each([
    'epoch 3: loss 2.31, 79.11 GiB total capacity of the disk',
    'Saved 2.00 GiB of checkpoints; 1.66 GiB free',
    'OSError: [Errno 28] No space left on device',
    'triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 147456, Hardware limit: 101376.',
    'KeyError: "memory"',
  ])('is no other line: %s', (text) => {
    expect(memoryMissing(text)).toBeNull();
  });

  it('may tell of its allocator in the lines behind it', () => {
    const error = parseMemoryError(
      'W bfc_allocator.cc:491] Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.25GiB (rounded to 2415919104)',
      [
        'I bfc_allocator.cc:1101] Stats: ',
        'Limit:                     10922166272',
        'InUse:                      9663676416',
        'MaxInUse:                   9898557440',
        'another word of the workload',
      ],
    );
    expect(error).toMatchObject({
      asked: bytes(2.25 * GiB),
      allowed: 10_922_166_272,
      inUse: 9_663_676_416,
    });
  });

  it('closes its ledger: what the process held is in tensors, reserved, or outside the allocator', () => {
    const error = parseMemoryError(messages[1]![1]);
    const outside = error.inUse! - error.allocated! - error.unallocated!;
    expect(outside).toBeCloseTo(3.88 * GiB, -1);
    const text = describeMemoryError(error).join(' ');
    expect(text).toContain('GPU 0 of 23.7 GiB had 1.66 GiB free, 1.34 GiB too little.');
    expect(text).toContain('It held 20.8 GiB: 12.1 GiB in tensors, 4.84 GiB reserved');
    expect(text).toContain('3.88 GiB outside the allocator');
  });

  it('names fragmentation where more was reserved and unused than was asked for, and only there', () => {
    const [neurolens, lerf] = [
      parseMemoryError(messages[0]![1]),
      parseMemoryError(messages[1]![1]),
    ];
    expect([hadEnoughReserved(neurolens), hadEnoughReserved(lerf)]).toEqual([false, true]);
    expect(describeMemoryError(lerf).join(' ')).toContain('fragmentation is the cause');
    expect(describeMemoryError(neurolens).join(' ')).not.toContain('fragmentation');
  });
});
