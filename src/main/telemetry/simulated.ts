/** Whether GPUs are doubles of a test or a demonstration: what is recorded of them must say so. */
import type { GpuInfo } from '../../shared/hardware/gpu-info';

export function isSimulated(env: NodeJS.ProcessEnv, gpus: readonly GpuInfo[]): boolean {
  return env.PLUMBLINE_SIMULATED === '1' || gpus.some(({ name }) => /^Simulated/i.test(name));
}
