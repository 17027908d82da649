/**
 * Which of the two ways to read an NVIDIA GPU is to be tried: NVML, which is exact to the byte and fast, or nvidia-smi,
 * which is a process apart. Both are never used at once. Pure.
 */
export interface GpuChoice {
  readonly nvml: boolean;
  readonly nvidiaSmi: boolean;
  /** Why one of them is left out, or what was asked for in vain; null where there is nothing to say. */
  readonly why: string | null;
}

/**
 * PLUMBLINE_SOURCE forces one. Without it, a person who names the nvidia-smi to run and no NVML library means that
 * program, and one who names a library means the library.
 */
export function chooseGpuSource(env: NodeJS.ProcessEnv): GpuChoice {
  const forced = env.PLUMBLINE_SOURCE;
  if (forced === 'nvml')
    return { nvml: true, nvidiaSmi: false, why: 'chosen by PLUMBLINE_SOURCE=nvml' };
  if (forced === 'nvidia-smi')
    return { nvml: false, nvidiaSmi: true, why: 'chosen by PLUMBLINE_SOURCE=nvidia-smi' };
  if (env.PLUMBLINE_NVIDIA_SMI && !env.PLUMBLINE_NVML)
    return { nvml: false, nvidiaSmi: true, why: 'chosen by PLUMBLINE_NVIDIA_SMI' };
  return {
    nvml: true,
    nvidiaSmi: true,
    why: forced ? `PLUMBLINE_SOURCE=${forced} is neither nvml nor nvidia-smi` : null,
  };
}
