/**
 * GPUs by name: memory, bandwidth and dense peaks, each with the place it comes from. Peaks are without sparsity (vendors
 * that print them with it print twice as much); on GeForce cards fp16 and fp8 are those with fp32 accumulation, which
 * training and inference use. Where a vendor prints the fp32 rate alone, the tensor rates follow from it by the
 * architecture's ratios, and `source` says so.
 *
 * Memory is what nvidia-smi reports as total (MiB × 2^20), which is what a program can see; where no such reading is
 * at hand it is the vendor's figure, taken as GiB, and `memoryFrom` says so.
 */
import { type Bytes, GiB, MiB } from '../base/units';

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
  /** Name and year of the document the figures are printed in. */
  readonly source: string;
  readonly url: string;
}

const T = 1e12;

/** The documents figures are taken from. */
const SOURCES = {
  v100: [
    'NVIDIA V100 datasheet, 2020 (SXM2)',
    'https://images.nvidia.com/content/technologies/volta/pdf/volta-v100-datasheet-update-us-1165301-r5.pdf',
  ],
  t4: [
    'NVIDIA T4 product brief, 2019 (PB-09256)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/tesla-t4/t4-tensor-core-product-brief.pdf',
  ],
  ampere: [
    'NVIDIA Ampere GA102 whitepaper, 2020',
    'https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.pdf',
  ],
  ampereRates: [
    'NVIDIA product page, 2021; tensor rates by the ratios of the GA102 whitepaper',
    'https://www.nvidia.com/en-us/geforce/graphics-cards/30-series/rtx-3060-3060ti/',
  ],
  ada: [
    'NVIDIA Ada whitepaper, 2022, appendix A',
    'https://images.nvidia.com/aem-dam/Solutions/geforce/ada/nvidia-ada-gpu-architecture.pdf',
  ],
  adaRates: [
    'NVIDIA product page, 2023; tensor rates by the ratios of the Ada whitepaper',
    'https://www.nvidia.com/en-us/geforce/graphics-cards/40-series/',
  ],
  blackwell: [
    'NVIDIA RTX Blackwell whitepaper, 2025, appendix',
    'https://images.nvidia.com/aem-dam/Solutions/geforce/blackwell/nvidia-rtx-blackwell-gpu-architecture.pdf',
  ],
  a5000: [
    'NVIDIA RTX A5000 datasheet, 2021',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/gtcs21/rtx-a5000/nvidia-rtx-a5000-datasheet.pdf',
  ],
  a10: ['NVIDIA A10 datasheet, 2021', 'https://www.nvidia.com/en-us/data-center/products/a10-gpu/'],
  a40: [
    'NVIDIA A40 datasheet, 2021',
    'https://images.nvidia.com/content/Solutions/data-center/a40/nvidia-a40-datasheet.pdf',
  ],
  a6000: [
    'NVIDIA RTX A6000 datasheet, 2021',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/design-visualization/quadro-product-literature/proviz-print-nvidia-rtx-a6000-datasheet-us-nvidia-1454980-r9-web%20(1).pdf',
  ],
  ada6000: [
    'NVIDIA RTX 6000 Ada datasheet, 2023',
    'https://www.nvidia.com/en-us/design-visualization/rtx-6000/',
  ],
  a100pcie: [
    'NVIDIA A100 datasheet, 2021 (PCIe)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-nvidia-us-2188504-web.pdf',
  ],
  l40: ['NVIDIA L40 datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l40/'],
  a100: [
    'NVIDIA A100 datasheet, 2021 (SXM)',
    'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-nvidia-us-2188504-web.pdf',
  ],
  l4: ['NVIDIA L4 datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l4/'],
  l40s: ['NVIDIA L40S datasheet, 2023', 'https://www.nvidia.com/en-us/data-center/l40s/'],
  h100: [
    'NVIDIA H100 whitepaper, 2022, and datasheet, 2023',
    'https://resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper',
  ],
  h200: ['NVIDIA H200 datasheet, 2024 (SXM)', 'https://www.nvidia.com/en-us/data-center/h200/'],
  b200: [
    'NVIDIA Blackwell datasheet, 2025 (HGX B200, an eighth of the board)',
    'https://resources.nvidia.com/en-us-blackwell-architecture/datasheet',
  ],
  mi300x: [
    'AMD Instinct MI300X data sheet, 2023',
    'https://www.amd.com/content/dam/amd/en/documents/instinct-tech-docs/data-sheets/amd-instinct-mi300x-data-sheet.pdf',
  ],
} as const satisfies Readonly<Record<string, readonly [document: string, url: string]>>;

interface Row {
  readonly name: string;
  readonly devices?: readonly string[];
  readonly mib?: number;
  readonly gib?: number;
  /** GB a second. */
  readonly gbps: number;
  /** fp32, tf32, fp16, bf16, int8, fp8, in 10^12 a second. */
  readonly tera: readonly [
    number,
    number | null,
    number,
    number | null,
    number | null,
    number | null,
  ];
  readonly watts: number;
  readonly sm: string;
  readonly source: keyof typeof SOURCES;
}

function gpu(row: Row): Gpu {
  const [fp32, tf32, fp16, bf16, int8, fp8] = row.tera.map((value) =>
    value === null ? null : value * T,
  ) as [number, ...(number | null)[]];
  return {
    name: row.name,
    deviceNames: row.devices ?? [],
    memoryBytes: row.mib === undefined ? (row.gib ?? 0) * GiB : row.mib * MiB,
    memoryFrom: row.mib === undefined ? 'vendor' : 'nvidia-smi',
    bandwidth: row.gbps * 1e9,
    peak: {
      fp32,
      tf32: tf32 ?? null,
      fp16: fp16 ?? null,
      bf16: bf16 ?? null,
      int8: int8 ?? null,
      fp8: fp8 ?? null,
    },
    tdpWatts: row.watts,
    generation: row.sm,
    source: SOURCES[row.source][0],
    url: SOURCES[row.source][1],
  };
}

export const GPUS: readonly Gpu[] = (
  [
    {
      name: 'V100 16GB',
      devices: ['Tesla V100-SXM2-16GB'],
      mib: 16_384,
      gbps: 900,
      tera: [15.7, null, 125, null, null, null],
      watts: 300,
      sm: '7.0',
      source: 'v100',
    },
    {
      name: 'V100 32GB',
      devices: ['Tesla V100-SXM2-32GB'],
      mib: 32_768,
      gbps: 900,
      tera: [15.7, null, 125, null, null, null],
      watts: 300,
      sm: '7.0',
      source: 'v100',
    },
    {
      name: 'T4',
      devices: ['Tesla T4'],
      mib: 15_360,
      gbps: 320,
      tera: [8.1, null, 65, null, 130, null],
      watts: 70,
      sm: '7.5',
      source: 't4',
    },
    {
      name: 'RTX 3060',
      devices: ['NVIDIA GeForce RTX 3060'],
      mib: 12_288,
      gbps: 360,
      tera: [12.7, 12.7, 25.5, 25.5, 102, null],
      watts: 170,
      sm: '8.6',
      source: 'ampereRates',
    },
    {
      name: 'RTX 3070',
      devices: ['NVIDIA GeForce RTX 3070'],
      mib: 8192,
      gbps: 448,
      tera: [20.3, 20.3, 40.6, 40.6, 162.6, null],
      watts: 220,
      sm: '8.6',
      source: 'ampere',
    },
    {
      name: 'RTX 3080',
      devices: ['NVIDIA GeForce RTX 3080'],
      mib: 10_240,
      gbps: 760,
      tera: [29.8, 29.8, 59.5, 59.5, 238, null],
      watts: 320,
      sm: '8.6',
      source: 'ampere',
    },
    {
      name: 'RTX 3080 12GB',
      mib: 12_288,
      gbps: 912,
      tera: [30.6, 30.6, 61.3, 61.3, 245, null],
      watts: 350,
      sm: '8.6',
      source: 'ampereRates',
    },
    {
      name: 'RTX 3090',
      devices: ['NVIDIA GeForce RTX 3090'],
      mib: 24_576,
      gbps: 936,
      tera: [35.6, 35.6, 71, 71, 284, null],
      watts: 350,
      sm: '8.6',
      source: 'ampere',
    },
    {
      name: 'RTX 4060 Ti 16GB',
      devices: ['NVIDIA GeForce RTX 4060 Ti'],
      mib: 16_380,
      gbps: 288,
      tera: [22.1, 22.1, 44.1, 44.1, 176.5, 88.3],
      watts: 165,
      sm: '8.9',
      source: 'adaRates',
    },
    {
      name: 'RTX 4070',
      devices: ['NVIDIA GeForce RTX 4070'],
      mib: 12_282,
      gbps: 504,
      tera: [29.1, 29.1, 58.3, 58.3, 233.2, 116.6],
      watts: 200,
      sm: '8.9',
      source: 'adaRates',
    },
    {
      name: 'RTX 4080',
      devices: ['NVIDIA GeForce RTX 4080'],
      mib: 16_376,
      gbps: 716.8,
      tera: [48.7, 48.7, 97.5, 97.5, 389.9, 194.9],
      watts: 320,
      sm: '8.9',
      source: 'ada',
    },
    {
      name: 'RTX 4090',
      devices: ['NVIDIA GeForce RTX 4090'],
      mib: 24_564,
      gbps: 1008,
      tera: [82.6, 82.6, 165.2, 165.2, 660.6, 330.3],
      watts: 450,
      sm: '8.9',
      source: 'ada',
    },
    {
      name: 'RTX 5070',
      devices: ['NVIDIA GeForce RTX 5070'],
      mib: 12_227,
      gbps: 672,
      tera: [30.9, 30.9, 61.7, 61.7, 246.9, 123.5],
      watts: 250,
      sm: '12.0',
      source: 'blackwell',
    },
    {
      name: 'RTX 5070 Ti',
      devices: ['NVIDIA GeForce RTX 5070 Ti'],
      mib: 16_303,
      gbps: 896,
      tera: [43.9, 43.9, 87.9, 87.9, 351.5, 175.8],
      watts: 300,
      sm: '12.0',
      source: 'blackwell',
    },
    {
      name: 'RTX 5080',
      devices: ['NVIDIA GeForce RTX 5080'],
      mib: 16_303,
      gbps: 960,
      tera: [56.3, 56.3, 112.6, 112.6, 450.2, 225.1],
      watts: 360,
      sm: '12.0',
      source: 'blackwell',
    },
    {
      name: 'RTX 5090',
      devices: ['NVIDIA GeForce RTX 5090'],
      mib: 32_607,
      gbps: 1792,
      tera: [104.8, 104.8, 209.5, 209.5, 838, 419],
      watts: 575,
      sm: '12.0',
      source: 'blackwell',
    },
    {
      name: 'A10',
      devices: ['NVIDIA A10'],
      mib: 23_028,
      gbps: 600,
      tera: [31.2, 62.5, 125, 125, 250, null],
      watts: 150,
      sm: '8.6',
      source: 'a10',
    },
    {
      name: 'A5000',
      devices: ['NVIDIA RTX A5000'],
      mib: 24_564,
      gbps: 768,
      tera: [27.8, 55.6, 111.1, 111.1, 222.2, null],
      watts: 230,
      sm: '8.6',
      source: 'a5000',
    },
    {
      name: 'RTX A6000',
      devices: ['NVIDIA RTX A6000'],
      mib: 49_140,
      gbps: 768,
      tera: [38.7, 77.4, 154.8, 154.8, 309.7, null],
      watts: 300,
      sm: '8.6',
      source: 'a6000',
    },
    {
      name: 'RTX 6000 Ada',
      devices: ['NVIDIA RTX 6000 Ada Generation'],
      mib: 49_140,
      gbps: 960,
      tera: [91.1, 182.1, 364.2, 364.2, 728.5, 728.5],
      watts: 300,
      sm: '8.9',
      source: 'ada6000',
    },
    {
      name: 'A40',
      devices: ['NVIDIA A40'],
      mib: 46_068,
      gbps: 696,
      tera: [37.4, 74.8, 149.7, 149.7, 299.3, null],
      watts: 300,
      sm: '8.6',
      source: 'a40',
    },
    {
      name: 'A100 40GB',
      devices: [
        'NVIDIA A100-SXM4-40GB',
        'A100-SXM4-40GB',
        'NVIDIA A100-PCIE-40GB',
        'A100-PCIE-40GB',
      ],
      mib: 40_960,
      gbps: 1555,
      tera: [19.5, 156, 312, 312, 624, null],
      watts: 400,
      sm: '8.0',
      source: 'a100',
    },
    {
      name: 'A100 80GB',
      devices: ['NVIDIA A100-SXM4-80GB', 'A100-SXM4-80GB'],
      mib: 81_920,
      gbps: 2039,
      tera: [19.5, 156, 312, 312, 624, null],
      watts: 400,
      sm: '8.0',
      source: 'a100',
    },
    {
      name: 'A100 80GB PCIe',
      devices: ['NVIDIA A100 80GB PCIe'],
      mib: 81_920,
      gbps: 1935,
      tera: [19.5, 156, 312, 312, 624, null],
      watts: 300,
      sm: '8.0',
      source: 'a100pcie',
    },
    {
      name: 'L4',
      devices: ['NVIDIA L4'],
      mib: 23_034,
      gbps: 300,
      tera: [30.3, 60, 121, 121, 242.5, 242.5],
      watts: 72,
      sm: '8.9',
      source: 'l4',
    },
    {
      name: 'L40',
      devices: ['NVIDIA L40'],
      mib: 46_068,
      gbps: 864,
      tera: [90.5, 90.5, 181.05, 181.05, 362, 362],
      watts: 300,
      sm: '8.9',
      source: 'l40',
    },
    {
      name: 'L40S',
      devices: ['NVIDIA L40S'],
      mib: 46_068,
      gbps: 864,
      tera: [91.6, 183, 362.05, 362.05, 733, 733],
      watts: 350,
      sm: '8.9',
      source: 'l40s',
    },
    {
      name: 'H100 SXM',
      devices: ['NVIDIA H100 80GB HBM3'],
      mib: 81_559,
      gbps: 3350,
      tera: [66.9, 494.7, 989.4, 989.4, 1978.9, 1978.9],
      watts: 700,
      sm: '9.0',
      source: 'h100',
    },
    {
      name: 'H100 PCIe',
      devices: ['NVIDIA H100 PCIe'],
      mib: 81_559,
      gbps: 2000,
      tera: [51.2, 378, 756, 756, 1513, 1513],
      watts: 350,
      sm: '9.0',
      source: 'h100',
    },
    {
      name: 'H200',
      devices: ['NVIDIA H200'],
      mib: 143_771,
      gbps: 4800,
      tera: [66.9, 494.7, 989.4, 989.4, 1978.9, 1978.9],
      watts: 700,
      sm: '9.0',
      source: 'h200',
    },
    {
      name: 'B200',
      devices: ['NVIDIA B200'],
      mib: 183_359,
      gbps: 7700,
      tera: [75, 1125, 2250, 2250, 4500, 4500],
      watts: 1000,
      sm: '10.0',
      source: 'b200',
    },
    {
      name: 'MI300X',
      devices: ['AMD Instinct MI300X'],
      gib: 192,
      gbps: 5300,
      tera: [163.4, 653.7, 1307.4, 1307.4, 2614.9, 2614.9],
      watts: 750,
      sm: 'gfx942',
      source: 'mi300x',
    },
  ] satisfies readonly Row[]
).map(gpu);
