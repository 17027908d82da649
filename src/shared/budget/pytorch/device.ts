/** What a CUDA process holds besides its tensors. Both figures depend on the GPU's generation; the run names the GPU. */
import { type Bytes, MiB } from '../../base/units';

export type Generation =
  | 'volta'
  | 'turing'
  | 'ampere'
  | 'ada'
  | 'hopper'
  | 'blackwell'
  | 'cdna3'
  | 'unknown';

/** The first that matches decides: "RTX 5000 Ada" and "Quadro RTX 5000" are no RTX 50, "RTX 4000" alone is Turing's. */
const PATTERNS: readonly (readonly [Generation, RegExp])[] = [
  ['blackwell', /\bBlackwell\b|\b(GB[123]\d\d|B[123]00|GB10)\b|\bRTX\s*(PRO\s*\d000|50[5-9]0)\b/i],
  ['hopper', /\b(GH200|H100|H200|H800|H20)\b/i],
  ['ada', /\bAda\b|\b(L4|L40S?|L20)\b|\bRTX\s*40[5-9]0\b/i],
  ['ampere', /\b(A100|A800|A10G?|A16|A30|A40|A2|A[2456]000)\b|\bRTX\s*(30\d\d|A\d000?)\b/i],
  ['turing', /\bT4G?\b|\bTITAN RTX\b|\b(RTX\s*20\d\d|GTX\s*16\d\d)\b|\bRTX\s*[34568]000\b/i],
  ['cdna3', /\bMI3[02]\d[AX]?\b/i],
  ['volta', /\b(V100S?|TITAN V|GV100)\b/i],
];

export function findGeneration(gpu: string | undefined): Generation {
  if (gpu === undefined) return 'unknown';
  return PATTERNS.find(([, pattern]) => pattern.test(gpu))?.[0] ?? 'unknown';
}

/**
 * CUDA context with the libraries' kernels, as nvidia-smi shows it for a process that holds no tensor.
 *
 *     Volta   1,343 MiB  V100, CUDA 11.2, every kernel loaded at start (Hugging Face, model_memory_anatomy: 2,631 MiB
 *                        with BERT-large's weights, 1,288 MiB of them)
 *     Ampere    256 MiB  RTX 3090, PyTorch 2.7, kernels loaded when first used (invoke-ai/InvokeAI#9413)
 *     Ada       426 MiB  RTX 6000 Ada, PyTorch 2.10 (unslothai/unsloth-zoo#1053)
 *
 * PyTorch has loaded kernels when first used since 1.13 with CUDA 11.7 (pytorch/pytorch#86509: 666,632,192 B became
 * 287,047,680 with a tensor of 4 MB), so a context depends on the version more than on the GPU. No such figure is
 * published for Turing (877 MiB on an RTX 2080 Ti came with PyTorch 1.6, pytorch/pytorch#49877), Hopper, Blackwell,
 * AMD or an unnamed GPU: Ada's, the highest measured since, stands in, and `contextAssumed` says so.
 */
const CONTEXT: Readonly<Partial<Record<Generation, Bytes>>> = {
  volta: 1_343 * MiB,
  ampere: 256 * MiB,
  ada: 426 * MiB,
};
const STAND_IN = 426 * MiB;

export function contextBytes(gpu: string | undefined): Bytes {
  return CONTEXT[findGeneration(gpu)] ?? STAND_IN;
}

/** True where no measurement of the GPU's generation is published and Ada's stands in. */
export function contextAssumed(gpu: string | undefined): boolean {
  return CONTEXT[findGeneration(gpu)] === undefined;
}

/** Where it is not what every generation before Hopper takes. */
const WORKSPACE: Readonly<Partial<Record<Generation, Bytes>>> = {
  hopper: 32 * MiB,
  blackwell: 32 * MiB,
  cdna3: 128 * MiB,
};

/**
 * cuBLAS workspace of one thread that multiplies matrices: 8,519,680 B; 33,554,432 B on Hopper, and on Blackwell since
 * PyTorch counts majors 10 to 12 with 9; 134,217,728 B for hipBLAS on gfx942 (ATen/cuda/CublasHandlePool.cpp). It is
 * taken from the caching allocator and never given back. Backward runs in a thread of its own, so training holds two.
 */
export function cublasWorkspace(gpu: string | undefined): Bytes {
  return WORKSPACE[findGeneration(gpu)] ?? 8_519_680;
}
