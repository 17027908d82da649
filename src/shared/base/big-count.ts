/**
 * Counts that may pass 2^53. Inside, counting is done in bigint and is always exact; outside, a count is a plain
 * number wherever a number can hold it and a bigint where it cannot, which JSON prints as a decimal string.
 */
import { Failure } from './failure';

export type Count = number | bigint;

/** The count as a number when that is exact, as the bigint otherwise. */
export function count(exact: bigint): Count {
  const near = Number(exact);
  return Number.isSafeInteger(near) ? near : exact;
}

/**
 * A double as the whole number its shortest decimal spelling says: 1e24 is 10^24, not the nearest multiple of 2^27.
 * For quantities that were never counted, such as a budget a person typed.
 */
export function decimal(value: number): Count {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}

/** 100·(estimate − truth)/truth, in percent. */
export function errorPercent(estimate: Count, truth: Count): number {
  return (100 * (Number(estimate) - Number(truth))) / Number(truth);
}

/** Throws `bad_input` unless `value` is a whole number of at least `least`. */
export function requireWhole(field: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new Failure(
    'bad_input',
    `${field} cannot be ${value}: it counts things.`,
    `Give a whole number of at least ${least}.`,
  );
}

/** Throws `bad_input` unless `value` is a finite number above zero. */
export function requirePositive(field: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new Failure('bad_input', `${field} cannot be ${value}.`, 'Give a number above zero.');
}
