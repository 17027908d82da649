/** The questions about sessions that are answered from their files: by `Sessions`, on a thread apart where there can be one. */
import type { EngineApi } from '../../shared/contract/api';
import { QUESTION_LIMIT_MS, withinTime } from '../store/time-limit';
import type { Sessions } from './sessions';

export const QUERY_METHODS = [
  'list',
  'damaged',
  'show',
  'glance',
  'brief',
  'phases',
  'phaseChanges',
  'phaseBars',
  'markers',
  'gaps',
  'logs',
  'statistics',
  'moment',
  'trace',
  'sessionBudget',
  'predictedCurves',
  'invert',
  'compare',
  'report',
] as const satisfies readonly (keyof EngineApi & keyof Sessions)[];

export type QueryMethod = (typeof QUERY_METHODS)[number];
export type Queries = Pick<EngineApi, QueryMethod>;

/** Those whose answer is from a session analysed; the others read its file as it lies. */
export const NEEDS_ANALYSIS: ReadonlySet<QueryMethod> = new Set([
  'show',
  'brief',
  'phases',
  'phaseChanges',
  'phaseBars',
  'moment',
  'invert',
  'compare',
  'report',
]);

/** They open many files, each of which has a limit of its own. */
const OF_MANY_FILES: ReadonlySet<QueryMethod> = new Set(['list', 'damaged']);

type Answer = (question: unknown) => unknown;

export function answerQuery(sessions: Sessions, method: QueryMethod, question: unknown): unknown {
  const ask = () => (sessions[method] as Answer).call(sessions, question);
  return OF_MANY_FILES.has(method) ? ask() : withinTime(QUESTION_LIMIT_MS, ask);
}
