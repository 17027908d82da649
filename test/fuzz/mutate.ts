/** Inputs made from others by chance: the same from the same seed, so that what breaks can be looked at again. */

export interface Chance {
  /** From 0 to `below` - 1. */
  whole(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32: small, even enough, and the same everywhere. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number) => Math.floor(next() * below);
  return { whole, pick: (list) => list[whole(list.length)]! };
}

/** What has broken parsers before: ends of ranges, signs of structure, names of JavaScript's own, what moves a terminal. */
const MORSELS = [
  '0',
  '-1',
  '1e308',
  '1e999',
  '9007199254740993',
  '18446744073709551615',
  'NaN',
  'null',
  '[N/A]',
  'N/A',
  '""',
  '"',
  ',',
  ',,,,',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\ufeff',
  '\u001b[2J',
  '\u202e',
  '\ud800',
  '{',
  '}',
  '[',
  ']',
  '<a>',
  '</a>',
  '<!--',
  '<![CDATA[',
  '&amp;',
  '__proto__',
  'constructor',
  'toString',
  ' MiB',
  ' %',
  '%s',
  '../',
  '[[[[[[[[',
  '{"a":{"a":{"a":',
] as const;
const MAX_BYTES = 200_000;

/** `seed`, changed: a few bytes in their places, a value of a JSON document, or pieces moved about. */
export function mutate(chance: Chance, seed: Buffer, other: Buffer): Buffer {
  const way = chance.whole(3);
  if (way === 0) return flip(chance, seed);
  const document = way === 1 ? parse(seed) : null;
  return document === null ? shuffle(chance, seed, other) : alter(chance, document);
}

function flip(chance: Chance, seed: Buffer): Buffer {
  const bytes = Buffer.from(seed);
  for (let left = 1 + chance.whole(4); left > 0; left--)
    bytes[chance.whole(bytes.length)]! ^= 1 << chance.whole(8);
  return bytes;
}

function parse(seed: Buffer): object | null {
  try {
    const document: unknown = JSON.parse(seed.toString());
    return typeof document === 'object' ? document : null;
  } catch {
    return null;
  }
}

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e15,
  1e308,
  '',
  'x',
  '64',
  [],
  [1, 'a', null],
  {},
  { toString: 1 },
  'a'.repeat(10_000),
];

/** One to three of its values, at any depth, become others. */
function alter(chance: Chance, document: object): Buffer {
  for (let left = 1 + chance.whole(3); left > 0; left--) {
    let at = document as Record<string, unknown>;
    for (;;) {
      const key = chance.pick([...Object.keys(at), 'added']);
      const value = at[key];
      if (typeof value === 'object' && value !== null && chance.whole(3) > 0)
        at = value as Record<string, unknown>;
      else {
        at[key] = structuredClone(chance.pick(VALUES));
        break;
      }
    }
  }
  return Buffer.from(JSON.stringify(document));
}

/** In one to six places: bytes, pieces taken out, doubled, moved in from `other`, morsels put in. */
function shuffle(chance: Chance, seed: Buffer, other: Buffer): Buffer {
  let bytes = Buffer.from(seed);
  for (let left = 1 + chance.whole(6); left > 0; left--) {
    const at = chance.whole(bytes.length + 1);
    const size = chance.whole(Math.min(400, bytes.length - at + 1));
    const [before, piece, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, at + size),
      bytes.subarray(at + size),
    ];
    const from = chance.whole(other.length + 1);
    const parts = chance.pick([
      () => [before, Buffer.from([chance.whole(256)]), after.subarray(1)],
      () => [before, after],
      () => [before, ...new Array<Buffer>(1 + chance.whole(20)).fill(piece), after],
      () => [before, other.subarray(from, from + chance.whole(400)), after],
      () => [before, Buffer.from(chance.pick(MORSELS)), after],
      () => [before, Buffer.from(chance.pick(MORSELS)), piece, after],
      () => [before],
    ])();
    bytes = Buffer.concat(parts).subarray(0, MAX_BYTES);
  }
  return bytes;
}
