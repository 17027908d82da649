/** Moments at which a line stood far above what it needs before and after, with what was running then. */
import { formatBytes, formatDuration, formatPercent } from '../../base/format';
import { MiB } from '../../base/units';
import { maxIn } from '../../trace/series';
import type { DiagnosisInput, Finding } from '../overlay/types';
import { findSpikes, type Spike } from '../shapes/spikes';
import { runningAt } from './running-at';
import { firstShown, type LineFinding, type Watched, withoutEchoes } from './watched';

/** As many are told one by one. */
const TOLD = 4;
/** Garbage collection moves the host's memory by less. */
const MIN_HOST = 256 * MiB;

export function findSpikesOfLines(
  input: DiagnosisInput,
  watched: readonly Watched[],
): LineFinding[] {
  return withoutEchoes(
    watched.flatMap((one) => {
      const spikes = firstShown(one, findSpikes);
      return spikes === null ? [] : [{ of: one.of, finding: describeSpikes(input, one, spikes) }];
    }),
  );
}

function describeSpikes(
  input: DiagnosisInput,
  { line, name, of, periods, tells }: Watched,
  spikes: readonly Spike[],
): Finding {
  const tallest = spikes.reduce((most, one) => (one.above > most.above ? one : most));
  const moments = spikes.map((spike) => ({
    ...spike,
    t: maxIn(line, spike.t0, spike.t1)?.t ?? spike.t0,
  }));
  const top = moments.find(({ value }) => value === tallest.value)?.t ?? tallest.t0;
  const running = runningAt(input, line.info.id, top, periods);
  const usual = tells(tallest.value) - tallest.above;
  const more = spikes.length === 1 ? '' : `, the tallest of ${spikes.length}`;
  return {
    kind: 'spike',
    title: `${name} rose for a moment by ${formatBytes(tallest.above)}${running.words === null ? '' : `, while ${running.words}`}${more}`,
    bytes: tallest.above,
    phase: running.phase,
    span: [tallest.t0, tallest.t1],
    ...(spikes.length > 1 && { spans: spikes.map(({ t0, t1 }) => [t0, t1] as const) }),
    confidence: of === 'host' && tallest.above < MIN_HOST ? 'low' : 'medium',
    evidence: [
      ...moments.slice(0, TOLD).map(({ t, above, value }) => {
        const { words } = runningAt(input, line.info.id, t, periods);
        return `At ${formatDuration(t)} ${line.info.id} reached ${formatBytes(tells(value))}, ${formatBytes(above)} above what is usual around it${words === null ? '' : `; ${words}`}.`;
      }),
      `Before and after it is at most ${formatBytes(usual)}: the spike is ${formatPercent((100 * tallest.above) / Math.max(1, usual))} more, and decides whether the run fits.`,
    ],
    formula: 'spike = highest value of a stretch − usual highest value of the stretches around it',
    remedy:
      of === 'host'
        ? 'Look at what is done once in a while: a report, a file that is read whole, a checkpoint that is gathered, a batch longer than others. Do it in pieces.'
        : 'Look at what is done once in a while: a longer batch, an evaluation, a checkpoint that is gathered, a kernel that is tuned. Bound its batch or length, or do it on the CPU.',
  };
}
