/**
 * Preloaded (`--import`) into programs under test: their clock of day is off by as many milliseconds as the file
 * PLUMBLINE_TEST_CLOCK says, which may change at any time. The monotonic clocks are left as they are.
 */
import { readFileSync } from 'node:fs';

const file = process.env.PLUMBLINE_TEST_CLOCK;
const Real = Date;
const off = () => {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return 0;
  }
};
const now = () => Real.now() + off();
if (file !== undefined)
  globalThis.Date = class SteppedDate extends Real {
    constructor(...given) {
      super(...(given.length === 0 ? [now()] : given));
    }

    static now() {
      return now();
    }
  };
