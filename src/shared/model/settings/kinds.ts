/**
 * The kinds of values that settings have: what is refused whatever the model is, and how a value is read from the
 * terminal. Both throw `bad_input`; a check names the setting, reading names the option.
 */
import type { Mode } from '../choices';
import { rejectField, rejectOption, requireOneOf, wholeNumber } from '../reject-field';

/** How a form asks for a value: among choices, a count (a whole number), any number, on or off, or words. */
export type Asked = 'choice' | 'count' | 'number' | 'switch' | 'words';

export interface Kind<T> {
  readonly asked: Asked;
  check(field: string, value: unknown, mode: Mode): void;
  parse(option: string, text: string): T;
  /** All that it may be, where that is a list. */
  readonly choices?: readonly T[];
}

export function choice<const T extends string | number>(
  choices: readonly T[],
  remedy = `Use one of ${choices.join(', ')}.`,
): Kind<T> {
  return {
    asked: 'choice',
    choices,
    check: (field, value) => requireOneOf(field, value, choices),
    parse: (option, text) =>
      choices.find((each) => String(each) === text) ?? rejectOption(option, text, remedy),
  };
}

/** Null where it is left to what runs. */
export function choiceOrNull<const T extends string>(choices: readonly T[]): Kind<T | null> {
  const { check, parse } = choice(choices);
  return {
    asked: 'choice',
    choices: [null, ...choices],
    check: (field, value, mode) => value === null || check(field, value, mode),
    parse,
  };
}

/** The limit above, for a text past it. */
const mostFor = (text: string) =>
  Number(text) > Number.MAX_SAFE_INTEGER ? ` and at most ${Number.MAX_SAFE_INTEGER}` : '';

/** The digits of 12,345 or 12 345, as pages print it; null for any other text. 12.345 may be a fraction. */
const withoutSeparators = (text: string) =>
  /^\d{1,3}(?:[,_'’\s]\d{3})+$/.test(text) ? text.replaceAll(/\D/g, '') : null;

/** A whole number of at least `least`. */
export function count(least = 1): Kind<number> {
  return {
    asked: 'count',
    check: (field, value) => wholeNumber(field, value, least),
    parse(option, text) {
      const number = Number(text);
      if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number;
      const plain = withoutSeparators(text);
      return rejectOption(
        option,
        text,
        plain === null
          ? `Give a whole number of at least ${least}${mostFor(text)}.`
          : `Write ${plain}, without separators.`,
      );
    },
  };
}

/** Tokens of generation: some there, perhaps none elsewhere. */
export const GENERATED_COUNT: Kind<number> = {
  asked: 'count',
  check: (field, value, mode) => wholeNumber(field, value, mode === 'generate' ? 1 : 0),
  parse: count().parse,
};

export const COUNTS: Kind<readonly number[]> = {
  asked: 'words',
  check(field, value) {
    if (!Array.isArray(value))
      rejectField(field, value, 'it is a list of counts', 'Give a list of whole numbers.');
    for (const each of value) wholeNumber(field, each);
  },
  parse: (option, text) => text.split(',').map((each) => count().parse(option, each.trim())),
};

/** A probability that is not certain. */
export const UNCERTAIN: Kind<number> = {
  asked: 'number',
  check(field, value) {
    if (!(Number(value) >= 0 && Number(value) < 1))
      rejectField(field, value, 'it is a probability', 'Use a number from 0 to below 1.');
  },
  parse(option, text) {
    const number = Number(text);
    if (/^(0|1|0?\.\d+)$/.test(text) && number < 1) return number;
    return rejectOption(option, text, 'Give a number from 0 to below 1.');
  },
};

/** A finite number above 0 and up to `max`. */
export function positive(why: string, remedy: string, max = Number.MAX_VALUE): Kind<number> {
  const accepts = (value: unknown) => typeof value === 'number' && value > 0 && value <= max;
  const upTo = max === Number.MAX_VALUE ? '' : `, at most ${max}`;
  return {
    asked: 'number',
    check(field, value) {
      if (!accepts(value)) rejectField(field, value, why, remedy);
    },
    parse(option, text) {
      const number = Number(text);
      if (text.trim() !== '' && accepts(number)) return number;
      return rejectOption(option, text, `Give a number above 0${upTo}.`);
    },
  };
}

/** Sessions of old versions may lack a switch, which then reads as off, so that nothing is refused. */
export const SWITCH: Kind<boolean> = {
  asked: 'switch',
  check() {},
  parse: (option, text) => choice(['on', 'off']).parse(option, text) === 'on',
};

/** Names of modules, or a word for some of them. */
export const MODULES: Kind<string> = {
  asked: 'words',
  check(field, value) {
    if (typeof value !== 'string' || !/^[\w.-]+(,[\w.-]+)*$/.test(value))
      rejectField(
        field,
        value,
        'it names modules',
        'Give names with commas between: q_proj,v_proj.',
      );
  },
  parse: (_, text) => text.replaceAll(' ', ''),
};

export const TEXT: Kind<string> = { asked: 'words', check() {}, parse: (_, text) => text };

export const TEXTS: Kind<readonly string[]> = {
  asked: 'words',
  check() {},
  parse: (_, text) => [text],
};
