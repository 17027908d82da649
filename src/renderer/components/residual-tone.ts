/** The tone that a residual is shown in, the same in every table. */
import type { Percent } from '../../shared/base/units';

/** How far measured and predicted lie apart: close below 5% (the limit of a flag), off up to 20%, far beyond. */
export function residualTone(percent: Percent | null): 'close' | 'off' | 'far' | 'unknown' {
  if (percent === null) return 'unknown';
  const size = Math.abs(percent);
  if (size <= 5) return 'close';
  return size <= 20 ? 'off' : 'far';
}
