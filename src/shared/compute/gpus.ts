/**
 * GPUs by name: memory, bandwidth and dense peaks, each with the place it comes from. Peaks are without sparsity; on
 * GeForce cards fp16 and fp8 are those with fp32 accumulation, which training and inference use.
 *
 * Memory is what nvidia-smi reports as total (MiB × 2^20), which is what a program can see; where no such reading is
 * at hand it is the vendor's figure, taken as GiB, and `memoryFrom` says so.
 */
import type { Bytes } from '../units';
import { GiB, MiB } from '../units';

export type PeakPrecision = 'fp32' | 'tf32' | 'fp16' | 'bf16' | 'int8' | 'fp8';

export interface Gpu {
  readonly name: string;
  /** Names the driver gives the device, where they say more than `name` does. */
  readonly deviceNames: readonly string[];
  readonly memoryBytes: Bytes;
  readonly memoryFrom: 'nvidia-smi' | 'vendor';
  /** Bytes a second. */
  readonly bandwidth: number;
  /** Dense operations a second; null where the device has no such unit. */
  readonly peak: Readonly<Record<PeakPrecision, number | null>>;
  readonly tdpWatts: number;
  /** CUDA compute capability, or AMD's target name. */
  readonly generation: string;
  readonly source: string;
}

const T = 1e12;

interface Row {
  readonly name: string;
  readonly devices?: readonly string[];
  readonly mib?: number;
  readonly gib?: number;
  /** GB a second. */
  readonly gbps: number;
  /** fp32, tf32, fp16, bf16, int8, fp8, in 10^12 a second. */
  readonly tera: readonly [number, number | null, number, number | null, number | null, number | null];
  readonly watts: number;
  readonly sm: string;
  readonly source: string;
}

function gpu(row: Row): Gpu {
  const [fp32, tf32, fp16, bf16, int8, fp8] = row.tera.map((value) => (value === null ? null : value * T)) as [number, ...(number | null)[]];
  return {
    name: row.name,
    deviceNames: row.devices ?? [],
    memoryBytes: row.mib === undefined ? (row.gib ?? 0) * GiB : row.mib * MiB,
    memoryFrom: row.mib === undefined ? 'vendor' : 'nvidia-smi',
    bandwidth: row.gbps * 1e9,
    peak: { fp32, tf32: tf32 ?? null, fp16: fp16 ?? null, bf16: bf16 ?? null, int8: int8 ?? null, fp8: fp8 ?? null },
    tdpWatts: row.watts,
    generation: row.sm,
    source: row.source,
  };
}

export const GPUS: readonly Gpu[] = ([
  {
    name: 'V100 16GB', devices: ['Tesla V100-SXM2-16GB'], mib: 16_384, gbps: 900, tera: [15.7, null, 125, null, null, null], watts: 300, sm: '7.0',
    source: 'NVIDIA V100 datasheet (SXM2)',
  },
  {
    name: 'V100 32GB', devices: ['Tesla V100-SXM2-32GB'], mib: 32_768, gbps: 900, tera: [15.7, null, 125, null, null, null], watts: 300, sm: '7.0',
    source: 'NVIDIA V100 datasheet (SXM2)',
  },
  {
    name: 'T4', devices: ['Tesla T4'], mib: 15_360, gbps: 320, tera: [8.1, null, 65, null, 130, null], watts: 70, sm: '7.5',
    source: 'NVIDIA T4 product brief',
  },
  {
    name: 'RTX 3080', devices: ['NVIDIA GeForce RTX 3080'], mib: 10_240, gbps: 760, tera: [29.8, 29.8, 59.5, 59.5, 238, null], watts: 320, sm: '8.6',
    source: 'NVIDIA Ampere GA102 whitepaper',
  },
  {
    name: 'RTX 3090', devices: ['NVIDIA GeForce RTX 3090'], mib: 24_576, gbps: 936, tera: [35.6, 35.6, 71, 71, 284, null], watts: 350, sm: '8.6',
    source: 'NVIDIA Ampere GA102 whitepaper',
  },
  {
    name: 'RTX 4080', devices: ['NVIDIA GeForce RTX 4080'], mib: 16_376, gbps: 716.8, tera: [48.7, 48.7, 97.5, 97.5, 389.9, 194.9], watts: 320, sm: '8.9',
    source: 'NVIDIA Ada whitepaper, appendix A; memory as the RTX 4080 SUPER reports it',
  },
  {
    name: 'RTX 4090', devices: ['NVIDIA GeForce RTX 4090'], mib: 24_564, gbps: 1008, tera: [82.6, 82.6, 165.2, 165.2, 660.6, 330.3], watts: 450, sm: '8.9',
    source: 'NVIDIA Ada whitepaper, appendix A',
  },
  {
    name: 'RTX 5090', devices: ['NVIDIA GeForce RTX 5090'], mib: 32_607, gbps: 1792, tera: [104.8, 104.8, 209.5, 209.5, 838, 419], watts: 575, sm: '12.0',
    source: 'NVIDIA RTX Blackwell whitepaper, appendix A',
  },
  {
    name: 'A5000', devices: ['NVIDIA RTX A5000'], mib: 24_564, gbps: 768, tera: [27.8, 55.6, 111.1, 111.1, 222.2, null], watts: 230, sm: '8.6',
    source: 'NVIDIA RTX A5000 datasheet (tensor peak halved: it is given with sparsity)',
  },
  {
    name: 'A100 40GB', devices: ['NVIDIA A100-SXM4-40GB', 'A100-SXM4-40GB'], mib: 40_960, gbps: 1555, tera: [19.5, 156, 312, 312, 624, null], watts: 400, sm: '8.0',
    source: 'NVIDIA A100 datasheet (SXM)',
  },
  {
    name: 'A100 80GB', devices: ['NVIDIA A100-SXM4-80GB', 'A100-SXM4-80GB'], mib: 81_920, gbps: 2039, tera: [19.5, 156, 312, 312, 624, null], watts: 400, sm: '8.0',
    source: 'NVIDIA A100 datasheet (SXM)',
  },
  {
    name: 'L4', devices: ['NVIDIA L4'], mib: 23_034, gbps: 300, tera: [30.3, 60, 121, 121, 242.5, 242.5], watts: 72, sm: '8.9',
    source: 'NVIDIA L4 datasheet (tensor peaks halved: given with sparsity)',
  },
  {
    name: 'L40S', devices: ['NVIDIA L40S'], mib: 46_068, gbps: 864, tera: [91.6, 183, 362.05, 362.05, 733, 733], watts: 350, sm: '8.9',
    source: 'NVIDIA L40S datasheet',
  },
  {
    name: 'H100 SXM', devices: ['NVIDIA H100 80GB HBM3'], mib: 81_559, gbps: 3350, tera: [66.9, 494.7, 989.4, 989.4, 1978.9, 1978.9], watts: 700, sm: '9.0',
    source: 'NVIDIA H100 whitepaper and datasheet (SXM5)',
  },
  {
    name: 'H100 PCIe', devices: ['NVIDIA H100 PCIe'], mib: 81_559, gbps: 2039, tera: [51.2, 378, 756, 756, 1513, 1513], watts: 350, sm: '9.0',
    source: 'NVIDIA H100 whitepaper (PCIe); memory as the SXM card reports it',
  },
  {
    name: 'H200', devices: ['NVIDIA H200'], mib: 143_771, gbps: 4800, tera: [66.9, 494.7, 989.4, 989.4, 1978.9, 1978.9], watts: 700, sm: '9.0',
    source: 'NVIDIA H200 datasheet (SXM)',
  },
  {
    name: 'B200', devices: ['NVIDIA B200'], mib: 183_359, gbps: 7700, tera: [75, 1125, 2250, 2250, 4500, 4500], watts: 1000, sm: '10.0',
    source: 'NVIDIA HGX B200 datasheet, an eighth of the board',
  },
  {
    name: 'MI300X', devices: ['AMD Instinct MI300X'], gib: 192, gbps: 5300, tera: [163.4, 653.7, 1307.4, 1307.4, 2614.9, 2614.9], watts: 750, sm: 'gfx942',
    source: 'AMD Instinct MI300X data sheet',
  },
] satisfies readonly Row[]).map(gpu);
