/**
 * Declared settings that the trace contradicts. Where the prediction does not fit, one setting at a time is changed
 * until another prediction does; a finding is made only when one kind of change fits and no other kind fits nearly as
 * well. Framework bytes of the bundled workload must fit to the byte.
 */

import { formatBytes, formatInteger, formatSignedBytes } from '../../base/format';
import { FRAMEWORK_ALLOCATED } from '../../trace/series-ids';
import { describeChange, WORDS } from '../fit/setting-words';
import {
  announcedRun,
  clearWinner,
  differenceAt,
  judgeDeclared,
  KINDS,
  LEAST_OBSERVATIONS,
  type Verdict,
  type Winner,
  worstRow,
} from '../fit/verdict';
import type { Finding, FindingsInput } from '../overlay/types';
import type { Detector } from './protocol';

const SURE_MARGIN = 10;

export const settings: Detector = {
  kind: 'batch_mismatch',
  find(input, known) {
    if (known.some(({ kind, setting }) => kind === 'preallocated_pool' || setting !== undefined))
      return [];
    const verdict = judgeDeclared(input, known);
    const standing = verdict === null ? undefined : clearWinner(verdict);
    return verdict === null ||
      standing === undefined ||
      standing.best.fit.observations < LEAST_OBSERVATIONS
      ? []
      : [buildFinding(input, verdict, standing)];
  },
};

function buildFinding(
  input: FindingsInput,
  verdict: Verdict,
  { best, twins, margin }: Winner,
): Finding {
  const { exact, overlay, own, observations, fitting } = verdict;
  const row = worstRow(overlay.phases)!;
  const bytes = differenceAt(row, best, input, overlay.series);
  const { field, declared, value } = best;
  const words = WORDS[field];
  const kind = KINDS[field]!;
  const next = fitting.find((one) => KINDS[one.field] !== kind && !twins.includes(one));
  const among = `${formatInteger(observations.length)} figures of ${[...new Set(observations.map(({ phase }) => phase))].join(', ')}`;
  const apart = [best, ...twins].map(describeChange).join(', or ');
  const isSure = exact
    ? margin === Number.POSITIVE_INFINITY
    : margin >= SURE_MARGIN && best.fit.observations >= 6;
  return {
    kind,
    title:
      twins.length === 0
        ? words.title(declared, value)
        : `The run held other tokens than declared: ${apart}`,
    bytes,
    phase: row.phase,
    span: row.span,
    confidence: twins.length > 0 ? 'low' : isSure ? 'high' : 'medium',
    evidence: [
      exact
        ? `With ${words.name} ${value} the budget equals all ${among} to the byte; with ${declared}, as declared, it does not.`
        : `With ${words.name} ${value} the budget misses ${among} by ${best.fit.misfit.toFixed(2)} times their expected error; with ${declared}, as declared, ${Number.isFinite(own.misfit) ? `by ${own.misfit.toFixed(1)} times` : 'it reaches another height altogether'}.`,
      `In ${row.phase}${row.step === null ? '' : ` of step ${row.step}`} ${overlay.series} reached ${formatBytes(row.measured)} where ${formatBytes(row.predicted.refined)} were predicted; the change accounts for ${formatSignedBytes(bytes)} of ${formatSignedBytes(row.residualBytes)}.`,
      ...(announcedRun(input.markers)[field] === value
        ? [`The workload itself announces ${words.name} ${value}.`]
        : []),
      ...(twins.length === 0
        ? []
        : [
            'The same tokens in longer or in more sequences take the same bytes, so the trace cannot tell these apart.',
          ]),
      ...(next === undefined
        ? []
        : [
            `Next best: ${WORDS[next.field].name} ${next.value}${exact ? '' : `, e^${((next.score - best.score) / 2).toFixed(0)} times less likely`}.`,
          ]),
      ...(best.fit.offset === 0
        ? []
        : [
            `A constant ${formatSignedBytes(Math.round(best.fit.offset))} in every phase is taken for ${overlay.series === FRAMEWORK_ALLOCATED ? 'what the budget does not list' : 'the device context, which was not measured'}.`,
          ]),
    ],
    formula: words.formula,
    remedy: words.remedy,
    setting: {
      field,
      declared,
      fits: value,
      ...(twins.length === 0
        ? {}
        : {
            or: twins.map((one) => ({ field: one.field, declared: one.declared, fits: one.value })),
          }),
    },
  };
}
