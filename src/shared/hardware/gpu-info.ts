/** A GPU as it was found on the machine that recorded, and the parts of it that a workload was confined to. */
import type { Bytes } from '../base/units';

export interface GpuInfo {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: Bytes | null;
  readonly driver: string;
  readonly cuda: string | null;
  /** The MIG devices of it that the workload was confined to; absent where it was not. */
  readonly instances?: readonly GpuInstance[];
}

/** A MIG device: a part of a GPU, with memory of its own. */
export interface GpuInstance {
  /** Its series begin with `gpuN.mig` and this. */
  readonly slot: number;
  readonly uuid: string;
  /** Empty where the driver does not give it. */
  readonly name: string;
  readonly memoryBytes: Bytes | null;
}
