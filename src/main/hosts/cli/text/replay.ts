/** A frame of a replay on the terminal: the moment, memory beside its budget, the line so far, what is known of it. */
import { formatBytes, formatDuration } from '../../../../shared/base/format';
import type { Bytes, Micros } from '../../../../shared/base/units';
import { describeNow, doingAt } from '../../../../shared/session/moment';
import type { SessionDocument } from '../../../../shared/session/session-document';
import type { Envelope } from '../../../../shared/trace/envelope';
import { tracePicture } from './bars';
import { cut, plain } from './columns';

export interface ReplayMoment {
  readonly doc: SessionDocument;
  /** The line shown, from the start to now. */
  readonly line: Envelope | null;
  readonly durationUs: Micros;
  readonly speed: number;
  readonly isPaused: boolean;
}

/** Left of every bar stands a word. */
const LABEL = 10;

/** Lines of at most `width` columns, always as many, so that one frame lies over the one before. */
export function replayFrame(moment: ReplayMoment, width: number): readonly string[] {
  const { doc, line, durationUs, speed, isPaused } = moment;
  const { overlay, durationUs: now } = doc;
  const less = overlay.baselineBytes;
  const current = (line?.values.findLast((value) => !Number.isNaN(value)) ?? less) - less;
  // A GPU's budget is no measure of host memory, and is told alone.
  const isUnlike = overlay.hostBesideGpu === true;
  const { refined } = overlay.predictedPeak;
  const predicted = isUnlike ? null : refined;
  const room = Math.max(8, width - LABEL - 1);
  const top = Math.max(predicted ?? 0, overlay.measuredPeak?.bytes ?? 0, 1);
  const share = durationUs > 0 ? now / durationUs : 1;
  const latest = doc.findings.at(0);
  const figures = [
    `${formatBytes(current)} now`,
    `${formatBytes(overlay.measuredPeak?.bytes)} at most so far`,
    refined === null
      ? 'nothing predicted'
      : `${formatBytes(refined)} predicted ${isUnlike ? 'for a GPU' : 'at the peak'}`,
  ];
  return [
    `${isPaused ? '‖' : '▶'} ${speed}×  ${formatDuration(now)} of ${formatDuration(durationUs)}  ${describeNow(doingAt(doc.markers, now))}`,
    `${'time'.padEnd(LABEL)}${'━'.repeat(Math.round(share * room))}${'┄'.repeat(room - Math.round(share * room))}`,
    `${'memory'.padEnd(LABEL)}${bar(current, predicted, top, room)}`,
    `${''.padEnd(LABEL)}${figures.join(' · ')}`,
    `${'so far'.padEnd(LABEL)}${line === null ? '' : tracePicture(line, less, top, Math.round(share * room))}`,
    `${'findings'.padEnd(LABEL)}${latest === undefined ? 'none yet' : `${doc.findings.length}: ${plain(latest.title)}`}`,
  ].map((text) => cut(text, width));
}

/** Bytes as a bar, the predicted peak as a mark on it. */
function bar(bytes: Bytes, predicted: Bytes | null, top: Bytes, width: number): string {
  const filled = Math.round((Math.max(0, bytes) / top) * width);
  const mark = predicted === null ? -1 : Math.min(width - 1, Math.round((predicted / top) * width));
  return Array.from({ length: width }, (_, i) => {
    if (i === mark) return '│';
    return i < filled ? '█' : ' ';
  }).join('');
}
