/** What of the lanes stands in an address, and what an address from anywhere can do to them. */
import { expect, test } from 'vitest';
import { formatLanes, parseLanes } from '../../../../src/renderer/timeline/addressed-lanes';

test('what was changed of lanes comes back from the address as it was', () => {
  const settings = {
    'gpu0.power': { height: 140, isFolded: true },
    'gpu0.fan': { isHidden: false },
    log: { isHidden: true },
  };
  const text = formatLanes(settings);
  expect(text).toBe('gpu0.fan*shown,gpu0.power*folded*140,log*hidden');
  expect(parseLanes(text)).toEqual(settings);
});

test('lanes as they are need no word in the address', () => {
  expect(formatLanes({})).toBeNull();
  expect(formatLanes({ log: { isFolded: false } })).toBeNull();
  expect(parseLanes(null)).toEqual({});
});

test('what an address says of lanes is passed over where it is none', () => {
  expect(parseLanes(',,*,log,log2*,a*tall,b*9,c*99999,d*-40,e*folded*x')).toEqual({
    e: { isFolded: true },
  });
  expect(
    Object.keys(parseLanes(Array.from({ length: 999 }, (_, i) => `l${i}*hidden`).join())),
  ).toHaveLength(200);
});
