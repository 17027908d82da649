/** One session, recorded, being recorded or replayed: the same picture, whichever moment of it is known. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import type { Tier } from '../../../shared/base/vocabulary';
import type { Budget } from '../../../shared/budget/types';
import type { SessionDocument } from '../../../shared/session/session-document';
import { useCommands } from '../../commands/useCommands';
import { FailureNote } from '../../components/FailureNote';
import { useAddressedView } from '../../state/addressed-view';
import { EngineProvider, useLink } from '../../state/engine';
import { spanInAddress, useParameter } from '../../state/router';
import { useStore } from '../../state/store';
import { useAddressedLanes } from '../../timeline/addressed-lanes';
import { Timeline } from '../../timeline/Timeline';
import { timelineActions } from '../../timeline/timeline-actions';
import { createTimelineState, type TimelineState } from '../../timeline/timeline-state';
import { linkToPast, type PastLink } from './as-known';
import { Drawer, TABS, type TabId, usePlace } from './Drawer';
import { Headline } from './Headline';
import { KeyFigures } from './KeyFigures';
import { LiveBar } from './LiveBar';
import { LoadingSession } from './LoadingSession';
import type { FreshMark } from './MarksTab';
import type { Replay } from './replay-clock';
import { replayCommands } from './replay-commands';
import { SourceTools } from './SourceTools';
import { TabContent } from './TabContent';
import { Transport } from './Transport';
import {
  type KnownSession as KnownSessionAnswer,
  useKnownSession,
  useSessionAtMoment,
} from './useKnownSession';
import { type MarkActions, useMarks } from './useMarks';
import { type ReplayControl, useReplay } from './useReplay';

export function Session({ id: addressed }: { id: string }) {
  const [series, setSeries] = useParameter('source', 'source');
  const whole = useKnownSession(addressed, series);
  // An address may hold the end of an id, as the terminal prints it; whoever asks about the session asks by the whole.
  const id = whole.session?.id ?? addressed;
  const isLive = whole.session?.status === 'recording';
  const control = useReplay(id, whole.session?.durationUs ?? 0, isLive);
  const until = useShownMoment(control.replay);
  const past = usePastLink(id, until);
  if (whole.session === null) return <LoadingSession shown={whole} />;
  return (
    <EngineProvider value={past}>
      <KnownSession
        id={id}
        series={series}
        isLive={isLive}
        isPast={until !== null}
        control={control}
        onSeries={setSeries}
        whole={{ ...whole, session: whole.session }}
      />
    </EngineProvider>
  );
}

/** One link for as long as the session is looked at: what is drawn stays while the moment moves. */
function usePastLink(id: string, until: Micros | null): PastLink {
  const link = useLink();
  const past = useMemo(() => linkToPast(link, id), [link, id]);
  useEffect(() => () => past.detach(), [past]);
  // Before what lies below asks anything.
  useLayoutEffect(() => past.moveTo(until), [past, until]);
  return past;
}

/** No figure changes more often than this while a replay plays. */
const PLAYING_MS = 500;
/** Where a hand puts it is shown sooner. */
const SEEKING_MS = 120;

function useShownMoment(replay: Replay | null): Micros | null {
  const at = replay === null ? null : Math.round(replay.at);
  const [shown, setShown] = useState(at);
  const latest = useRef(at);
  useEffect(() => {
    latest.current = at;
  });
  const isPast = at !== null;
  const isPlaying = replay?.isPlaying ?? false;
  useEffect(() => {
    const show = () => setShown(latest.current);
    show();
    if (!isPast) return;
    const timer = window.setInterval(show, isPlaying ? PLAYING_MS : SEEKING_MS);
    return () => window.clearInterval(timer);
  }, [isPast, isPlaying]);
  return isPast ? (shown ?? at) : null;
}

interface Known {
  readonly id: string;
  readonly series: string | null;
  readonly isLive: boolean;
  readonly isPast: boolean;
  readonly control: ReplayControl;
  readonly whole: KnownSessionAnswer & { readonly session: SessionDocument };
  onSeries(series: string): void;
}

/** As it is known at the moment shown; the whole until the first answer of a replay is here. */
function KnownSession(props: Known) {
  const { id, series, isPast, whole } = props;
  const known = useSessionAtMoment(id, series, isPast);
  const shown = isPast && known.session !== null ? known : whole;
  return (
    <Body
      {...props}
      session={shown.session ?? whole.session}
      budget={shown.budget}
      error={shown.error}
    />
  );
}

function Body({
  session,
  budget,
  error,
  isLive,
  isPast,
  control,
  whole,
  onSeries,
}: Known & {
  readonly session: SessionDocument;
  readonly budget: Budget | null;
  readonly error: unknown;
}) {
  const { tier, setTier, tab, setTab } = useChoices();
  const [place, setPlace] = usePlace();
  const { state, selection, actions } = useTimeline(session);
  useCommands(replayCommands(control, isLive));
  const isMoving = isLive || control.replay !== null;
  const marks = useMarks(session.id, whole.refresh);
  const freshMark = useMarkCommand(session, state, marks, isMoving, () => setTab('marks'));
  return (
    <main className="session" data-place={place} data-moving={isMoving}>
      {error !== null && <FailureNote error={error} onRetry={whole.refresh} />}
      <Headline
        session={isPast ? { ...session, name: whole.session.name } : session}
        status={whole.session.status}
        isLive={isLive}
        onReplay={control.start}
        onChanged={whole.refresh}
      >
        <KeyFigures session={session} tier={tier} />
      </Headline>
      {isMoving && <LiveBar session={session} />}
      <div className="session-body">
        <section className="card timeline-card">
          <SourceTools session={session} tier={tier} onSeries={onSeries} onTier={setTier} />
          <Timeline
            session={session}
            budget={budget}
            tier={tier}
            state={state}
            extentUs={whole.session.durationUs}
            onFinding={() => setTab('findings')}
          />
        </section>
        <Drawer session={session} tab={tab} place={place} onTab={setTab} onPlace={setPlace}>
          <TabContent
            tab={tab}
            budget={budget}
            tier={tier}
            session={session}
            state={state}
            actions={actions}
            marks={marks}
            freshMark={freshMark}
            onSeries={onSeries}
          />
        </Drawer>
      </div>
      {isMoving && <Transport control={control} isLive={isLive} selection={selection} />}
    </main>
  );
}

/** `m`: marks what is pointed at, else the newest moment of what moves, else the middle of what is in sight. Returns the mark whose words are asked for, until they have been. */
function useMarkCommand(
  { durationUs, marks: set = [] }: SessionDocument,
  { cursor, view }: TimelineState,
  marks: MarkActions,
  isMoving: boolean,
  onMarked: () => void,
): FreshMark {
  const [fresh, setFresh] = useState<number | null>(null);
  const add = async () => {
    const { t0, t1 } = view.get() ?? { t0: 0, t1: durationUs };
    const at = cursor.get() ?? (isMoving ? durationUs : (t0 + t1) / 2);
    const mark = await marks.add(at, `Mark ${set.length + 1}`);
    setFresh(mark?.id ?? null);
    if (mark !== null) onMarked();
  };
  useCommands([
    {
      id: 'mark.add',
      title: 'Mark this moment',
      group: 'Session',
      keys: ['KeyM'],
      words: 'note bookmark flag',
      run: () => void add(),
    },
  ]);
  return { id: fresh, onNamed: () => setFresh(null) };
}

/** What a link restores besides the span. */
function useChoices() {
  const [tierName, setTier] = useParameter('tier', 'tier');
  const [tabName, setTab] = useParameter('tab', 'tab');
  const tier: Tier = tierName === 'textbook' ? 'textbook' : 'refined';
  const tab: TabId = TABS.find((each) => each === tabName) ?? 'findings';
  return { tier, setTier, tab, setTab };
}

function useTimeline(session: SessionDocument) {
  const state = useTimelineState();
  const selection = useStore(state.selection);
  const actions = useMemo(() => timelineActions(session, state), [session, state]);
  return { state, selection, actions };
}

/** The timeline's place, kept in the address as far as a link restores it. */
function useTimelineState(): TimelineState {
  const [state] = useState(() => createTimelineState({ view: spanInAddress() }));
  const [view] = useState(() => ({ ...state.view, show: state.view.set }));
  useAddressedView(view);
  useAddressedLanes(state.lanes);
  return state;
}
