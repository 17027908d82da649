/**
 * The observed tier: what a run's own first steps let one expect of its later ones, where no formula predicts it.
 *
 * What the script's objects hold is certain at every phase; the rest of the line (activations, work, and on a line of
 * the host the runtime) is expected to be what it was in the second to fourth phase of its kind. The first is left out:
 * optimizers make their states in it, and libraries their workspaces. A later phase that gets another batch is
 * expected to hold its activations in proportion where the framework counts them, and nothing is expected otherwise.
 */

import { median } from '../../base/statistics';
import type { Bytes } from '../../base/units';
import { sumComponents } from '../../budget/tier';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { Marker } from '../../trace/types';
import { HeldObjects, heldOn } from './held-objects';
import { InputShapes, sameBut } from './input-shapes';
import type { MeasuredOverlay, ObservedPhase, Overlay, OverlayPhase } from './types';

/** Phases of a kind that the expectation is made from, after the first. */
const LEARNED = 3;

/** The overlay with `predicted.observed` and its residual in each later phase. With a prediction it stays as it is. */
export function addObserved(overlay: Overlay, markers: readonly Marker[]): Overlay {
  const { series, predictedPeak, phases } = overlay;
  if (series === null || predictedPeak.refined !== null || phases.some(({ inferred }) => inferred))
    return overlay;
  const objects = new HeldObjects(markers);
  const shapes = new InputShapes(markers);
  const learned: ObservedPhase[] = [];
  const rows = new Map<OverlayPhase, Bytes>();
  for (const kind of Map.groupBy(phases, ({ rank, phase }) => `${rank}:${phase}`).values()) {
    const known = kind.flatMap((row) => {
      const mark = objects.atEnd({ ...row, t1: row.span[1] });
      const held = mark === null ? {} : heldOn(mark, series === TREE_RSS ? 'host' : 'device');
      const certain = sumComponents(held);
      return row.measured === null || row.isOpen ? [] : [{ row, certain, measured: row.measured }];
    });
    const second = known[1];
    const usual = second ? shapes.at(second.row) : null;
    // Of one shape of input: phases that got another are held against these, not taken among them.
    const from = known
      .slice(1)
      .filter(({ row }) => shapes.at(row)?.join() === usual?.join())
      .slice(0, LEARNED);
    const [first, last] = [from[0], from.at(-1)];
    if (!first || !last || from.length < LEARNED) continue;
    const rests = from.map(({ certain, measured }) => measured - certain);
    const rest = median(rests);
    for (const { row, certain } of known.slice(known.indexOf(last) + 1)) {
      const scale = scaleOf(usual, shapes.at(row), series);
      if (scale !== null) rows.set(row, Math.round(certain + rest * scale));
    }
    learned.push({
      phase: first.row.phase,
      rank: first.row.rank,
      steps:
        first.row.step === null || last.row.step === null ? null : [first.row.step, last.row.step],
      certain: last.certain,
      rest,
      spread: Math.max(...rests) - Math.min(...rests),
    });
  }
  return learned.length === 0 ? overlay : withRows(overlay, learned, rows);
}

function withRows(
  overlay: MeasuredOverlay,
  observed: readonly ObservedPhase[],
  expected: ReadonlyMap<OverlayPhase, Bytes>,
): MeasuredOverlay {
  const highest = Math.max(...observed.map(({ certain, rest }) => certain + rest));
  return {
    ...overlay,
    observed,
    predictedPeak: { ...overlay.predictedPeak, observed: highest },
    phases: overlay.phases.map((row) => {
      const bytes = expected.get(row);
      return bytes === undefined || row.measured === null
        ? row
        : {
            ...row,
            predicted: { ...row.predicted, observed: bytes },
            residualObservedBytes: row.measured - bytes,
          };
    }),
  };
}

/** By what activations are multiplied where the input is another one; null where that cannot be told. */
function scaleOf(
  usual: readonly number[] | null,
  own: readonly number[] | null,
  series: string,
): number | null {
  if (usual === null || own === null || usual.join() === own.join()) return 1;
  if (series !== FRAMEWORK_ALLOCATED || !sameBut(usual, own)) return null;
  return (own[0] ?? 0) / (usual[0] ?? 1);
}

/** The phase that is furthest from its observed expectation; null where none has one. */
export function findFurthest<T extends OverlayPhase>(
  phases: readonly T[],
): (T & { readonly residualObservedBytes: Bytes }) | null {
  let worst: (T & { readonly residualObservedBytes: Bytes }) | null = null;
  for (const row of phases) {
    const residual = row.residualObservedBytes;
    if (residual === undefined) continue;
    if (worst === null || Math.abs(residual) > Math.abs(worst.residualObservedBytes))
      worst = { ...row, residualObservedBytes: residual };
  }
  return worst;
}
