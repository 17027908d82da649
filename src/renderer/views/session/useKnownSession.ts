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

/** Nothing is asked for where `isAsked` is false. */
export function useKnownSession(id: string, series: string | null, isAsked = true): KnownSession {
  const question = series === null ? { id } : { id, series };
  const brief = useQuery(`brief ${id} ${series ?? ''} ${isAsked}`, async (engine) =>
    isAsked ? engine.brief(question) : null,
  );
  const first = brief.data;
  const byPage = first !== null && isLong(first);
  const shown = useQuery(
    `show ${id} ${series ?? ''} ${first !== null} ${byPage}`,
    async (engine) => {
      if (first === null) return null;
      return byPage ? readByPage(engine, question) : engine.show(question);
    },
  );
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
  const early = useMemo(
    () => (first !== null && byPage ? withoutRows(first) : null),
    [first, byPage],
  );
  return {
    session: shown.data ?? latest.current ?? early,
    budget: budget.data,
    error: brief.error ?? shown.error ?? budget.error,
    refresh: shown.refresh,
  };
}
