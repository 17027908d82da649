/**
 * A compared session on the common axis of time: its line, its peak and the predicted components, each read through
 * the session's anchors. The axis begins with the earliest session at 0.
 */
import { lowerBound } from '../../../shared/base/search';
import type { Bytes, Micros } from '../../../shared/base/units';
import type { ComponentBytes } from '../../../shared/budget/types';
import type { PhaseBar } from '../../../shared/picture/phase-bars';
import { type Anchors, toCommon, toOwn } from '../../../shared/session/align';
import type { BriefDocument } from '../../../shared/session/session-document';
import type { Envelope } from '../../../shared/trace/envelope';
import type { LineData } from '../../chart/paint-lines';
import type { View } from '../../chart/view';
import type { TraceWindows } from '../../timeline/traces';
import type { Range } from './difference';

export class AlignedSession {
  readonly place: number;
  readonly session: BriefDocument;
  readonly traces: TraceWindows;
  readonly #anchors: Anchors;
  readonly #bars: readonly PhaseBar[];
  /** Envelopes are never changed, so what became of one on the axis is worked out once. */
  readonly #moved = new WeakMap<Envelope, Envelope>();

  constructor(
    place: number,
    session: BriefDocument,
    traces: TraceWindows,
    anchors: Anchors,
    bars: readonly PhaseBar[],
  ) {
    this.place = place;
    this.session = session;
    this.traces = traces;
    this.#anchors = anchors;
    this.#bars = bars;
  }

  /** The span of the session on the axis. */
  get span(): View {
    return {
      t0: toCommon(this.#anchors, 0),
      t1: toCommon(this.#anchors, this.session.durationUs),
    };
  }

  get peak(): { readonly t: Micros; readonly bytes: Bytes } | null {
    const { measuredPeak } = this.session.overlay;
    return (
      measuredPeak && { t: toCommon(this.#anchors, measuredPeak.at), bytes: measuredPeak.bytes }
    );
  }

  /** The part of the session's own time that a view of the axis shows. */
  toOwnView({ t0, t1 }: View): View {
    const end = this.session.durationUs;
    const from = Math.min(Math.max(0, toOwn(this.#anchors, t0)), end);
    return { t0: from, t1: Math.max(from + 1, Math.min(end, toOwn(this.#anchors, t1))) };
  }

  /** The finest line there is for a view, on the axis; values as recorded, the baseline included. */
  line(view: View): Pick<LineData, 'envelope' | 'columns'> | null {
    const { series } = this.session.overlay;
    if (series === null) return null;
    const parts = this.traces.parts(series, this.toOwnView(view));
    const best = parts.find(({ span }) => span === null) ?? parts.at(-1);
    if (!best) return null;
    const { span, session } = this;
    const stretch = (span.t1 - span.t0) / Math.max(1, session.durationUs);
    const columns = {
      t0: toCommon(this.#anchors, best.columns.t0),
      us: best.columns.us * stretch,
    };
    return { envelope: this.#move(best.trace.envelope), columns };
  }

  #move(envelope: Envelope): Envelope {
    const known = this.#moved.get(envelope);
    if (known) return known;
    const moved = {
      times: envelope.times.map((t) => toCommon(this.#anchors, t)),
      values: envelope.values,
    };
    this.#moved.set(envelope, moved);
    return moved;
  }

  /** Of `count` columns of the axis from `from` on, above the baseline; null outside the session and in gaps. */
  rangesIn(view: View, from: Micros, us: Micros, count: number): readonly (Range | null)[] {
    const line = this.line(view);
    const { span } = this;
    const baseline = this.session.overlay.baselineBytes;
    return Array.from({ length: count }, (_, column) => {
      const [t0, t1] = [from + column * us, from + (column + 1) * us];
      return line && t1 >= span.t0 && t0 <= span.t1
        ? rangeIn(line.envelope, t0, t1, baseline)
        : null;
    });
  }

  /** The highest of the line within a stretch of the axis, above the baseline; null outside the session and in gaps. */
  highestIn(view: View, t0: Micros, t1: Micros): Bytes | null {
    return this.rangesIn(view, t0, t1 - t0, 1)[0]?.high ?? null;
  }

  /** What was predicted at an instant of the axis, by component. */
  predictedAt(t: Micros): ComponentBytes | null {
    const own = toOwn(this.#anchors, t);
    const bar = this.#bars.findLast(({ span: [t0] }) => t0 <= own);
    return bar?.predictedComponents ?? null;
  }
}

/** A value holds until the next: the one before the stretch counts too. */
function rangeIn(
  { times, values }: Envelope,
  t0: Micros,
  t1: Micros,
  baseline: Bytes,
): Range | null {
  const from = lowerBound(times, t0);
  let high = from > 0 ? values[from - 1]! : Number.NaN;
  let low = high;
  for (let i = from; i < times.length && times[i]! <= t1; i++) {
    if (!(values[i]! <= high)) high = values[i]!;
    if (!(values[i]! >= low)) low = values[i]!;
  }
  return Number.isNaN(high) || Number.isNaN(low)
    ? null
    : { low: low - baseline, high: high - baseline };
}

/** Anchors moved along the axis, so that the earliest session begins at 0. */
export function beginAtZero(anchors: readonly (Anchors | null)[]): readonly (Anchors | null)[] {
  const starts = anchors.flatMap((each) => (each ? [toCommon(each, 0)] : []));
  const earliest = Math.min(0, ...starts);
  return anchors.map((each) => each && { ...each, to: each.to.map((t) => t - earliest) });
}
