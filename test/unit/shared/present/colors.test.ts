/** The colours of data as people without one kind of cone see them (Viénot, Brettel and Mollon 1999). */
import { describe, expect, it } from 'vitest';
import {
  COMPONENT_COLOR,
  LINE_COLORS,
  PHASE_COLOR,
  STACK_ORDER,
} from '../../../../src/shared/present/colors';

type Triple = readonly [number, number, number];
const linear = (hex: string): Triple => {
  const channel = (at: number) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
};
const SEEN: Readonly<Record<string, (color: Triple) => Triple>> = {
  everyone: (color) => color,
  protanopes: ([r, g, b]) => [
    0.11238 * r + 0.88762 * g,
    0.11238 * r + 0.88762 * g,
    0.00401 * r - 0.00401 * g + b,
  ],
  deuteranopes: ([r, g, b]) => [
    0.29275 * r + 0.70725 * g,
    0.29275 * r + 0.70725 * g,
    -0.02234 * r + 0.02234 * g + b,
  ],
};
/** CIE L*a*b* of linear sRGB. */
const lab = ([r, g, b]: Triple): Triple => {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};
const apart = (a: string, b: string, see: (color: Triple) => Triple): number => {
  const [p, q] = [lab(see(linear(a))), lab(see(linear(b)))];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

/** WCAG's ratio of a lighter colour and a darker one: 4.5 for text, 3 for what is drawn. */
const contrast = (lighter: string, darker: string): number => {
  const light = (hex: string) => {
    const [r, g, b] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  return light(lighter) / light(darker);
};

/** A difference of 2.3 is just noticeable side by side; neighbours with an edge between them need several of it. */
const LEAST = 10;

describe('the colours of data', () => {
  for (const [who, see] of Object.entries(SEEN))
    it(`of neighbours in the stack are told apart by ${who}`, () => {
      for (const [i, component] of STACK_ORDER.entries()) {
        const next = STACK_ORDER[i + 1];
        if (next === undefined) continue;
        const distance = apart(COMPONENT_COLOR[component], COMPONENT_COLOR[next], see);
        expect(distance, `${component} beside ${next}`).toBeGreaterThan(LEAST);
      }
    });
  it('of the first compared sessions are told apart by everyone', () => {
    for (const see of Object.values(SEEN))
      expect(apart(LINE_COLORS[0], LINE_COLORS[1], see)).toBeGreaterThan(LEAST);
  });
  it('of phases and of compared sessions carry white letters, and stand out from the dark surface', () => {
    const { idle: _unnamed, ...named } = PHASE_COLOR;
    for (const color of [...Object.values(named), ...LINE_COLORS]) {
      expect(contrast('#ffffff', color), color).toBeGreaterThanOrEqual(4.5);
      expect(contrast(color, '#15181d'), color).toBeGreaterThanOrEqual(3);
    }
  });
});
