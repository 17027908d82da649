/** The MIG devices of a GPU that a workload is confined to, as their series are named. */
import type { GpuInfo } from '../hardware/gpu-info';

/** How the series of a MIG device begin. */
export const instanceId = (gpu: number, slot: number): string => `gpu${gpu}.mig${slot}`;

export const listInstanceIds = ({
  index,
  instances = [],
}: Pick<GpuInfo, 'index' | 'instances'>): string[] =>
  instances.map(({ slot }) => instanceId(index, slot));
