/**
 * Phase rows of a session in columns, to be kept: what is alike in thousands of steps (the prediction of a kind of phase,
 * the components) is said once, and a row is a handful of numbers. What is unpacked is what was packed.
 */
import type { Bytes, Micros } from '../base/units';
import type { OverlayPhase, TierPair } from '../divergence/overlay/types';

/** What a row has besides its numbers. */
type Kind = Omit<
  OverlayPhase,
  | 'step'
  | 'span'
  | 'measured'
  | 'end'
  | 'residualBytes'
  | 'residualEndBytes'
  | 'residualObservedBytes'
>;

/** As JSON can hold it; columns have one entry a row. */
export interface PackedPhases {
  readonly kinds: readonly Kind[];
  readonly kind: readonly number[];
  readonly step: readonly (number | null)[];
  readonly t0: readonly Micros[];
  readonly t1: readonly Micros[];
  readonly measured: readonly (Bytes | null)[];
  readonly end: readonly (Bytes | null)[];
  /** Null where nothing was to be expected by the run's own first steps. */
  readonly observed: readonly (Bytes | null)[];
}

export function packPhases(rows: readonly OverlayPhase[]): PackedPhases {
  const kinds = new Map<string, { readonly kind: Kind; readonly at: number }>();
  const kind = rows.map((row) => {
    const own = describeKind(row);
    const key = JSON.stringify(own);
    const known = kinds.get(key) ?? { kind: own, at: kinds.size };
    kinds.set(key, known);
    return known.at;
  });
  return {
    kinds: Array.from(kinds.values(), (known) => known.kind),
    kind,
    step: rows.map(({ step }) => step),
    t0: rows.map(({ span }) => span[0]),
    t1: rows.map(({ span }) => span[1]),
    measured: rows.map(({ measured }) => measured),
    end: rows.map(({ end }) => end),
    observed: rows.map(({ predicted }) => predicted.observed ?? null),
  };
}

export function unpackPhases(packed: PackedPhases): OverlayPhase[] {
  const { kinds, kind, step, t0, t1, measured, end, observed } = packed;
  return kind.map((at, i) => {
    const own = kinds[at]!;
    const [bytes, last, expected] = [measured[i]!, end[i]!, observed[i]!];
    return {
      ...own,
      step: step[i]!,
      span: [t0[i]!, t1[i]!],
      measured: bytes,
      end: last,
      predicted: expected === null ? own.predicted : { ...own.predicted, observed: expected },
      residualBytes: difference(bytes, own.predicted),
      residualEndBytes: difference(last, own.predictedEnd),
      ...(expected !== null && bytes !== null && { residualObservedBytes: bytes - expected }),
    };
  });
}

const difference = (bytes: Bytes | null, { refined }: TierPair): Bytes | null =>
  bytes === null || refined === null ? null : bytes - refined;

function describeKind({
  step: _step,
  span: _span,
  measured: _measured,
  end: _end,
  residualBytes: _residual,
  residualEndBytes: _residualEnd,
  residualObservedBytes: _residualObserved,
  predicted: { observed: _observed, ...predicted },
  ...kind
}: OverlayPhase): Kind {
  return { ...kind, predicted };
}
