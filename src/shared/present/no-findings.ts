/** What it means that a session has no findings: all is well, or there was nothing to look at. */
import { formatDuration, formatInteger, lowerFirst } from '../base/format';
import { median } from '../base/statistics';
import type { Micros } from '../base/units';
import { MIN_SECONDS } from '../divergence/findings/growth';
import { flagLimit } from '../divergence/overlay/flags';
import type { OverlayPhase } from '../divergence/overlay/types';
import { countFlagged } from '../session/phase-kinds';
import type { SessionDocument } from '../session/session-document';
import { deviceIn, deviceMetricIn, usedMemory } from '../trace/series-ids';
import { tellUnmeasured } from './headline';
import { tellObserved } from './observed';

/** A run that ended by then may have lain between two readings at the usual rate. */
const EARLY_US: Micros = 1.5e6;
/** As many steps are enough, where they were measured. */
const OBSERVED_STEPS = 4;
/** In each phase, so that its highest moment is near one. */
const READINGS = 3;
/** What comes and goes is not told from what stays by fewer. */
const FEW_READINGS = 30;

/** One sentence for a session without findings. */
export function noFindings({
  overlay,
  status,
  objects,
  phaseKinds,
  durationUs,
  workload,
  model,
  series,
}: Pick<
  SessionDocument,
  'overlay' | 'status' | 'objects' | 'phaseKinds' | 'durationUs' | 'workload' | 'model' | 'series'
>): string {
  const alone = {
    durationUs,
    readings: series.find(({ id }) => id === readLine(overlay.series))?.count ?? 0,
    isImport: workload.kind === 'import',
  };
  if (overlay.predictedPeak.refined === null)
    return (
      tellObserved(overlay) ??
      (objects === undefined
        ? nothingPredicted(overlay.series, alone, { workload, model })
        : `No formula predicts this run, and ${whyNotObserved(overlay)}.`)
    );
  if (overlay.hostBesideGpu)
    return tellAlone('No GPU memory was measured to compare the budget with', alone);
  if (status === 'recording')
    return `${tellSoFar({ overlay, phaseKinds })} Phases are looked at as they end.`;
  if (overlay.series === null)
    return `Nothing to compare: ${lowerFirst(tellUnmeasured({ workload, series }))}.`;
  if (overlay.phases.length === 0)
    return 'Only the peaks could be compared: no phase was announced, and none was found in the trace.';
  const flagged = overlay.phases.filter((phase) => phase.flagged).length;
  if (flagged === 0 && status === 'failed')
    return 'The phases that ended before the run failed are within bounds; nothing tells of the rest.';
  return flagged === 0
    ? 'Measured and predicted agree throughout.'
    : `${flagged === 1 ? 'One phase is' : `${flagged} phases are`} out of bounds, and no cause has been found.`;
}

/** The line that was read where another is derived from it: what a workload holds of a device is read with all of it. */
function readLine(line: string | null): string | null {
  const device = deviceIn(line ?? '');
  return line !== null && device !== undefined && deviceMetricIn(line) === 'workload.memory'
    ? usedMemory(device)
    : line;
}

/** Why its own first steps let one expect nothing of the later ones: too few of them, too few readings, or inputs that differ. */
function whyNotObserved({ phases, measuredPeak }: SessionDocument['overlay']): string {
  const told = phases.filter(({ inferred, isOpen }) => !inferred && !isOpen);
  const kinds = [...Map.groupBy(told, ({ rank, phase }) => `${rank}:${phase}`).values()];
  const most = kinds.reduce<readonly OverlayPhase[]>(
    (best, one) => (one.length > best.length ? one : best),
    [],
  );
  const hasSteps = most.every(({ step }) => step !== null);
  const what = hasSteps ? 'step' : `${most[0]?.phase ?? 'such'} phase`;
  const steps = `${formatInteger(most.length)} ${what}${most.length === 1 ? '' : 's'}`;
  if (most.length < OBSERVED_STEPS)
    return hasSteps
      ? `it took ${steps}: the first ${OBSERVED_STEPS} are what later ones are held against`
      : `no phase of it came ${OBSERVED_STEPS} times, which later ones would be held against`;
  const read = Math.max(
    ...kinds.map((rows) => rows.filter(({ measured }) => measured !== null).length),
  );
  if (read >= OBSERVED_STEPS)
    return 'its inputs differ too much in shape to expect anything of the later ones';
  return `its line was read in ${formatInteger(read)} of its ${steps}${adviseRate(most, measuredPeak?.intervalUs ?? null)}`;
}

/** A rate that puts a few readings into a usual phase, where it is a faster one and there is any. */
function adviseRate(rows: readonly OverlayPhase[], intervalUs: Micros | null): string {
  const usual = median(rows.map(({ span }) => span[1] - span[0]));
  const length = `, which last ${formatDuration(usual)} each`;
  const ms = Math.floor(usual / (READINGS * 1000));
  if (ms < 1)
    return `${length}, too short for any rate; plumbline.phase(…) around more of the work makes them longer`;
  return intervalUs !== null && ms * 1000 >= intervalUs
    ? length
    : `${length}: --interval ${ms} reads it in every one`;
}

/** Of a run that goes on, and of which nothing is found yet. */
export function tellSoFar({
  overlay: { residualBytes, predictedPeak },
  phaseKinds,
}: Pick<SessionDocument, 'overlay' | 'phaseKinds'>): string {
  const flagged = countFlagged(phaseKinds);
  // More than all of the run was to take is no agreement, though no phase with it has ended yet.
  if (flagged === 0)
    return (residualBytes ?? 0) > flagLimit(predictedPeak.refined ?? 0, {})
      ? 'The cause is not sure yet.'
      : 'No divergence so far.';
  const many = flagged === 1 ? 'One phase is' : `${formatInteger(flagged)} phases are`;
  return `${many} out of bounds so far; the cause is not sure yet.`;
}

/** What the line that is shown was looked at by. */
interface Look {
  readonly durationUs: Micros;
  readonly readings: number;
  readonly isImport: boolean;
}

/** Why nothing is predicted: a model alone makes no budget. */
const describeUndeclared = (model: SessionDocument['model']): string =>
  model === null
    ? 'declares no model and run'
    : 'has a model, and no run of it that a budget could be made of';

/** What lines show by themselves is looked for whether anything was predicted or not. */
function nothingPredicted(
  line: string | null,
  look: Look,
  { workload: { terms }, model }: Pick<SessionDocument, 'workload' | 'model'>,
): string {
  if (line === null)
    return !look.isImport && look.durationUs < EARLY_US
      ? 'It ended before its memory was read once; --interval 10 reads sooner and more often.'
      : 'There is nothing to compare.';
  const alone =
    terms?.instrument === 'none' ? ', and was left alone, so no script of it was watched' : '';
  return tellAlone(
    `This session ${describeUndeclared(model)}, so there is no budget to compare with${alone}`,
    look,
  );
}

function tellAlone(nothing: string, { durationUs, readings, isImport }: Look): string {
  if (durationUs < MIN_SECONDS.host * 1e6)
    return `${nothing}; ${formatDuration(durationUs)} is too short to tell memory that grows from a program that starts.`;
  if (readings >= FEW_READINGS)
    return `${nothing}; by itself no line goes on growing, rises for a moment or steps up while it works.`;
  // A hundred of a run as long as this one.
  const ms = Math.max(10, Math.floor(durationUs / 1e6) * 10);
  const faster = isImport ? '' : `: --interval ${ms} takes a hundred of a run as long`;
  return `${nothing}; ${formatInteger(readings)} readings are too few to tell what a line does by itself${faster}.`;
}
