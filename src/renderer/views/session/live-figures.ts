/** What the newest moment of a session says. Pure. */

import { formatDuration } from '../../../shared/base/format';
import type { Bytes, Micros } from '../../../shared/base/units';
import { phaseTitle } from '../../../shared/present/phase-name';
import type { Moment } from '../../../shared/session/at-moment';
import type { SessionDocument } from '../../../shared/session/session-document';

export interface LiveFigures {
  /** "backward, step 3". */
  readonly doing: string;
  readonly tokensPerSecond: number | null;
  /** Less the baseline. */
  readonly measured: Bytes | null;
  readonly predicted: Bytes | null;
  /** How long until memory has run out at this slope, in words; null where that is not in sight. */
  readonly outOfMemory: string | null;
  /** The finding that is surest, in its own words. */
  readonly divergence: string | null;
}

/** `moment`: the newest; null before the first answer. */
export function describeLive(session: SessionDocument, moment: Moment | null): LiveFigures {
  const { findings, time, overlay } = session;
  const running = moment?.phase ?? null;
  const forecast = findings.find(({ kind }) => kind === 'out_of_memory');
  const sure = findings.find(({ kind }) => kind !== 'out_of_memory' && kind !== 'unexplained');
  // A generation is as fast as its decoding, a training as its steps.
  const pace = ['decode', 'step', 'forward'].flatMap((phase) => {
    const found = time?.phases.find((each) => each.phase === phase)?.tokensPerSecond;
    return found == null ? [] : [found];
  });
  return {
    doing: running ? phaseTitle(running) : betweenPhases(overlay),
    tokensPerSecond: pace[0] ?? null,
    measured: moment?.measured?.bytes ?? null,
    predicted: moment?.predicted?.bytes ?? null,
    outOfMemory: forecast ? untilThen(forecast.span) : null,
    divergence: sure?.title ?? null,
  };
}

function betweenPhases({ phases }: SessionDocument['overlay']): string {
  const last = phases.at(-1);
  return last ? `after ${phaseTitle(last)}` : 'no phase announced yet';
}

const untilThen = ([from, to]: readonly [Micros, Micros]): string =>
  to > from ? `in about ${formatDuration(to - from)}` : 'at the coming peak';

/** A slow source is between two readings, not lost: a gap that is open ends no earlier than this before the newest moment. */
const openWithin = (intervalUs: Micros | null): Micros =>
  Math.max(1_500_000, 2 * (intervalUs ?? 0));

/** Gaps that end before are over, whichever series they are of. */
export const openSince = ({ durationUs, series }: Pick<SessionDocument, 'durationUs' | 'series'>) =>
  durationUs - Math.max(...series.map(({ intervalUs }) => openWithin(intervalUs)), 0);

/** The series laid over the budget, or else any, that has been without a reading up to now; what never gave one has not stopped. */
export function openGap({
  gaps,
  durationUs,
  overlay,
  series,
}: SessionDocument): SessionDocument['gaps'][number] | null {
  const open = gaps.filter(({ t0, t1, series: id }) => {
    const line = series.find((each) => each.id === id);
    if (!line || line.count === 0) return false;
    const interval = line.intervalUs ?? 0;
    return t1 >= durationUs - openWithin(interval) && t1 - t0 > 2 * interval;
  });
  return open.find((gap) => gap.series === overlay.series) ?? open[0] ?? null;
}
