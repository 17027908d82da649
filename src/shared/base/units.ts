/**
 * Units of every quantity that crosses a module. Aliases cost nothing at run time and leave arithmetic plain; what
 * they buy is that a signature says which unit it takes.
 */

/** Whole bytes. MiB and GiB exist only where a number is printed. */
export type Bytes = number;
/** Integer microseconds since the session started, on a monotonic clock. */
export type Micros = number;
/** Milliseconds, for intervals people set and limits on waiting. */
export type Millis = number;
/** Index of a sample within its series. */
export type SampleIndex = number;
/** 0..100. */
export type Percent = number;

export const KiB = 1024;
export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
