/**
 * The models that a process announces: a budget is of one of them, the one whose run it is. Frozen copies beside it, as
 * preference training compares with, are in that budget; what else is held beside it is in none.
 */
import { TOLERANCE } from './announced-weights';

type Fields = Readonly<Record<string, unknown>>;

/** Models of one process by the number it gives them; of one that gives none, the first that it announced. */
export class AnnouncedModels {
  readonly #ranks = new Map<number, Map<unknown, Fields>>();

  take(rank: number, fields: Fields): void {
    const models = this.#ranks.get(rank) ?? new Map<unknown, Fields>();
    this.#ranks.set(rank, models);
    if (!models.has(fields.modelNumber)) models.set(fields.modelNumber, fields);
  }

  /** The model that a run of `rank` is of; null where it announced none. */
  ofRun(rank: number, run: Fields): Fields | null {
    const models = this.#ranks.get(rank);
    return models?.get(run.modelNumber) ?? models?.values().next().value ?? null;
  }

  /** Models of the same process beside this one, but for those too small to count. */
  beside(rank: number, own: Fields): readonly Fields[] {
    const least = TOLERANCE * size(own);
    return [...(this.#ranks.get(rank)?.values() ?? [])].filter(
      (one) => one !== own && size(one) > least,
    );
  }
}

const size = ({ parameters }: Fields): number => (typeof parameters === 'number' ? parameters : 0);

/** How many frozen copies of the model that trains these are; null where one of them is something else. */
export function countCopies(own: Fields, beside: readonly Fields[], run: Fields): number | null {
  const isCopy = (one: Fields) =>
    one.trainable === 0 && size(one) === size(own) && one.parameterBytes === own.parameterBytes;
  return beside.length === 0 || (run.mode === 'train' && beside.every(isCopy))
    ? beside.length
    : null;
}

/** Why a run that uses several models has no budget. */
export const describeSeveral = ({ name }: Fields): string =>
  `The workload uses other models beside ${typeof name === 'string' ? name : 'the one that runs first'}: a budget is of one, so none is made of this run. What all of them hold is measured.`;
