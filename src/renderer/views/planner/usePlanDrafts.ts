/**
 * What is planned, in the address: the draft, and where two are beside each other what the second says differently (its
 * parameters begin with `b.`). A slider changes it many times a second, so the address follows when it rests.
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { SessionPlan } from '../../../shared/session/as-plan';
import { type Draft, EMPTY_DRAFT, overlaid, parseDraft, writeDraft } from '../../plans/draft';
import { type Reading, readDraft } from '../../plans/read-draft';
import { parseRoute, readParameters, setParameters, subscribe } from '../../state/router';
import { changes } from '../../state/undo';

export interface PlanSide {
  /** What is typed on this side alone. */
  readonly draft: Draft;
  /** With what it takes over from the first side. */
  readonly whole: Draft;
  readonly reading: Reading;
  onChange(draft: Draft): void;
}

export interface PlanDrafts {
  readonly a: PlanSide;
  /** Null where one configuration stands alone. */
  readonly b: PlanSide | null;
  setBeside(isBeside: boolean): void;
}

const SECOND = 'b.';
/** How long a change rests before the address follows. */
const REST_MS = 200;

interface Typed {
  /** What the address says of both, as it was when this was typed: another one has come to replace it. */
  readonly at: string;
  readonly a: Draft;
  readonly b: Draft | null;
}

function parseTyped(hash: string): Typed {
  const parameters = readParameters(hash);
  const isBeside = parameters.get('beside') === 'on';
  const drafts = {
    a: parseDraft(parameters),
    b: isBeside ? parseDraft(parameters, SECOND) : null,
  };
  return { at: JSON.stringify(drafts), ...drafts };
}

const writeTyped = ({ a, b }: Typed): Record<string, string | null> => ({
  ...writeDraft(a),
  ...writeDraft(b ?? EMPTY_DRAFT, SECOND),
  beside: b === null ? null : 'on',
});

/** `from`: what the plan begins with; null where it begins with nothing. */
export function usePlanDrafts(from: SessionPlan | null): PlanDrafts {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const stored = useMemo(() => parseTyped(hash), [hash]);
  const [typed, setTyped] = useState<Typed | null>(null);
  const shown = typed?.at === stored.at ? typed : stored;
  const change = useCommit(shown, setTyped);
  const a = useMemo(() => readDraft(shown.a, { framework: 'pytorch', from }), [shown.a, from]);
  const wholeB = useMemo(() => shown.b && overlaid(shown.a, shown.b), [shown.a, shown.b]);
  const b = useMemo(
    () => wholeB && readDraft(wholeB, { framework: 'pytorch', from }),
    [wholeB, from],
  );
  return {
    a: { draft: shown.a, whole: shown.a, reading: a, onChange: (draft) => change({ a: draft }) },
    b:
      shown.b && wholeB && b
        ? { draft: shown.b, whole: wholeB, reading: b, onChange: (draft) => change({ b: draft }) }
        : null,
    setBeside: (isBeside) => change({ b: isBeside ? EMPTY_DRAFT : null }),
  };
}

/** Shows a change at once and writes it into the address when it rests, when something is taken back, and on leaving. */
function useCommit(shown: Typed, onTyped: (typed: Typed) => void) {
  const latest = useRef(shown);
  latest.current = shown;
  const timer = useRef<number | undefined>(undefined);
  const commit = useCallback(() => {
    if (timer.current === undefined) return;
    window.clearTimeout(timer.current);
    timer.current = undefined;
    // Another place may have been gone to meanwhile, whose address is not ours to change.
    const isHere = parseRoute(location.hash).view === 'planner';
    if (isHere && parseTyped(location.hash).at === latest.current.at)
      setParameters(writeTyped(latest.current), 'plan');
  }, []);
  useEffect(() => changes.beforeUndo(commit), [commit]);
  useEffect(() => commit, [commit]);
  return (part: Partial<Typed>) => {
    const next = { ...latest.current, ...part };
    latest.current = next;
    onTyped(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(commit, REST_MS);
  };
}
