/**
 * The timeline of a session: the whole run in a strip, and below it lanes on one axis of time, the measured memory over
 * its budget first. Recorded or being recorded, it is the same picture; where it stands is in its state, given from above.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { formatDuration } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import type { Tier } from '../../shared/base/vocabulary';
import type { Budget } from '../../shared/budget/types';
import type { Finding } from '../../shared/divergence/overlay/types';
import { runEnd } from '../../shared/picture/budget-picture';
import { curvedRank } from '../../shared/picture/placed-curves';
import type { SessionDocument } from '../../shared/session/session-document';
import { LaneChart } from '../chart/LaneChart';
import type { Lane } from '../chart/lane';
import type { LaneLayout } from '../chart/lane-layout';
import { clampView, type View } from '../chart/view';
import { FailureNote } from '../components/FailureNote';
import { useEngine, useLinkState } from '../state/engine';
import { createStore, type Store, useStore } from '../state/store';
import { buildLanes, type SessionLanes, seriesInSight } from './build-lanes';
import { ComponentKey } from './ComponentKey';
import { CurveNote } from './CurveNote';
import { CurveWindow } from './curve-window';
import { LaneMenu } from './LaneMenu';
import { Overview } from './Overview';
import { PeakLabel } from './PeakLabel';
import { setView, timelineActions } from './timeline-actions';
import { useTimelineCommands } from './timeline-commands';
import type { TimelineState } from './timeline-state';
import { readSeries } from './trace-lines';
import { TraceWindows } from './traces';

export interface TimelineProps {
  readonly session: SessionDocument;
  readonly budget: Budget | null;
  readonly tier: Tier;
  readonly state: TimelineState;
  /** The axis ends here though less is known yet: a replay that has not come so far. */
  readonly extentUs?: Micros;
  /** Of a replay: nothing later is asked for. */
  readonly until?: Micros;
  onFinding?(finding: Finding): void;
}

export function Timeline(props: TimelineProps) {
  const { session, state, extentUs } = props;
  const end = Math.max(runEnd(session), extentUs ?? 0);
  const { traces, curves } = useTraces(props, end);
  const built = useMemo(
    () => buildLanes(session, props.budget, props.tier, traces, curves),
    [session, props.budget, props.tier, traces, curves],
  );
  const view = useResolvedView(state, end, session.status === 'recording');
  const [layout, setLayout] = useState<LaneLayout | null>(null);
  useQuestions(props, built, traces, end, layout?.width ?? 0);
  useMeasured(session, traces, state);
  const actions = useMemo(() => timelineActions(session, state), [session, state]);
  useTimelineCommands(actions, state);
  const onView = useCallback((next: View) => setView(state, next, end), [state, end]);
  const failure = useStore(traces.failure);
  const onFinding = (finding: Finding) => {
    actions.show(finding.span);
    props.onFinding?.(finding);
  };
  const overview = { session, traces, end, view, onView, onFinding, budget: built.budget };
  return (
    <div className="timeline">
      {layout && <Overview {...overview} layout={layout} />}
      {failure !== null && <FailureNote error={failure} />}
      <LaneChart
        lanes={built.lanes}
        settings={state.lanes}
        view={view}
        end={end}
        cursor={state.cursor}
        selection={state.selection}
        lit={state.lit}
        label={`Timeline of ${session.name}: measured memory over the predicted budget, and what else was recorded. W and S zoom, A and D move, F fits, P shows the peak.`}
        isStale={traces.isStale}
        answers={traces.version}
        onView={onView}
        onDoubleClick={(t, lane) => fitWhatLiesAt(session, state, end, t, lane)}
        onLayout={setLayout}
        overlay={(rows) => (
          <>
            <ComponentKey
              budget={built.budget}
              peak={session.overlay.measuredPeak?.at ?? null}
              rows={rows}
              cursor={state.cursor}
            />
            <CurveNote
              curves={curves}
              rows={rows}
              cursor={state.cursor}
              view={view}
              answers={traces.version}
            />
            <PeakLabel session={session} rows={rows} view={view} onPeak={actions.showPeak} />
          </>
        )}
      />
      {built.lanes.length === 0 && <NothingRead session={session} />}
      <LaneMenu lanes={built.lanes} settings={state.lanes} />
    </div>
  );
}

const NothingRead = ({ session }: Pick<TimelineProps, 'session'>) => (
  <p className="empty-line timeline-empty">
    {session.status === 'recording'
      ? 'Waiting for the first reading.'
      : `This run of ${formatDuration(session.durationUs)} ended without a single reading.`}
  </p>
);

/** What is asked knows nothing later than `until`, whenever it is asked. The curve comes with the line it is laid over. */
function useTraces(props: TimelineProps, end: Micros) {
  const engine = useEngine();
  const { id } = props.session;
  const latest = useRef({ props, end });
  latest.current = { props, end };
  const windows = useMemo(() => {
    const curves = new CurveWindow();
    const traces = new TraceWindows(async ({ series, ...view }, options) => {
      const { props: now, end: whole } = latest.current;
      const asked = { id, ...view, ...(now.until !== undefined && { until: now.until }) };
      const rank = drawnRank(now);
      const [lines, predicted] = await Promise.all([
        engine.trace({ ...asked, series }, options),
        rank === null ? null : engine.predictedCurves(asked, options),
      ]);
      curves.take(view, whole, predicted, rank ?? 0);
      return lines;
    });
    return { traces, curves };
  }, [engine, id]);
  useEffect(() => () => windows.traces.stop(), [windows]);
  return windows;
}

/** The rank whose curve is drawn; null where there is none, and beside the textbook, which knows none. */
const drawnRank = ({ session: { overlay }, tier, budget }: TimelineProps): number | null =>
  tier === 'refined' && budget !== null ? curvedRank(overlay.series) : null;

/** Asks for what the lanes in sight need, again whenever the run has grown or the connection is a new one. */
function useQuestions(
  props: TimelineProps,
  built: SessionLanes,
  traces: TraceWindows,
  end: Micros,
  columns: number,
): void {
  const { session, state, until } = props;
  const settings = useStore(state.lanes);
  const { epoch } = useLinkState();
  const series = useMemo(() => seriesInSight(built, settings, session), [built, settings, session]);
  const version = `${epoch} ${session.durationUs} ${session.status} ${until ?? ''} ${drawnRank(props)}`;
  useEffect(() => {
    traces.want({ series, end, columns, version });
  }, [traces, series, end, columns, version]);
  useEffect(() => {
    const look = () => traces.look(state.view.get());
    look();
    return state.view.subscribe(look);
  }, [traces, state]);
}

/** The view as times: the whole run where none is chosen; of a live run that is followed its newest part. */
function useResolvedView(state: TimelineState, end: Micros, isLive: boolean): Store<View> {
  const [resolved] = useState(() => createStore<View>(state.view.get() ?? { t0: 0, t1: end }));
  const before = useRef(end);
  useEffect(() => {
    const resolve = () => {
      const chosen = state.view.get();
      resolved.set(chosen ? clampView(chosen, end) : { t0: 0, t1: end });
    };
    const grown = end - before.current;
    before.current = end;
    const chosen = state.view.get();
    if (isLive && grown > 0 && chosen !== null && state.follow.get())
      state.view.set({ t0: end - (chosen.t1 - chosen.t0), t1: end });
    resolve();
    return state.view.subscribe(resolve);
  }, [state, resolved, end, isLive]);
  return resolved;
}

/** Tells what was measured at the cursor, for whoever shows it elsewhere. */
function useMeasured({ overlay }: SessionDocument, traces: TraceWindows, state: TimelineState) {
  const { series, baselineBytes } = overlay;
  useEffect(() => {
    const read = () => {
      const t = state.cursor.get();
      const value = t === null || series === null ? null : readSeries(traces, series, t).value;
      state.measured.set(value === null ? null : value - baselineBytes);
    };
    const offs = [state.cursor.subscribe(read), traces.version.subscribe(read)];
    return () => {
      for (const off of offs) off();
    };
  }, [series, baselineBytes, traces, state]);
}

/** A double click fits the phase it is on, or what was found there where none was announced; else, and once it is fitted, the whole run. */
function fitWhatLiesAt(
  { overlay }: SessionDocument,
  state: TimelineState,
  end: Micros,
  t: Micros,
  lane: Lane | null,
): void {
  const isOfPhases = lane === null || ['phases', 'found', 'memory', 'residual'].includes(lane.id);
  const { phases, found } = overlay;
  const spans = [...phases, ...(found?.periods ?? []), ...(found?.levels ?? [])];
  const under = spans.find(({ span }) => span[0] <= t && t <= span[1]);
  if (!isOfPhases || !under) {
    state.view.set(null);
    return;
  }
  const [t0, t1] = under.span;
  const now = state.view.get();
  const isFitted = now !== null && now.t0 >= t0 - (t1 - t0) && now.t1 <= t1 + (t1 - t0);
  if (isFitted) {
    state.view.set(null);
    return;
  }
  const margin = (t1 - t0) * 0.04;
  setView(state, clampView({ t0: t0 - margin, t1: t1 + margin }, end), end);
}
