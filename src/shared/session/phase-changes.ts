/**
 * All phases of a session, told to whoever looks again and again: what they had by their last look is not told once
 * more. A look has a name, which the next question gives back; one that is not known any more begins anew, so that
 * nothing is ever missed. Who looks at an earlier moment has fewer phases then, and keeps the others for when they come
 * again.
 */
import type { OverlayPhase } from '../divergence/overlay/types';
import { type PackedRows, packRows, unpackRows } from './packed-rows';

/** Rows of one answer at most. */
export const MAX_CHANGES = 20_000;
/** Looks that are remembered; each is a list of rows that the session has anyway. */
const MAX_LOOKS = 16;

export interface PhaseChanges {
  /** Names what the caller has once this is taken in. */
  readonly look: string;
  /** How many phases there are: what the caller has behind them is kept out of sight. */
  readonly count: number;
  /** Those that are new or not as they were, and their places. */
  readonly rows: PackedRows<OverlayPhase>;
  readonly at: Uint32Array;
  /** The next question tells more. */
  readonly isMore: boolean;
}

/** What a caller has by an answer and the answers before it. */
export interface KnownPhases {
  readonly look: string;
  readonly rows: readonly OverlayPhase[];
  /** With those that are out of sight. */
  readonly kept: readonly OverlayPhase[];
}

export class PhaseLooks {
  readonly #name: string;
  readonly #looks = new Map<string, readonly OverlayPhase[]>();
  #count = 0;

  /** `name`: of no other's looks. */
  constructor(name: string) {
    this.#name = name;
  }

  /** `rows`: as they are now, in order of their beginning; one that did not change is the same object. `since`: the caller's last look. */
  tell(rows: readonly OverlayPhase[], since: string | undefined): PhaseChanges {
    const before = this.#looks.get(since ?? '') ?? [];
    const at: number[] = [];
    let count = rows.length;
    for (const [i, row] of rows.entries()) {
      if (row === before[i]) continue;
      if (at.length === MAX_CHANGES) {
        count = i;
        break;
      }
      at.push(i);
    }
    const isMore = count < rows.length;
    return {
      look: this.#remember(withRest(isMore ? rows.slice(0, count) : rows, before)),
      count,
      rows: packRows(at.map((i) => rows[i]!)),
      at: Uint32Array.from(at),
      isMore,
    };
  }

  #remember(rows: readonly OverlayPhase[]): string {
    const look = `${this.#name} ${this.#count++}`;
    this.#looks.set(look, rows);
    for (const oldest of this.#looks.keys())
      if (this.#looks.size > MAX_LOOKS) this.#looks.delete(oldest);
    return look;
  }
}

/** `known`: by the answer before, whose look was asked from; null where there was none. */
export function takeChanges(
  known: KnownPhases | null,
  { look, count, rows, at }: PhaseChanges,
): KnownPhases {
  const kept = (known?.kept ?? []).slice();
  for (const [i, row] of unpackRows(rows).entries()) kept[at[i]!] = row;
  return { look, kept, rows: kept.length === count ? kept : kept.slice(0, count) };
}

/** `rows`, and what stood behind as many before. */
const withRest = <Row>(rows: readonly Row[], before: readonly Row[]): readonly Row[] =>
  before.length > rows.length ? [...rows, ...before.slice(rows.length)] : rows;
