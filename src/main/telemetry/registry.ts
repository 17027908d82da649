/** The sources of telemetry. To add one, write its folder and its line here. */
import { hostSource } from './host/source';
import { nvidiaSmiSource } from './nvidia-smi/source';
import { nvmlSource } from './nvml/source';
import type { GpuSource } from './source';

/** Best first: NVML is exact to the byte and fast, nvidia-smi is a process apart. */
export const GPU_SOURCES: readonly GpuSource[] = [nvmlSource, nvidiaSmiSource];

/** Every machine has it. */
export const HOST_SOURCE = hostSource;
