/** What was learned of a machine, in sentences: beside a budget, a plan and a session, the same in every front end. */
import { formatBytes, formatInteger, formatSignedBytes } from '../base/format';
import type { Bytes } from '../base/units';
import type { LearnedBudget } from '../learned/apply';
import { MIN_SESSIONS } from '../learned/estimate';
import { LEARNED_PARTS, type LearnedConstants, type LearnedReport } from '../learned/types';
import type { SessionDocument } from '../session/session-document';
import { componentName } from './names';

/** `memoryBytes`: of the card that a plan names; null where none is. */
export function learnedSentence(learned: LearnedBudget, memoryBytes: Bytes | null): string {
  const spare = memoryBytes === null ? null : memoryBytes - learned.peak;
  const fits = spare === null ? '' : `, which ${spare < 0 ? 'does not fit' : 'fits'}`;
  const by =
    spare === null ? '' : `, ${formatBytes(Math.abs(spare))} ${spare < 0 ? 'short' : 'to spare'}`;
  return `${learnedFrom(learned)}: ${partWords(learned)}. With that the peak is ${formatBytes(learned.peak)}${fits}${by}.`;
}

/** Of a session that earlier ones had taught something about; null elsewhere. */
export function judgedByLearned({ learned }: Pick<SessionDocument, 'learned'>): string | null {
  if (learned === undefined) return null;
  const { peak, residualBytes } = learned;
  const measured =
    residualBytes === null
      ? ''
      : `; measured is ${residualBytes === 0 ? 'that to the byte' : `${formatSignedBytes(residualBytes)} from there`}`;
  return `${learnedFrom(learned)} that had ended before this one began: ${partWords(learned)}. With that the peak is expected at ${formatBytes(peak)}${measured}. The residual goes by the published constants.`;
}

const learnedFrom = ({ sessions, gpu, driver, framework }: LearnedBudget): string =>
  `Learned from ${formatInteger(sessions)} sessions on ${gpu} (driver ${driver}, ${framework})`;

const partWords = ({ components }: LearnedBudget): string =>
  components
    .map(
      ({ component, bytes, low, high, published }) =>
        `${componentName(component)} ${formatBytes(bytes)} (${formatBytes(low)} to ${formatBytes(high)}; published ${formatBytes(published)})`,
    )
    .join(', ');

export const LEARNED_HEAD = ['', 'typical', 'lowest', 'highest', 'sessions'];

/** A row a constant; the reserve is the most reserved beyond the most allocated, as a share of the latter. */
export const learnedRows = ({ figures }: LearnedConstants): string[][] =>
  LEARNED_PARTS.flatMap((part) => {
    const figure = figures[part];
    if (figure === undefined) return [];
    const shown = (value: number) =>
      part === 'reserve' ? `${(value / 10).toFixed(1)}%` : formatBytes(value);
    const { typical, low, high, sessions } = figure;
    const name = part === 'reserve' ? 'reserve, of most allocated' : componentName(part);
    return [[name, shown(typical), shown(low), shown(high), formatInteger(sessions)]];
  });

/** What is learned from, and of how many. */
export function learnedHead({ sessions, looked, forgotten }: LearnedReport): string {
  const head =
    looked === 0
      ? 'No session was looked at yet.'
      : `${formatInteger(sessions)} of the ${formatInteger(looked)} sessions looked at tell something of their machine.`;
  const left = forgotten === 0 ? '' : ` ${formatInteger(forgotten)} were forgotten.`;
  return `${head} Those do that ran to their end on a real GPU, under a framework that says what it holds, and had no finding but of a context or a reserve that was read.${left}`;
}

export const LEARNED_NOTHING = `A constant is learned from ${MIN_SESSIONS} sessions of one GPU, driver and framework.`;
