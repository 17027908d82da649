/** The structures of nvml.h in memory: sizes and offsets in bytes, as a C compiler lays them out on 64-bit machines. Pure. */
export const MEMORY_V2 = {
  size: 40,
  version: 0,
  total: 8,
  reserved: 16,
  free: 24,
  used: 32,
} as const;
export const MEMORY_V1 = { size: 24, total: 0, free: 8, used: 16 } as const;
export const FIELD_VALUE = { size: 40, fieldId: 0, scopeId: 4, nvmlReturn: 28, value: 32 } as const;
/** Versions 2 and 3 of the process calls share one layout; version 1 has no instance ids. */
export const PROCESS = { size: 24, pid: 0, used: 8, gpuInstance: 16 } as const;
export const PROCESS_V1 = { size: 16, pid: 0, used: 8 } as const;
export const SAMPLE = { size: 16, timeStamp: 0, value: 8 } as const;
export const PROCESS_UTILIZATION = {
  size: 32,
  pid: 0,
  timeStamp: 8,
  sm: 16,
  memory: 20,
  encoder: 24,
  decoder: 28,
} as const;

/** As `version` of a structure is written: its size and its number. */
export const versioned = (size: number, version: number): number => size | (version << 24);

/** nvmlValueType_t: how a sample's eight bytes are to be read. */
export function sampleValue(view: DataView, offset: number, type: number): number {
  if (type === 0) return view.getFloat64(offset, true);
  if (type === 1) return view.getUint32(offset, true);
  if (type === 4) return Number(view.getBigInt64(offset, true));
  if (type === 5) return view.getInt32(offset, true);
  if (type === 6) return view.getUint16(offset, true);
  return Number(view.getBigUint64(offset, true));
}
