/** Why a GPU holds its clocks back: the bits of nvmlClocksThrottleReasons (NVML API reference), in words. */

/** Not running at full clock because nothing asks for it, or because somebody set it so, is no throttling. */
const NO_THROTTLING = 0x1 | 0x2;

const REASONS: readonly (readonly [bit: number, words: string])[] = [
  [0x4, 'power limit'],
  [0x8, 'hardware slowdown'],
  [0x10, 'synchronized with other GPUs'],
  [0x20, 'heat, by the driver'],
  [0x40, 'heat, by the hardware'],
  [0x80, 'power brake'],
  [0x100, 'display clocks'],
];

export const isThrottled = (bits: number): boolean => (bits & ~NO_THROTTLING) !== 0;

/** "power limit, heat, by the driver"; empty where nothing holds the clocks back. */
export const throttleReasons = (bits: number): string =>
  REASONS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, words]) => words)
    .join(' and ');
