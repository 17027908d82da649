/** What is known of a GPU, and how a row of the catalogue becomes that: units are resolved here and nowhere else. */
import { type Bytes, GiB, MiB } from '../base/units';
import { DOCUMENTS } from './gpu-documents';

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

/** Half precision as people train and run in it: bf16, but for a card that has no arithmetic for it. */
export const halfPrecisionOn = ({ peak }: Gpu): 'bf16' | 'fp16' =>
  peak.bf16 === null ? 'fp16' : 'bf16';

/** A GPU as the catalogue writes it down. */
export interface GpuRow {
  readonly name: string;
  /** Names the driver gives it. */
  readonly devices?: readonly string[];
  /** Memory as nvidia-smi reports it, or else as the vendor does. */
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
  /** CUDA compute capability, or AMD's target name. */
  readonly sm: string;
  readonly source: keyof typeof DOCUMENTS;
}

export function gpuFromRow({ name, devices = [], mib, gib = 0, ...row }: GpuRow): Gpu {
  const perSecond = (tera: number | null) => (tera === null ? null : tera * 1e12);
  const [fp32, tf32, fp16, bf16, int8, fp8] = row.tera;
  const [source, url] = DOCUMENTS[row.source];
  return {
    name,
    deviceNames: devices,
    memoryBytes: mib === undefined ? gib * GiB : mib * MiB,
    memoryFrom: mib === undefined ? 'vendor' : 'nvidia-smi',
    bandwidth: row.gbps * 1e9,
    peak: {
      fp32: perSecond(fp32),
      tf32: perSecond(tf32),
      fp16: perSecond(fp16),
      bf16: perSecond(bf16),
      int8: perSecond(int8),
      fp8: perSecond(fp8),
    },
    tdpWatts: row.watts,
    generation: row.sm,
    source,
    url,
  };
}
