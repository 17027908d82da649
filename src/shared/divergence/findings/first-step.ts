/** A first step that needs more than those after it: it alone may decide whether the run fits. */

import { formatBytes } from '../../base/format';
import { greatest, median } from '../../base/statistics';
import { type Bytes, MiB } from '../../base/units';
import { maxIn } from '../../trace/series';
import { TREE_RSS } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { DiagnosisInput, Finding, Overlay, OverlayPhase } from '../overlay/types';
import type { Watched } from './watched';

const MIN_STEPS = 4;

/** The first step stands this far above the others. */
const leastAbove = (usual: Bytes): Bytes => Math.max(64 * MiB, 0.05 * usual);

export function findFirstStep(
  input: DiagnosisInput,
  framework: Overlay | null,
  watched: readonly Watched[],
): Finding | null {
  for (const overlay of new Set([framework, input.overlay])) {
    const found = overlay === null ? null : ofAnnouncedSteps(overlay);
    if (found !== null) return found;
  }
  return watched.map((one) => ofShape(input, one)).find((one) => one !== null) ?? null;
}

function ofAnnouncedSteps({ series, phases }: Overlay): Finding | null {
  const rank = phases[0]?.rank;
  const highest = new Map<number, OverlayPhase & { readonly measured: Bytes }>();
  for (const row of phases) {
    const { step, measured } = row;
    if (step === null || measured === null || row.inferred || row.rank !== rank) continue;
    if (measured > (highest.get(step)?.measured ?? -1)) highest.set(step, { ...row, measured });
  }
  const [first, ...others] = [...highest.values()].sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  // What is predicted of the first step, and comes as predicted, is no surprise.
  if (first === undefined || others.length < MIN_STEPS - 1) return null;
  if (first.predicted.refined !== null && !first.flagged) return null;
  const usual = median(others.map(({ measured }) => measured));
  const most = greatest(others.map(({ measured }) => measured));
  const above = first.measured - usual;
  if (above < leastAbove(usual) || most - usual > 0.5 * above) return null;
  return {
    kind: 'first_step',
    title: `The first step needs ${formatBytes(above)} more than the others`,
    bytes: above,
    phase: first.phase,
    span: first.span,
    confidence: others.length >= 8 ? 'high' : 'medium',
    evidence: [
      `${quoteSeries(series)} reached ${formatBytes(first.measured)} in ${first.phase} of step ${first.step}; the ${others.length} steps after it reached ${formatBytes(usual)}, and ${formatBytes(most)} at most.`,
    ],
    ...wordsFor(series === TREE_RSS ? 'host' : 'device'),
  };
}

/** Of a line that repeats: its start against every later stretch. */
function ofShape(
  { spans }: DiagnosisInput,
  { line, name, of, floors, period, tells }: Watched,
): Finding | null {
  const { windows, rest } = floors[0] ?? { windows: [], rest: 0 };
  if (spans.length > 0 || period === null || windows.length < 10) return null;
  const begin = Math.ceil(windows.length / 10);
  const [early, late] = [windows.slice(0, begin), windows.slice(begin)];
  const first = early.reduce((most, one) => (one.high > most.high ? one : most));
  const usual = median(late.map(({ high }) => high));
  const most = Math.max(...late.map(({ high }) => high));
  const above = first.high - usual;
  if (above < leastAbove(usual - rest) || most - usual > 0.5 * above) return null;
  const top = maxIn(line, first.t0, first.t1);
  return {
    kind: 'first_step',
    title: `${name} is ${formatBytes(above)} higher at the start than in any step after it`,
    bytes: above,
    phase: null,
    span: [first.t0, first.t1],
    confidence: 'low',
    evidence: [
      `${line.info.id} reached ${formatBytes(tells(top?.value ?? first.high))} there and ${formatBytes(tells(usual))} in the stretches after it. Which step was the first is not announced.`,
    ],
    ...wordsFor(of),
  };
}

const wordsFor = (of: Watched['of']) => ({
  formula: 'first step − the middle one of the highest values of the other steps',
  remedy:
    of === 'host'
      ? 'Look at what is read, converted or compiled once at the start, and let go of it before the work begins. The machine must hold it once.'
      : 'Kernels are tuned and graphs captured in the first step: torch.backends.cudnn.benchmark = False, a smaller first batch, or torch.cuda.empty_cache() after it lower what it needs. A card must hold it once.',
});
