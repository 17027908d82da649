/**
 * One figure of the textbook chapter and what the theory says of it. The verdict follows from what is printed and what
 * is computed by one rule, so no row can claim what its numbers do not show.
 */
export const VERDICTS = ['right', 'rounded', 'wrong', 'not-computable'] as const;
export type ClaimVerdict = (typeof VERDICTS)[number];

/** What the chapter says of its figure: that it is this, or that it is no more (at-most) or no less (at-least) than a bound. */
export type Relation = 'equals' | 'at-most' | 'at-least';

/** A figure measured by recorded runs: the sessions it comes from, and the conditions that they share. */
export interface Measured {
  readonly value: number;
  readonly unit: string;
  readonly sessions: readonly string[];
  readonly conditions: string;
}

export interface Claim {
  readonly id: string;
  /** The shortest exact piece of the chapter that holds the figure, at most 60 characters. */
  readonly quote: string;
  readonly section: string;
  /** The figure in `unit`; a range as the text "low-high". */
  readonly printed: number | string;
  /** The figure with its digits as printed: 2.0 is not 2. */
  readonly printedText: string;
  /**
   * What the theory gives, in `unit`; null where no theory can. Of a figure that is to stay within a bound, the nearest
   * value that does: 64 sequences of which 214 would fit are 64, and 40 GB where 54 are needed are 54.
   */
  readonly computed: number | null;
  /** The bound itself, where `relation` is one. */
  readonly bound: number | null;
  readonly unit: string;
  readonly verdict: ClaimVerdict;
  readonly why: string;
  readonly measured: Measured | null;
  /** The chapter marks the figure as approximate (≈, ~, "about", a nominal size). */
  readonly approximate: boolean;
  readonly relation: Relation;
}

interface ClaimOptions {
  readonly approximate?: boolean;
}

/**
 * right    equal (to 1e-12, the noise of doubles)
 * rounded  equal at the printed digits: at most half a unit of the last one away; for a range, within it
 * wrong    neither
 *
 * All digits of a figure count as printed; in an approximate whole number the zeros after its second digit do not.
 */
export function judgeFigure(
  printed: string,
  computed: number | null,
  { approximate = false }: ClaimOptions = {},
): ClaimVerdict {
  if (computed === null) return 'not-computable';
  const range = /^(-?[\d.]+)-([\d.]+)$/.exec(printed);
  if (range) {
    const [low = '', high = ''] = [range[1], range[2]];
    const slack = (text: string) => (resolution(text, false) / 2) * (1 + 1e-9);
    return computed >= Number(low) - slack(low) && computed <= Number(high) + slack(high)
      ? 'rounded'
      : 'wrong';
  }
  const value = Number(printed);
  const distance = Math.abs(computed - value);
  if (distance <= 1e-12 * Math.abs(value)) return 'right';
  return distance <= (resolution(printed, approximate) / 2) * (1 + 1e-9) ? 'rounded' : 'wrong';
}

/** Worth of one unit in the last printed digit. */
function resolution(text: string, approximate: boolean): number {
  const [mantissa = '', exponent = '0'] = text.replace(/^[-+]/, '').split('e');
  const decimals = mantissa.includes('.') ? mantissa.length - mantissa.indexOf('.') - 1 : 0;
  const zeros =
    approximate && decimals === 0
      ? Math.min(/0*$/.exec(mantissa)?.[0].length ?? 0, Math.max(0, mantissa.length - 2))
      : 0;
  return 10 ** (Number(exponent) - decimals + zeros);
}

type ClaimMaker = (
  id: string,
  quote: string,
  printed: string,
  unit: string,
  theory: number | null,
  why: string,
  options?: ClaimOptions & { readonly relation?: Relation },
) => Claim;

/** Makes the claims of one section. */
export function claimsIn(section: string): ClaimMaker {
  return (
    id,
    quote,
    printed,
    unit,
    theory,
    why,
    { approximate = false, relation = 'equals' } = {},
  ) => {
    const within = relation === 'at-most' ? Math.min : Math.max;
    const computed =
      theory === null || relation === 'equals' ? theory : within(Number(printed), theory);
    return {
      id,
      quote,
      section,
      printed: /\d-\d/.test(printed) ? printed : Number(printed),
      printedText: printed,
      computed,
      bound: relation === 'equals' ? null : theory,
      unit,
      verdict: judgeFigure(printed, computed, { approximate }),
      why,
      measured: null,
      approximate,
      relation,
    };
  };
}

/** The chapter marks the figure with ≈ or ~, or counts with a size it calls by a round name. */
export const ABOUT = { approximate: true } as const;
export const AT_LEAST = { relation: 'at-least' } as const;
export const AT_MOST = { relation: 'at-most' } as const;

/** Why nothing is computed of an accuracy. */
export const UNMEASURED =
  'Accuracy is no arithmetic: it depends on model, data and calibration and has to be measured.';
