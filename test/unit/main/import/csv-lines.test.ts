import { describe, expect, it } from 'vitest';
import { withCommas } from '../../../../src/main/import/csv-lines';

describe('a line of a logger that writes no commas between its cells', () => {
  it.each([
    ['time\tmemory', 'time,memory'],
    ['12:00:00;1,5;80', '12:00:00,1.5,80'],
    ['12:00:00;1,5', '12:00:00,1.5'],
    ['"12:00:00";"80 %"', '12:00:00,80 %'],
  ])('is read by its own separator: %j', (line, read) => {
    expect(withCommas(line)).toBe(read);
  });

  it.each(['0, NVIDIA A100, 5 MiB', 'a; b, c, d', 'no cells'])(
    'is left alone where it has commas, or nothing: %j',
    (line) => {
      expect(withCommas(line)).toBe(line);
    },
  );
});
