/**
 * A formula as a value: it can be written with its symbols, with their numbers in their place, and worked out. So what is
 * shown and what is computed cannot part.
 */

export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  /** `name` is a letter or two, `of` what stands beneath it. */
  | { readonly kind: 'symbol'; readonly name: string; readonly of?: string; readonly value: number }
  | { readonly kind: 'sum'; readonly terms: readonly Formula[] }
  | { readonly kind: 'product'; readonly factors: readonly Formula[] }
  | { readonly kind: 'quotient'; readonly over: Formula; readonly under: Formula }
  | { readonly kind: 'power'; readonly base: Formula; readonly exponent: number };

export const number = (value: number): Formula => ({ kind: 'number', value });
export const symbol = (name: string, value: number, of?: string): Formula => ({
  kind: 'symbol',
  name,
  value,
  ...(of !== undefined && { of }),
});

/** Numbers stand for themselves. */
type Term = Formula | number;
const asFormula = (term: Term): Formula => (typeof term === 'number' ? number(term) : term);

/** Terms of 0 are left out. */
export function sum(...terms: readonly Term[]): Formula {
  const some = terms.map(asFormula).filter((term) => evaluate(term) !== 0);
  const [only] = some;
  return some.length === 1 && only ? only : { kind: 'sum', terms: some };
}

/** Factors of 1 are left out unless they have a name. */
export function product(...factors: readonly Term[]): Formula {
  const some = factors.map(asFormula).filter((each) => each.kind !== 'number' || each.value !== 1);
  const [only] = some;
  return some.length === 1 && only ? only : { kind: 'product', factors: some };
}

/** What is divided by 1 stays as it is. */
export function quotient(over: Term, under: Term): Formula {
  const divisor = asFormula(under);
  return evaluate(divisor) === 1
    ? asFormula(over)
    : { kind: 'quotient', over: asFormula(over), under: divisor };
}

export const power = (base: Formula, exponent: number): Formula => ({
  kind: 'power',
  base,
  exponent,
});

export function evaluate(formula: Formula): number {
  switch (formula.kind) {
    case 'number':
    case 'symbol':
      return formula.value;
    case 'sum':
      return formula.terms.reduce((total, term) => total + evaluate(term), 0);
    case 'product':
      return formula.factors.reduce((total, factor) => total * evaluate(factor), 1);
    case 'quotient':
      return evaluate(formula.over) / evaluate(formula.under);
    case 'power':
      return evaluate(formula.base) ** formula.exponent;
  }
}

/** The symbols of a formula, each once, in the order in which they come. */
export function symbolsIn(formula: Formula): readonly (Formula & { kind: 'symbol' })[] {
  const found = new Map<string, Formula & { kind: 'symbol' }>();
  const visit = (part: Formula): void => {
    if (part.kind === 'symbol') found.set(`${part.name} ${part.of ?? ''}`, part);
    for (const inner of innerParts(part)) visit(inner);
  };
  visit(formula);
  return [...found.values()];
}

function innerParts(formula: Formula): readonly Formula[] {
  switch (formula.kind) {
    case 'sum':
      return formula.terms;
    case 'product':
      return formula.factors;
    case 'quotient':
      return [formula.over, formula.under];
    case 'power':
      return [formula.base];
    default:
      return [];
  }
}
