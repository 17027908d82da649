/**
 * A ready scenario: one exercise or table of the chapter, worked out step by step by the theory, each step beside what
 * the chapter prints for it.
 *
 * A step that the chapter prints a figure for takes it from the chapter's claims, so that the two can never disagree; the
 * other steps are what a reader needs in between.
 */
import { type Claim, chapterClaims } from '../claims';

export interface Step {
  readonly what: string;
  /** How the figure follows, in symbols and numbers. */
  readonly formula: string;
  /** Null where it has to be measured. */
  readonly value: number | null;
  readonly unit: string;
  /** What the chapter prints for it. */
  readonly claim: Claim | null;
}

export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** What the scenario starts from, as label and value. */
  readonly inputs: readonly (readonly [label: string, value: string])[];
  steps(): readonly Step[];
}

/** A step the chapter prints no figure for. */
export function step(what: string, formula: string, value: number, unit: string): Step {
  return { what, formula, value, unit, claim: null };
}

let claimsById: ReadonlyMap<string, Claim> | null = null;

/** A claim of the chapter by its id. */
export function chapterClaim(id: string): Claim {
  claimsById ??= new Map(chapterClaims().map((claim) => [claim.id, claim]));
  const claim = claimsById.get(id);
  if (!claim) throw new Error(`The chapter has no claim "${id}".`);
  return claim;
}

/** A step with a figure of the chapter beside it, by the id of its claim. */
export function claimStep(id: string, what: string, formula: string): Step {
  const claim = chapterClaim(id);
  return { what, formula, value: claim.computed, unit: claim.unit, claim };
}
