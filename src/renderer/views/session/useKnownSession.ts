/** A session and its budget as the engine above answers, asked for again as it grows. */
import { useMemo, useRef } from 'react';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { isLong, readByPage, withoutRows } from './read-session';

/** Twice a second is as often as a changing number can be read. */
const LIVE_MS = 500;

export interface KnownSession {
  /** What was shown last stays in sight until what is asked for is here. */
  readonly session: SessionDocument | null;
  readonly budget: Budget | null;
  readonly error: unknown;
  refresh(): void;
}

/** All there is of it. One of many phases is read by page, and what can be said before is said at once. */
export function useKnownSession(id: string, series: string | null): KnownSession {
  const brief = useQuery(`brief ${id} ${series ?? ''}`, (engine) =>
    engine.brief(askFor(id, series)),
  );
  const first = brief.data;
  const byPage = first !== null && isLong(first);
  const known = useAnswers(id, series, true, first === null ? null : { byPage });
  const early = useMemo(
    () => (first !== null && byPage ? withoutRows(first) : null),
    [first, byPage],
  );
  return { ...known, session: known.session ?? early, error: brief.error ?? known.error };
}

/**
 * As the engine above knows it at the moment of a replay, asked for whole at each: as then, it is being recorded. Nothing is
 * asked for where `isAsked` is false.
 */
export const useSessionAtMoment = (
  id: string,
  series: string | null,
  isAsked: boolean,
): KnownSession => useAnswers(id, series, isAsked, isAsked ? { byPage: false } : null);

/** `way` is how the session is read; null where it is not, or not yet. */
function useAnswers(
  id: string,
  series: string | null,
  isAsked: boolean,
  way: { readonly byPage: boolean } | null,
): KnownSession {
  const shown = useQuery(`show ${id} ${series ?? ''} ${way?.byPage}`, async (engine) => {
    if (way === null) return null;
    const question = askFor(id, series);
    return way.byPage ? readByPage(engine, question) : engine.show(question);
  });
  const budget = useQuery(`budget ${id} ${isAsked}`, async (engine) =>
    isAsked ? engine.sessionBudget({ id }) : null,
  );
  const isRecording = shown.data?.status === 'recording';
  const refresh = useThrottled(() => {
    shown.refresh();
    if (budget.data === null) budget.refresh();
  }, LIVE_MS);
  useEngineEvent((event) => {
    if (event.type === 'session' ? event.id === id : isRecording) refresh();
  });
  const latest = useRef<SessionDocument | null>(null);
  if (shown.data || !isAsked) latest.current = shown.data;
  return {
    session: shown.data ?? latest.current,
    budget: budget.data,
    error: shown.error ?? budget.error,
    refresh: shown.refresh,
  };
}

const askFor = (id: string, series: string | null) => (series === null ? { id } : { id, series });
