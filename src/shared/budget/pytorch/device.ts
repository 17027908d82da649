/**
 * What a CUDA process holds besides its tensors. Both figures depend on the GPU's generation; the run names the GPU.
 */
import { MiB, type Bytes } from '../../units';

export type Generation = 'volta' | 'ampere' | 'ada' | 'hopper' | 'unknown';

const PATTERNS: readonly (readonly [Generation, RegExp])[] = [
  ['hopper', /\b(GH200|H100|H200|H800|H20)\b/i],
  ['ada', /\b(RTX\s*40\d\d|RTX \d000 Ada|L4|L40S?)\b|\bAda\b/i],
  ['ampere', /\b(A100|A800|A10G?|A16|A30|A40|A[2456]000|RTX\s*30\d\d|RTX A\d000)\b/i],
  ['volta', /\b(V100|TITAN V|GV100)\b/i],
];

export function generationOf(gpu: string | undefined): Generation {
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
 * No figure is published for Hopper or an unnamed GPU; Ada's stands in.
 */
const CONTEXT: Readonly<Record<Generation, Bytes>> = {
  volta: 1_343 * MiB, ampere: 256 * MiB, ada: 426 * MiB, hopper: 426 * MiB, unknown: 426 * MiB,
};

export function contextBytes(gpu: string | undefined): Bytes {
  return CONTEXT[generationOf(gpu)];
}

/**
 * cuBLAS workspace of one thread that multiplies matrices: 8,519,680 B, on Hopper 33,554,432 B
 * (ATen/cuda/CublasHandlePool.cpp). It is taken from the caching allocator and never given back. Backward runs in a
 * thread of its own, so training holds two.
 */
export function cublasWorkspace(gpu: string | undefined): Bytes {
  return generationOf(gpu) === 'hopper' ? 33_554_432 : 8_519_680;
}
