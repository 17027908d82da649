/**
 * What one line holds more than another, column by column: of the highest in each, so that a peak that the other run does not
 * have is never lost. Both lines are known to a column. Where each takes a step that the other takes a column earlier or later,
 * the two are as far apart there as they are beside it, and not by the height of the step.
 */
import type { Bytes } from '../../../shared/base/units';

/** The lowest and highest of a line within a column. */
export interface Range {
  readonly low: Bytes;
  readonly high: Bytes;
}

/** Per column; null where either line is not known. */
export function differences(
  own: readonly (Range | null)[],
  other: readonly (Range | null)[],
): readonly (Bytes | null)[] {
  const plain = own.map((range, i) => {
    const against = other[i];
    return range && against ? range.high - against.high : null;
  });
  return plain.map((change, i) => {
    const [before, after] = [plain[i - 1] ?? null, plain[i + 1] ?? null];
    if (change === null || before === null || after === null) return change;
    const isShifted = isNear(own[i], other, i) && isNear(other[i], own, i);
    return isShifted ? middle(before, change, after) : change;
  });
}

/** Whether the other line reads as much as `range` has for its highest within a column of it. */
function isNear(range: Range | null | undefined, line: readonly (Range | null)[], i: number) {
  const around = [line[i - 1], line[i], line[i + 1]].flatMap((each) => each ?? []);
  return (
    range != null &&
    range.high >= Math.min(...around.map(({ low }) => low)) &&
    range.high <= Math.max(...around.map(({ high }) => high))
  );
}

const middle = (a: number, b: number, c: number) =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
