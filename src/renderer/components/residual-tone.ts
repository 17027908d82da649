/** The tone that a residual is shown in, the same in every table. */
import type { Percent } from '../../shared/base/units';
import type { Status } from '../../shared/base/vocabulary';

/**
 * How far measured and predicted lie apart: close below 5% (the limit of a flag), off up to 20%, far beyond. `status`: of
 * a whole session; one that failed may not have come to its peak, so it is close to nothing.
 */
export function residualTone(
  percent: Percent | null,
  status?: Status,
): 'close' | 'off' | 'far' | 'unknown' {
  if (percent === null) return 'unknown';
  const size = Math.abs(percent);
  if (size <= 5) return status === 'failed' ? 'unknown' : 'close';
  return size <= 20 ? 'off' : 'far';
}
