/** The curve within each phase of the run asked about last: a picture asks again at every turn of its wheel, and theory answers alike. */
import { type PhaseCurve, predictCurve } from '../../shared/budget/curve';
import { predictSession } from '../../shared/session/analysis';
import type { SessionData } from '../../shared/session/types';

export class KnownCurves {
  #last: { readonly key: string; readonly curves: readonly PhaseCurve[] | null } | null = null;

  /** Null where nothing was declared, and where theory knows no more than the phase. */
  predict({ model, run }: Pick<SessionData, 'model' | 'run'>): readonly PhaseCurve[] | null {
    const key = JSON.stringify([model, run]);
    if (this.#last?.key !== key) {
      const { budget } = predictSession({ model, run });
      this.#last = { key, curves: budget && predictCurve(budget.spec, budget.run) };
    }
    return this.#last.curves;
  }
}
