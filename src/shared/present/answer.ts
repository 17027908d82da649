/** The answer first: one sentence that says what was measured, what was predicted, and why the two part. */
import { formatBytes, formatInteger, formatSignedBytes, lowerFirst } from '../base/format';
import type { Bytes } from '../base/units';
import { showsRun } from '../divergence/overlay/shows-run';
import type { Finding } from '../divergence/overlay/types';
import { countFlagged } from '../session/phase-kinds';
import type { SessionDocument } from '../session/session-document';
import { headline } from './headline';
import { tellSoFar } from './no-findings';

/** "255 MiB where 167 were predicted: a leak of 3.81 MiB a step since step 2." */
export function answer(session: SessionDocument): string {
  return session.status === 'failed' ? tellFailure(session) : tellMemory(session);
}

/** "Failed with exit code 3: the workload ran out of GPU memory. Memory peaked at 3.34 MiB." */
function tellFailure(session: SessionDocument): string {
  const { signal, exitCode, findings } = session;
  let how = '';
  if (signal !== null) how = `, signal ${signal}`;
  else if (exitCode) how = ` with exit code ${exitCode}`;
  const cause = findings.find(({ kind }) => kind === 'out_of_memory');
  const rest = { ...session, findings: findings.filter((finding) => finding !== cause) };
  return `Failed${how}${cause ? `: ${lowerFirst(cause.title)}` : ''}. ${tellMemory(rest)}`;
}

function tellMemory(session: SessionDocument): string {
  const { overlay, status } = session;
  const { measuredPeak, residualBytes, predictedPeak } = overlay;
  if (!measuredPeak || residualBytes === null || predictedPeak.refined === null) {
    const [first] = surestFirst(session.findings);
    if (!measuredPeak || !first) return headline(session);
    // What a line does by itself needs no prediction.
    const peak = `${formatBytes(measuredPeak.bytes)} at the peak`;
    return TAKES_TIME.has(first.kind) ? `${peak}. ${first.title}.` : `${peak}: ${cause(first)}.`;
  }
  const findings = session.findings.filter((finding) => mayExplain(finding, residualBytes));
  const isLive = status === 'recording';
  const named = surestFirst(findings).find(({ kind }) => kind !== 'unexplained');
  // That a run which failed left much of its prediction unused explains itself.
  const finding = named ?? (status === 'failed' ? undefined : findings[0]);
  const figures = `${formatBytes(measuredPeak.bytes)}${isLive ? ' so far' : ''} where ${withoutUnit(predictedPeak.refined, measuredPeak.bytes)} ${isLive ? 'are' : 'were'} predicted`;
  if (finding && !isLive && formatBytes(measuredPeak.bytes) === formatBytes(predictedPeak.refined))
    return `${formatBytes(measuredPeak.bytes)}, ${residualBytes === 0 ? '' : 'about '}as predicted, but ${cause(finding)}.`;
  if (finding) return `${figures}: ${cause(finding)}.`;
  if (isLive) return `${figures} at the peak. ${tellSoFar(session)}`;
  if (!showsRun(overlay)) return headline(session);
  // A run that failed may not have come to its peak: it agrees with nothing.
  if (status === 'failed') return `Until then ${figures}.`;
  if (residualBytes === 0) return `${formatBytes(measuredPeak.bytes)}, as predicted to the byte.`;
  const isWithin = session.phaseKinds.length > 0 && countFlagged(session.phaseKinds) === 0;
  return `${figures}, ${formatSignedBytes(residualBytes)}; ${isWithin ? 'all phases are within bounds' : 'no cause stands out'}.`;
}

/** What costs time is the cause of no byte, and what was not measured is not why more was. */
function mayExplain({ kind, bytes }: Finding, residual: Bytes): boolean {
  if (TAKES_TIME.has(kind)) return false;
  return bytes === null || residual === 0 || Math.sign(bytes) === Math.sign(residual);
}

/** These cost time, and are the cause of no byte. */
const TAKES_TIME: ReadonlySet<Finding['kind']> = new Set(['throttled', 'idle']);

/** The second of two figures goes without its unit where it is that of the first. */
function withoutUnit(bytes: number, beside: number): string {
  const [, unit] = formatBytes(beside).split(' ');
  const [figure = '', own] = formatBytes(bytes).split(' ');
  return own === unit ? figure : formatBytes(bytes);
}

/** What may be is told after what is, and as what may be. */
const surestFirst = (findings: readonly Finding[]): readonly Finding[] => [
  ...findings.filter(({ confidence }) => confidence !== 'low'),
  ...findings.filter(({ confidence }) => confidence === 'low'),
];

function cause({ kind, title, slope, confidence }: Finding): string {
  const told =
    kind === 'leak' && (slope?.per === 'step' || slope?.per === 'token')
      ? `a leak of ${formatBytes(slope.bytes)} a ${slope.per} ${tellSince(slope)}`
      : lowerFirst(title);
  return confidence === 'low' ? `perhaps ${told}` : told;
}

/** "since step 7", "since step 1 or 2", "since about step 20 (18 to 23)". */
function tellSince({ per, since, sinceRange }: NonNullable<Finding['slope']>): string {
  if (sinceRange === undefined) return `since ${per} ${formatInteger(since)}`;
  const [low, high] = sinceRange.map(formatInteger);
  return sinceRange[1] - sinceRange[0] === 1
    ? `since ${per} ${low} or ${high}`
    : `since about ${per} ${formatInteger(since)} (${low} to ${high})`;
}
