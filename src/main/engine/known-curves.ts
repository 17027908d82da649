/** The curve within each phase of the run asked about last: a picture asks again at every turn of its wheel, and theory answers alike. */
import type { Micros } from '../../shared/base/units';
import { type PhaseCurve, predictCurve } from '../../shared/budget/curve';
import { leastCurved, type PredictedCurves, placeCurves } from '../../shared/picture/placed-curves';
import { predictSession } from '../../shared/session/analysis';
import type { SessionData } from '../../shared/session/types';
import { announcedIn } from '../../shared/trace/announcements';
import type { PhaseSpan } from '../../shared/trace/types';

export class KnownCurves {
  #last: { readonly key: string; readonly curves: readonly PhaseCurve[] | null } | null = null;

  /**
   * In [t0, t1] at `columns` columns; null where nothing was declared, and where theory knows no more than the phase.
   * `findSpans`: phases of the view that take at least so long, where they can be had without a look at the markers.
   */
  place(
    session: SessionData,
    view: { readonly t0: Micros; readonly t1: Micros; readonly columns: number },
    findSpans: (least: Micros) => readonly PhaseSpan[] | null = () => null,
  ): PredictedCurves | null {
    const curves = this.#predict(session);
    // No marker is read where there is nothing to lay in time.
    if (curves === null) return null;
    const spans =
      findSpans(leastCurved(view)) ?? announcedIn(session).spansBy(session.durationUs).spans;
    return placeCurves(curves, { series: session.series, spans }, view);
  }

  #predict({ model, run }: Pick<SessionData, 'model' | 'run'>): readonly PhaseCurve[] | null {
    const key = JSON.stringify([model, run]);
    if (this.#last?.key !== key) {
      const { budget } = predictSession({ model, run });
      this.#last = { key, curves: budget && predictCurve(budget.spec, budget.run) };
    }
    return this.#last.curves;
  }
}
