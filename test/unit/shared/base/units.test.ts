/** What the types of units refuse. The compiler is the judge: each expected error that does not come fails type-checking. */
import { expect, it } from 'vitest';
import type { Bytes, Micros, Millis, Percent } from '../../../../src/shared/base/units';

it('one unit does not stand in for another, while plain numbers and arithmetic do', () => {
  const held: Bytes = 4096;
  const interval: Millis = 10;
  // @ts-expect-error bytes are no time
  const time: Micros = held;
  // @ts-expect-error milliseconds are no microseconds
  const started: Micros = interval;
  // @ts-expect-error a share is no size
  const share: Bytes = 5 as Percent;
  const converted: Micros = interval * 1000;
  expect([time, started, share, converted]).toEqual([4096, 10, 5, 10_000]);
});
