/** Every form of a file that can be imported, and every file that is refused: one fixture, one line. */
import { describe, test } from 'vitest';
import { checkGolden, importFixtures } from '../../../support/golden';

describe('a file is read as what it is, whatever it is called, and comes back from every export', () => {
  test.each(importFixtures)('%s', checkGolden);
});
