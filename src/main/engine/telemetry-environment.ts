/** The environment that GPUs are looked for in: Plumbline's, with the path of nvidia-smi that was set for the library. */
import type { LibrarySettings } from '../../shared/library/settings';

export function telemetryEnvironment({ nvidiaSmi }: LibrarySettings): NodeJS.ProcessEnv {
  const env = process.env;
  if (nvidiaSmi === '' || env.PLUMBLINE_NVIDIA_SMI) return env;
  return { ...env, PLUMBLINE_NVIDIA_SMI: nvidiaSmi };
}
