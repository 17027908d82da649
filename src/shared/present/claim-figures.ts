/** The two figures of a claim of the chapter, as they are read beside each other. */
import { ABSENT } from '../base/format';
import type { Claim } from '../chapter/claims';
import { figure, whole } from './numbers';

/** A figure as printed, with its mark of approximation. */
export function printedFigure({ printed, printedText, approximate }: Claim): string {
  return `${approximate ? '≈' : ''}${typeof printed === 'number' && printed >= 10_000 ? whole(printed) : printedText}`;
}

/** What theory gives: a value, or the bound the printed one has to keep; with no fewer decimals than are printed. */
export function theoryFigure({ computed, bound, relation, printedText }: Claim): string {
  if (bound !== null) return `${relation === 'at-most' ? '≤ ' : '≥ '}${figure(bound)}`;
  if (computed === null) return ABSENT;
  const decimals = /\.(\d+)$/.exec(printedText)?.[1]?.length ?? 0;
  const shown = figure(computed);
  const has = shown.split('.')[1]?.length ?? 0;
  return has < decimals && !Number.isInteger(computed)
    ? computed.toFixed(decimals).replace(/\B(?=(\d{3})+\.)/g, ',')
    : shown;
}
