/** Whether one of the runs that fit a trace stands out from all others. */
import type { FindingKind } from '../../base/vocabulary';
import type { Candidate, Field } from './candidates';
import type { Mismatch } from './judged-run';

export const KINDS: Readonly<Partial<Record<Field, FindingKind>>> = {
  batch: 'batch_mismatch',
  seq: 'seq_mismatch',
  promptTokens: 'seq_mismatch',
  precision: 'dtype_mismatch',
  kvPrecision: 'dtype_mismatch',
  cacheCopies: 'dtype_mismatch',
  checkpointing: 'checkpointing_mismatch',
  logitsCopies: 'logits',
};

/** How much worse every other kind of change must do, in −2 log: e³ to 1. */
export const MARGIN = 6;

const TOKENS: ReadonlySet<Field> = new Set(['batch', 'seq', 'promptTokens']);

export interface Winner {
  readonly best: Candidate;
  readonly kind: FindingKind;
  /** Others that take the same bytes: twice the batch and twice the sequence hold the same tokens. */
  readonly twins: readonly Candidate[];
  /** How much worse the best other kind does; infinite where none fits. */
  readonly margin: number;
}

/** The one candidate that stands out; null where none fits, or another kind of change fits nearly as well. */
export function clearWinner(mismatch: Mismatch | null | undefined): Winner | null {
  if (!mismatch) return null;
  const { fitting, declared, fitsWithOffset } = mismatch;
  const [best, ...rest] = fitting;
  const kind = best && KINDS[best.field];
  if (best === undefined || kind === undefined) return null;
  const others = rest.filter(({ field }) => KINDS[field] !== kind);
  const twins = others.filter(
    ({ field, score }) =>
      TOKENS.has(best.field) && TOKENS.has(field) && score < best.score + MARGIN,
  );
  const rivals = [
    ...others.filter((one) => !twins.includes(one)).map(({ score }) => score),
    ...(fitsWithOffset ? [declared.score] : []),
  ];
  const margin = Math.min(...rivals, Number.POSITIVE_INFINITY) - best.score;
  return margin < MARGIN ? null : { best, kind, twins, margin };
}
