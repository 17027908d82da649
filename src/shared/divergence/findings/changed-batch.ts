/**
 * A batch that changed while the run went on, by the shapes that the model was called with. Only where no prediction
 * is: a declared batch that the trace contradicts is a matter of the settings. One short batch at the end of the data
 * is none.
 */
import { formatBytes, formatInteger } from '../../base/format';
import { InputShapes, sameBut } from '../overlay/input-shapes';
import { highestPhase } from '../overlay/phase-rows';
import type { DiagnosisInput, Finding, OverlayPhase } from '../overlay/types';

/** Forward passes with another batch that make it a change. */
const LEAST = 3;

export function findChangedBatch({ overlay, budget, markers }: DiagnosisInput): Finding | null {
  if (budget !== null || overlay.series === null) return null;
  const shapes = new InputShapes(markers);
  const calls = overlay.phases.flatMap((row) => {
    const input = row.phase === 'forward' ? shapes.at(row) : null;
    return input === null || input.length < 2 ? [] : [{ row, input, batch: input[0] ?? 0 }];
  });
  const first = calls[0];
  const at = calls.findIndex(({ batch }) => batch !== first?.batch);
  const changed = calls[at];
  if (!first || !changed || !sameBut(first.input, changed.input)) return null;
  const after = calls.slice(at).filter(({ batch }) => batch === changed.batch);
  if (at < LEAST || after.length < LEAST) return null;
  const [before, later] = [
    highestIn(overlay.phases, first.row, changed.row),
    highestIn(overlay.phases, changed.row, null),
  ];
  const more = before === null || later === null ? null : later - before;
  const when = changed.row.step === null ? '' : ` from step ${formatInteger(changed.row.step)}`;
  return {
    kind: 'batch_mismatch',
    title: `The batch changed from ${formatInteger(first.batch)} to ${formatInteger(changed.batch)}${when}`,
    bytes: more,
    phase: 'forward',
    span: [changed.row.span[0], overlay.phases.at(-1)?.span[1] ?? changed.row.span[1]],
    confidence: 'high',
    evidence: [
      `The model was called with [${first.input.join(', ')}] ${formatInteger(at)} times, then with [${changed.input.join(', ')}] ${formatInteger(after.length)} times.`,
      ...(before === null || later === null
        ? []
        : [`The highest phase was ${formatBytes(before)} before and ${formatBytes(later)} after.`]),
    ],
  };
}

/** The highest measured phase that begins at or after one phase and before another. */
function highestIn(
  phases: readonly OverlayPhase[],
  from: OverlayPhase,
  to: OverlayPhase | null,
): number | null {
  return (
    highestPhase(
      phases.filter(({ span: [t] }) => t >= from.span[0] && (to === null || t < to.span[0])),
    )?.measured ?? null
  );
}
