/** A session and its budget as the engine above answers, asked for again as it grows. */
import { useMemo, useRef, useState } from 'react';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { type EarlyDocument, SessionFollower } from './read-session';

/** Twice a second is as often as a changing number can be read. */
const LIVE_MS = 500;

export interface KnownSession {
  /** What was shown last stays in sight until what is asked for is here. */
  readonly session: SessionDocument | null;
  /** What can be drawn of a long one before it is analysed. */
  readonly glance: SessionDocument | null;
  readonly budget: Budget | null;
  readonly error: unknown;
  refresh(): void;
}

/** All there is of it. What can be said of one of many phases before they are here is said at once. */
export const useKnownSession = (id: string, series: string | null): KnownSession =>
  useAnswers(id, series, true, true);

/** As the engine above knows it at the moment of a replay. Nothing is asked for where `isAsked` is false. */
export const useSessionAtMoment = (
  id: string,
  series: string | null,
  isAsked: boolean,
): KnownSession => useAnswers(id, series, isAsked, false);

function useAnswers(
  id: string,
  series: string | null,
  isAsked: boolean,
  isGrowing: boolean,
): KnownSession {
  const key = `session ${id} ${series ?? ''}`;
  const [early, setEarly] = useState<{ key: string; document: EarlyDocument } | null>(null);
  const follower = useMemo(
    () => new SessionFollower(id, series, isGrowing),
    [id, series, isGrowing],
  );
  const shown = useQuery(`${key} ${isAsked}`, async (engine) =>
    isAsked ? follower.read(engine, (document) => setEarly({ key, document })) : null,
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
    if (event.type === 'session' ? event.id === (shown.data?.id ?? id) : isRecording) refresh();
  });
  const latest = useRef<SessionDocument | null>(null);
  if (shown.data || !isAsked) latest.current = shown.data;
  const first = early?.key === key ? early.document : null;
  return {
    session: shown.data ?? latest.current ?? first?.analysed ?? null,
    glance: first?.glance ?? null,
    budget: budget.data,
    error: shown.error ?? budget.error,
    refresh: shown.refresh,
  };
}
