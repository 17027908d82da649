/** How the theory's numbers are written: counts, rates and ratios, apart from the bytes and times of format.ts. */
import type { Count } from '../base/big-count';

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;

/** 291.6 G, 124.4 M; plain digits below a thousand, powers of ten past the last prefix. */
export function scaled(value: Count): string {
  const number = Number(value);
  const size = Math.abs(number);
  const step = size < 1000 ? 0 : Math.floor(Math.log10(size) / 3 + 1e-12);
  const prefix = PREFIXES[step];
  if (prefix === undefined) return number.toExponential(3);
  const shown = number / 1000 ** step;
  return prefix === '' ? trimmed(shown) : `${trimmed(shown)} ${prefix}`;
}

/** Parameters and tokens as the field writes them: 175B, 1.4T. */
export function short(value: number): string {
  return scaled(value).replace(' G', 'B').replace(' ', '');
}

/** FLOPs in scientific notation. */
export function scientific(value: Count, digits = 2): string {
  return Number(value).toExponential(digits).replace('e+', 'e');
}

/** Four significant digits, without trailing zeros behind the point. */
export function trimmed(value: number): string {
  const text = Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

/** Every digit, in groups of three: a count is exact, and its reader may want it whole. */
export function whole(value: Count): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Four significant digits; whole numbers in groups of three above a thousand. */
export function figure(value: number): string {
  return Math.abs(value) >= 1000 ? whole(Math.round(value)) : trimmed(value);
}
