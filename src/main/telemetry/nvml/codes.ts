/**
 * What NVML's return codes (nvmlReturn_t, nvml.h) mean for a reading. Every code of the library is here; one it does
 * not know yet is treated as an unknown error. Pure.
 */
import type { AbsentReason, TroubleCause } from '../../../shared/base/vocabulary';

/**
 * How far a fault reaches: one counter of one GPU for good, one reading, one GPU until it is opened anew, or the whole
 * library until it is loaded anew.
 */
export type FaultScope = 'counter' | 'reading' | 'device' | 'library';

export interface NvmlFault {
  readonly code: number;
  /** As nvml.h calls it, without NVML_ERROR_. */
  readonly name: string;
  readonly reason: AbsentReason;
  readonly scope: FaultScope;
  /** What happened, to go after "NVML says that". */
  readonly text: string;
  readonly remedy: string;
  /** Whether the remedy is one of the driver, which is mended elsewhere under WSL and in a container. */
  readonly cause: TroubleCause;
}

export const SUCCESS = 0;
export const NOT_SUPPORTED = 3;
export const NOT_FOUND = 6;
export const INSUFFICIENT_SIZE = 7;
export const FUNCTION_NOT_FOUND = 13;
export const ARGUMENT_VERSION_MISMATCH = 25;
export const GPU_NOT_FOUND = 28;

const NONE = 'Nothing to do: this GPU or driver does not offer it.';
const RETRY = 'Nothing to do unless it lasts; then restart the NVIDIA driver.';
const BUG = 'Update the NVIDIA driver; if it stays, report it with the driver version.';
const REINSTALL = 'Install the NVIDIA driver again, then restart the machine.';

const FAULTS: readonly (readonly [
  code: number,
  name: string,
  reason: AbsentReason,
  scope: FaultScope,
  text: string,
  remedy: string,
  cause?: TroubleCause,
])[] = [
  [1, 'UNINITIALIZED', 'not_read', 'library', 'the library is not initialized', RETRY],
  [2, 'INVALID_ARGUMENT', 'not_read', 'device', 'an argument is not valid', BUG],
  [3, 'NOT_SUPPORTED', 'not_supported', 'counter', 'this GPU does not support it', NONE],
  [
    4,
    'NO_PERMISSION',
    'not_permitted',
    'counter',
    'this user may not read it',
    'Run Plumbline as a user who may read the GPU, for example a member of the group video.',
  ],
  [5, 'ALREADY_INITIALIZED', 'not_read', 'reading', 'the library is initialized already', RETRY],
  [NOT_FOUND, 'NOT_FOUND', 'not_read', 'reading', 'what was asked for was not found', RETRY],
  [
    INSUFFICIENT_SIZE,
    'INSUFFICIENT_SIZE',
    'not_read',
    'reading',
    'the list grew while it was read',
    RETRY,
  ],
  [
    8,
    'INSUFFICIENT_POWER',
    'lost',
    'device',
    'the power cable of the GPU is not attached',
    'Switch the machine off and attach the power cable of the GPU.',
  ],
  [
    9,
    'DRIVER_NOT_LOADED',
    'not_read',
    'library',
    'the NVIDIA driver is not loaded',
    'Install the NVIDIA driver, or load it: sudo modprobe nvidia.',
    'driver_unreachable',
  ],
  [10, 'TIMEOUT', 'not_read', 'reading', 'the driver did not answer in time', RETRY],
  [
    11,
    'IRQ_ISSUE',
    'not_read',
    'device',
    'the kernel found a problem with the interrupts of the GPU',
    'Restart the machine; if it happens again, see the kernel log.',
  ],
  [
    12,
    'LIBRARY_NOT_FOUND',
    'not_read',
    'library',
    'a library of the driver is missing',
    REINSTALL,
    'driver_unreachable',
  ],
  [
    FUNCTION_NOT_FOUND,
    'FUNCTION_NOT_FOUND',
    'not_supported',
    'counter',
    'this driver does not have the function',
    'Update the NVIDIA driver to measure it.',
  ],
  [
    14,
    'CORRUPTED_INFOROM',
    'not_read',
    'counter',
    'the infoROM of the GPU is corrupted',
    'Have the GPU serviced; other counters are read on.',
  ],
  [
    15,
    'GPU_IS_LOST',
    'lost',
    'device',
    'the GPU is lost',
    'Restart the machine to recover the GPU; check its power and seating if it is lost again.',
  ],
  [
    16,
    'RESET_REQUIRED',
    'lost',
    'device',
    'the GPU requires a reset',
    'End all programs on the GPU and run nvidia-smi --gpu-reset, or restart the machine.',
  ],
  [
    17,
    'OPERATING_SYSTEM',
    'not_permitted',
    'device',
    'the operating system has blocked the GPU',
    'Give this container or user access to the NVIDIA devices, or restart the container that lost it.',
  ],
  [
    18,
    'LIB_RM_VERSION_MISMATCH',
    'not_read',
    'library',
    'driver and library are of different versions',
    'The driver was updated while loaded: restart the machine.',
    'driver_updated',
  ],
  [
    19,
    'IN_USE',
    'not_read',
    'reading',
    'the GPU is in use by something that excludes the call',
    RETRY,
  ],
  [
    20,
    'MEMORY',
    'not_read',
    'reading',
    'the library ran out of memory',
    'Free memory of the host.',
  ],
  [21, 'NO_DATA', 'not_read', 'reading', 'there is no data yet', RETRY],
  [
    22,
    'VGPU_ECC_NOT_SUPPORTED',
    'not_supported',
    'counter',
    'a virtual GPU does not offer it with ECC',
    NONE,
  ],
  [
    23,
    'INSUFFICIENT_RESOURCES',
    'not_read',
    'reading',
    'the driver lacks resources other than memory',
    RETRY,
  ],
  [
    24,
    'FREQ_NOT_SUPPORTED',
    'not_supported',
    'counter',
    'this GPU does not support the frequency',
    NONE,
  ],
  [
    ARGUMENT_VERSION_MISMATCH,
    'ARGUMENT_VERSION_MISMATCH',
    'not_supported',
    'counter',
    'this driver does not know this version of the call',
    'Update the NVIDIA driver to measure it.',
  ],
  [26, 'DEPRECATED', 'not_supported', 'counter', 'this driver no longer offers it', NONE],
  [27, 'NOT_READY', 'not_read', 'reading', 'the GPU is not ready', RETRY],
  [
    GPU_NOT_FOUND,
    'GPU_NOT_FOUND',
    'lost',
    'device',
    'the GPU is no longer there',
    'Check that the GPU is seated, powered and not assigned to a virtual machine.',
    'driver_unreachable',
  ],
  [29, 'INVALID_STATE', 'not_read', 'reading', 'the GPU is in no state to answer', RETRY],
  [
    30,
    'RESET_TYPE_NOT_SUPPORTED',
    'not_supported',
    'counter',
    'this GPU does not support the kind of reset',
    NONE,
  ],
  [
    999,
    'UNKNOWN',
    'not_read',
    'library',
    'an unknown error happened in the driver',
    'Reload the NVIDIA driver, or restart the container that lost it; see the kernel log for Xid errors.',
    'driver_unreachable',
  ],
];

const BY_CODE = new Map(
  FAULTS.map(([code, name, reason, scope, text, remedy, cause = 'other']): [number, NvmlFault] => [
    code,
    { code, name, reason, scope, text, remedy, cause },
  ]),
);

/** All codes but success. */
export const FAULT_CODES: readonly number[] = [...BY_CODE.keys()];

/** The meaning of any code but success. One that is not known is treated as an unknown error. */
export function explainCode(code: number): NvmlFault {
  return (
    BY_CODE.get(code) ?? {
      code,
      name: `code ${code}`,
      reason: 'not_read',
      scope: 'library',
      text: `error ${code} happened, which this version does not know`,
      remedy: BUG,
      cause: 'other',
    }
  );
}
