/** A formula typeset by the browser's own MathML: with its symbols, or with their numbers put in. */
import { Fragment, type ReactNode } from 'react';
import { formatInteger } from '../../shared/base/format';
import type { Formula } from '../../shared/formulas/formula';

export function MathFormula({ formula, isFilled }: { formula: Formula; isFilled: boolean }) {
  return (
    <math display="inline">
      <mrow>{write(formula, isFilled, 0)}</mrow>
    </math>
  );
}

/** How tightly what stands around a part binds: a sum within a product has parentheses. */
const LOOSE = 0;
const TIGHT = 1;

function write(formula: Formula, isFilled: boolean, around: number): ReactNode {
  switch (formula.kind) {
    case 'number':
      return <mn>{figure(formula.value)}</mn>;
    case 'symbol':
      return isFilled ? (
        <mn>{figure(formula.value)}</mn>
      ) : (
        <MathSymbol name={formula.name} of={formula.of} />
      );
    case 'sum':
      return (
        <Parenthesized if={around === TIGHT}>
          {joined(formula.terms, '+', isFilled, LOOSE)}
        </Parenthesized>
      );
    case 'product':
      return joined(formula.factors, '·', isFilled, TIGHT);
    case 'quotient':
      return (
        <mfrac>
          <mrow>{write(formula.over, isFilled, LOOSE)}</mrow>
          <mrow>{write(formula.under, isFilled, LOOSE)}</mrow>
        </mfrac>
      );
    case 'power':
      return (
        <msup>
          <mrow>{write(formula.base, isFilled, TIGHT)}</mrow>
          <mn>{formula.exponent}</mn>
        </msup>
      );
  }
}

/** Upright to MathML and slanted by style: the letters it would slant itself are missing from many fonts. */
export const MathSymbol = ({ name, of }: { name: string; of?: string | undefined }) =>
  of === undefined ? (
    <mi mathvariant="normal">{name}</mi>
  ) : (
    <msub>
      <mi mathvariant="normal">{name}</mi>
      <mtext>{of}</mtext>
    </msub>
  );

function joined(
  parts: readonly Formula[],
  sign: string,
  isFilled: boolean,
  around: number,
): ReactNode {
  return parts.map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a formula have no other name than their place
    <Fragment key={i}>
      {i > 0 && <mo>{sign}</mo>}
      {write(part, isFilled, around)}
    </Fragment>
  ));
}

const Parenthesized = ({ if: isNeeded, children }: { if: boolean; children: ReactNode }) =>
  isNeeded ? (
    <mrow>
      <mo>(</mo>
      {children}
      <mo>)</mo>
    </mrow>
  ) : (
    <mrow>{children}</mrow>
  );

/** Whole numbers in groups of three; others as short as they are exact enough to read. */
const figure = (value: number): string =>
  Number.isInteger(value) ? formatInteger(value) : String(Number(value.toPrecision(6)));
