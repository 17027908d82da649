/**
 * Units of every quantity that crosses a module. Each is a number with a unit in its type: a plain number may become
 * any of them and arithmetic stays plain, but bytes where microseconds are asked for do not compile.
 */

declare const unit: unique symbol;
type Quantity<Unit extends string> = number & { readonly [unit]?: Unit };

/** Whole bytes. MiB and GiB exist only where a number is printed. */
export type Bytes = Quantity<'bytes'>;
/** Integer microseconds since the session started, on a monotonic clock. */
export type Micros = Quantity<'microseconds'>;
/** Milliseconds, for intervals people set and limits on waiting. */
export type Millis = Quantity<'milliseconds'>;
/** Index of a sample within its series. */
export type SampleIndex = Quantity<'sample index'>;
/** 0..100. */
export type Percent = Quantity<'percent'>;

export const KiB = 1024;
export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
