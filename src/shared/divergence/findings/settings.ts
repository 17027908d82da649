/**
 * Declared settings that the trace contradicts. Where the prediction does not fit, one setting at a time is changed
 * until another prediction does; a finding is made only when one kind of change fits and no other kind fits nearly as
 * well. Framework bytes of the bundled workload must fit to the byte.
 */

import { formatBytes, formatInteger, formatSignedBytes } from '../../base/format';
import type { Confidence } from '../../base/vocabulary';
import { FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import { quoteSeries } from '../../trace/series-names';
import type { Fit } from '../fit/fit';
import { announcedRun, differenceAt, type JudgedRun, type Mismatch } from '../fit/judged-run';
import { describeChange, describeLevels, WORDS } from '../fit/setting-words';
import { clearWinner, KINDS, type Winner } from '../fit/winner';
import type { Gap } from '../overlay/gap';
import type { DiagnosisInput, Finding } from '../overlay/types';

/** From here on a setting is named with high confidence. */
const SURE_MARGIN = 10;
const SURE_OBSERVATIONS = 6;
/**
 * A single figure is fitted by any setting at all. A line that rests on a single level shows more: that the run passed no
 * other that a setting would have it pass.
 */
const MIN_OBSERVATIONS = 2;

export function findSettingMismatch(
  input: DiagnosisInput,
  judged: JudgedRun | null,
): Finding | null {
  const winner = clearWinner(judged?.mismatch);
  if (!judged?.mismatch || winner === null) return null;
  const isFew = winner.best.fit.observations < MIN_OBSERVATIONS;
  if (isFew && winner.best.fit.isWhole !== true) return null;
  const { best, twins, kind } = winner;
  const { field, declared, value } = best;
  const words = WORDS[field];
  const { worst } = judged.mismatch;
  return {
    kind,
    title:
      twins.length === 0
        ? words.title(declared, value)
        : `The run held other tokens than declared: ${[best, ...twins].map(describeChange).join(', or ')}`,
    bytes: differenceAt(worst, best, judged.search.declared, judged.overlay),
    phase: worst.of === 'run' ? null : worst.phase,
    span: worst.span,
    confidence: isFew ? 'low' : rateConfidence(winner, judged.mustMatchExactly),
    evidence: describeEvidence(input, judged, judged.mismatch, winner),
    formula: words.formula,
    remedy: words.remedy,
    setting: {
      field,
      declared,
      fits: value,
      ...(twins.length > 0 && {
        or: twins.map((one) => ({ field: one.field, declared: one.declared, fits: one.value })),
      }),
    },
  };
}

function rateConfidence({ best, twins, margin }: Winner, mustMatchExactly: boolean): Confidence {
  if (twins.length > 0) return 'low';
  const isSure = mustMatchExactly
    ? margin === Number.POSITIVE_INFINITY
    : margin >= SURE_MARGIN && best.fit.observations >= SURE_OBSERVATIONS;
  return isSure ? 'high' : 'medium';
}

function describeEvidence(
  { markers }: DiagnosisInput,
  { search, overlay, mustMatchExactly }: JudgedRun,
  { declared, worst, fitting }: Mismatch,
  { best, twins, kind }: Winner,
): string[] {
  const { field, value, fit } = best;
  const bytes = differenceAt(worst, best, search.declared, overlay);
  const evidence = [
    describeFit(search, best, declared),
    `${describePlace(worst)} ${quoteSeries(overlay.series)} reached ${formatBytes(worst.measured)} where ${formatBytes(worst.predicted.refined)} were predicted; the change accounts for ${formatSignedBytes(bytes)} of ${formatSignedBytes(worst.residualBytes)}.`,
  ];
  if (announcedRun(markers)[field] === value)
    evidence.push(`The workload itself announces ${WORDS[field].name} ${value}.`);
  if (twins.length > 0)
    evidence.push(
      'The same tokens in longer or in more sequences take the same bytes, so the trace cannot tell these apart.',
    );
  const next = fitting.find((one) => KINDS[one.field] !== kind && !twins.includes(one));
  if (next !== undefined) {
    const odds = `, e^${((next.score - best.score) / 2).toFixed(0)} times less likely`;
    evidence.push(
      `Next best: ${WORDS[next.field].name} ${next.value}${mustMatchExactly ? '' : odds}.`,
    );
  }
  if (fit.offset !== 0) {
    const cause =
      overlay.series === FRAMEWORK_ALLOCATED
        ? 'what the budget does not list'
        : 'the device context, which was not measured';
    evidence.push(
      `A constant ${formatSignedBytes(Math.round(fit.offset))} in every phase is taken for ${cause}.`,
    );
  }
  return evidence;
}

function describePlace({ of, phase, step }: Gap): string {
  if (of === 'run') return 'At its highest';
  return `In ${phase}${step === null ? '' : ` of step ${step}`}`;
}

function describeFit(
  { observations, context }: JudgedRun['search'],
  { field, value, declared, fit }: Winner['best'],
  asDeclared: Fit,
): string {
  const phases = [...new Set(observations.map(({ phase }) => phase))].join(', ');
  const among = context.stairs
    ? describeLevels(context.stairs)
    : `${formatInteger(observations.length)} figures of ${phases}`;
  const { name } = WORDS[field];
  if (context.mustMatchExactly)
    return `With ${name} ${value} the budget equals all ${among} to the byte; with ${declared}, as declared, it does not.`;
  const otherwise = Number.isFinite(asDeclared.rmsError)
    ? `by ${asDeclared.rmsError.toFixed(1)} times`
    : 'it reaches another height altogether';
  return `With ${name} ${value} the budget misses ${among} by ${fit.rmsError.toFixed(2)} times their expected error; with ${declared}, as declared, ${otherwise}.`;
}
