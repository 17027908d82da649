/** The MIG devices that `nvidia-smi -L` lists under their GPUs. Pure. */
import type { GpuInstance } from '../../../shared/hardware/gpu-info';
import type { MigDevice } from '../visible-devices';

export function migDevicesIn(list: string): (MigDevice & GpuInstance)[] {
  let gpu = -1;
  return list.split('\n').flatMap((line) => {
    gpu = Number(/^GPU (\d+):/.exec(line)?.[1] ?? gpu);
    const [, name = '', slot, uuid] =
      /^\s+(MIG \S+)\s.*Device\s+(\d+): \(UUID: (MIG-[^)]+)\)/.exec(line) ?? [];
    return uuid === undefined ? [] : [{ uuid, gpu, slot: Number(slot), name, memoryBytes: null }];
  });
}
