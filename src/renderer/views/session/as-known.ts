/**
 * The engine as it would have answered at a moment of a session: every question about that session is asked with the
 * moment unless it names one, and asked again when the moment moves, so whatever is on screen follows a replay without knowing of it.
 */
import type { Micros } from '../../../shared/base/units';
import type { EngineClient } from '../../../shared/contract/api';
import { createStore } from '../../state/store';
import type { EngineLink } from '../../state/transport';

/** Methods that answer for a moment. */
const OF_A_MOMENT: ReadonlySet<PropertyKey> = new Set<keyof EngineClient>([
  'show',
  'glance',
  'brief',
  'trace',
  'sessionBudget',
  'predictedCurves',
  'phases',
  'phaseChanges',
  'phaseBars',
  'markers',
  'gaps',
  'logs',
  'statistics',
  'moment',
]);

export interface PastLink extends EngineLink {
  /** The moment that is asked about from now on. Null: all there is. */
  moveTo(until: Micros | null): void;
  /** Lets go of the link beneath. */
  detach(): void;
}

export function linkToPast(link: EngineLink, id: string): PastLink {
  let until: Micros | null = null;
  let moves = 0;
  // A question that is asked again keeps its older answer in sight, so a moment passes as a new connection does.
  const current = () => ({ ...link.state.get(), epoch: link.state.get().epoch + moves });
  const state = createStore(current());
  const detach = link.state.subscribe(() => state.set(current()));
  return {
    client: askAsKnown(link.client, id, () => until),
    state,
    retry: link.retry,
    moveTo(next) {
      if (next === until) return;
      until = next;
      moves += 1;
      state.set(current());
    },
    detach,
  };
}

export function askAsKnown(
  engine: EngineClient,
  id: string,
  moment: () => Micros | null,
): EngineClient {
  return new Proxy(engine, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || !OF_A_MOMENT.has(name)) return method;
      return (question: { readonly id: string }, ...rest: unknown[]) => {
        const until = moment();
        const asked = question.id === id && until !== null ? { until, ...question } : question;
        return method.call(target, asked, ...rest);
      };
    },
  });
}
