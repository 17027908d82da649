/** What nvidia-smi's own error sentences mean. It prints them on stdout, often with exit code 0. */
import type { AbsentReason, TroubleCause } from '../../shared/base/vocabulary';

const ERRORS: readonly (readonly [
  printed: RegExp,
  reason: AbsentReason,
  remedy: string,
  cause?: TroubleCause,
])[] = [
  [
    /GPU is lost|GPU requires re(?:set|boot)/i,
    'lost',
    'Restart the machine to recover the GPU; check its power and seating if it is lost again.',
  ],
  [
    /Insufficient Permissions/i,
    'not_permitted',
    'Run Plumbline as a user who may read the GPU, for example a member of the group video.',
  ],
  [
    /Driver\/library version mismatch/i,
    'not_read',
    'The driver was updated while loaded: restart the machine.',
    'driver_updated',
  ],
  [
    /couldn't communicate with the NVIDIA driver/i,
    'not_read',
    'Install the NVIDIA driver, or load it: sudo modprobe nvidia.',
    'driver_unreachable',
  ],
  [
    /No devices were found/i,
    'not_read',
    'Check that the GPU is seated, powered and not assigned to a virtual machine.',
    'driver_unreachable',
  ],
  [
    /Unable to determine the device handle/i,
    'not_read',
    'Restart the machine; if it happens again, see the kernel log for Xid errors.',
  ],
  [
    /Failed to initialize NVML/i,
    'not_read',
    'Reload the NVIDIA driver, or restart the container that lost it.',
    'driver_unreachable',
  ],
];

export interface SmiError {
  /** The sentence as printed, without a full stop at its end. */
  readonly text: string;
  readonly reason: AbsentReason;
  readonly remedy: string;
  /** Whether the remedy is one of the driver, which is mended elsewhere under WSL and in a container. */
  readonly cause: TroubleCause;
}

/** The first error sentence in the text, or null. */
export function findSmiError(text: string): SmiError | null {
  for (const line of text.split('\n')) {
    const known = ERRORS.find(([printed]) => printed.test(line));
    if (!known) continue;
    const [, reason, remedy, cause = 'other'] = known;
    return { text: line.trim().replace(/\.$/, ''), reason, remedy, cause };
  }
  return null;
}

/** The field a driver refused, from `Field "x" is not a valid field to query.` */
export function findInvalidField(line: string): string | null {
  return /Field ["'“”]([^"'“”]+)["'“”] is not a valid field/i.exec(line)?.[1] ?? null;
}

/** The first line that says anything, cut to a length a person reads. */
export function firstLine(text: string): string {
  const line =
    text
      .split('\n')
      .map((each) => each.replaceAll('\0', '').trim())
      .find((each) => each !== '') ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
