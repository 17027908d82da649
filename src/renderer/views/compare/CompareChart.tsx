/** The lines of compared sessions on one axis of time, and what each differs in from the base. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Micros } from '../../../shared/base/units';
import type { PhaseBar } from '../../../shared/picture/phase-bars';
import type { AlignBy } from '../../../shared/session/align';
import type { Comparison } from '../../../shared/session/comparison';
import type { BriefDocument } from '../../../shared/session/session-document';
import { LaneChart, type Span } from '../../chart/LaneChart';
import type { LaneSettings } from '../../chart/lane';
import type { LaneLayout } from '../../chart/lane-layout';
import { clampView, focusOn, pan, type View, zoomAround } from '../../chart/view';
import { useCommands } from '../../commands/useCommands';
import { useAddressedView } from '../../state/addressed-view';
import { useEngine, useLinkState, useQuery } from '../../state/engine';
import { useAddressedSpan } from '../../state/router';
import { createStore, type Store, useStore } from '../../state/store';
import { useAddressedLanes } from '../../timeline/addressed-lanes';
import { TraceWindows } from '../../timeline/traces';
import { AlignedSession, beginAtZero } from './aligned-session';
import { compareLanes, type Layout } from './compare-lanes';

interface Props {
  readonly comparison: Comparison;
  readonly sessions: readonly BriefDocument[];
  readonly align: AlignBy;
  readonly layout: Layout;
}

/** Phases that are told apart; a screen has no more columns. */
const BAR_COLUMNS = 1000;

export function CompareChart({ comparison, sessions, align, layout }: Props) {
  const traces = useSessionTraces(sessions);
  const bars = usePhaseBars(sessions);
  const aligned = useMemo(
    () => alignAll(comparison, sessions, traces, bars, align),
    [comparison, sessions, traces, bars, align],
  );
  const end = Math.max(1000, ...aligned.map(({ span }) => span.t1));
  const view = useView(end, align, firstLook(aligned, end));
  const [rows, setRows] = useState<LaneLayout | null>(null);
  const answers = useQuestions(aligned, view, rows?.width ?? 0);
  const version = useStore(answers);
  const isStale = useRef(createStore(true)).current;
  useEffect(() => isStale.set(version === 0), [isStale, version]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an answer that came may widen the difference's axis
  const lanes = useMemo(
    () =>
      compareLanes(
        aligned,
        aligned.find(({ place }) => place === comparison.base),
        layout,
        comparison.labels,
        end,
      ),
    [aligned, comparison, layout, end, version],
  );
  const cursor = useRef(createStore<Micros | null>(null)).current;
  const selection = useRef(createStore<Span | null>(null)).current;
  const settings = useRef(createStore<LaneSettings>({})).current;
  useAddressedLanes(settings);
  const setView = (next: View) => view.set(clampView(next, end));
  useViewCommands(view, cursor, end, aligned);
  return (
    <div className="compare-chart">
      <LaneChart
        lanes={lanes}
        settings={settings}
        view={view}
        end={end}
        cursor={cursor}
        selection={selection}
        label="Measured memory of the compared sessions. W and S zoom, A and D move, F fits, P shows the peak."
        isStale={isStale}
        answers={answers}
        onView={setView}
        onDoubleClick={() => view.set({ t0: 0, t1: end })}
        onLayout={setRows}
      />
    </div>
  );
}

/** Sessions that cannot be aligned this way are left out. */
function alignAll(
  { alignment }: Comparison,
  sessions: readonly BriefDocument[],
  traces: readonly TraceWindows[],
  bars: readonly (readonly PhaseBar[])[],
  align: AlignBy,
): readonly AlignedSession[] {
  const anchors = beginAtZero(alignment[align]);
  return sessions.flatMap((session, i) => {
    const [own, windows] = [anchors[i], traces[i]];
    return own && windows ? [new AlignedSession(i, session, windows, own, bars[i] ?? [])] : [];
  });
}

function useSessionTraces(sessions: readonly BriefDocument[]): readonly TraceWindows[] {
  const engine = useEngine();
  const traces = useMemo(
    () =>
      sessions.map(({ id }) => new TraceWindows((question) => engine.trace({ id, ...question }))),
    [engine, sessions],
  );
  useEffect(
    () => () => {
      for (const each of traces) each.stop();
    },
    [traces],
  );
  return traces;
}

function usePhaseBars(sessions: readonly BriefDocument[]): readonly (readonly PhaseBar[])[] {
  const { data } = useQuery(`bars ${sessions.map(({ id }) => id).join()}`, (engine) =>
    Promise.all(
      sessions.map(({ id, durationUs }) =>
        engine.phaseBars({ id, t0: 0, t1: Math.max(1, durationUs), columns: BAR_COLUMNS }),
      ),
    ),
  );
  return useMemo(() => data ?? [], [data]);
}

/** Asks for what is in sight of each session, and tells when any answer has come. */
function useQuestions(
  aligned: readonly AlignedSession[],
  view: Store<View>,
  columns: number,
): Store<number> {
  const { epoch } = useLinkState();
  const [answers] = useState(() => createStore(0));
  useEffect(() => {
    const off = aligned.map(({ traces, session: { overlay, durationUs } }) => {
      traces.want({
        series: overlay.series === null ? [] : [overlay.series],
        end: durationUs,
        columns,
        version: `${epoch} ${durationUs}`,
      });
      return traces.version.subscribe(() => answers.set(answers.get() + 1));
    });
    const look = () => {
      for (const each of aligned) each.traces.look(each.toOwnView(view.get()));
    };
    look();
    off.push(view.subscribe(look));
    return () => {
      for (const stop of off) stop();
    };
  }, [aligned, view, columns, epoch, answers]);
  return answers;
}

/** A run so much longer than the others would leave them no room. */
const LONGER = 4;

/** The whole axis, or where one run goes on long after the others what they have in common. */
function firstLook(aligned: readonly AlignedSession[], end: Micros): View {
  const shortest = Math.min(...aligned.map(({ span }) => span.t1));
  return { t0: 0, t1: end > LONGER * shortest && shortest > 0 ? shortest * 1.25 : end };
}

/** Another axis is looked at afresh, or where the address says. */
function useView(end: Micros, align: AlignBy, first: View): Store<View> {
  const span = useAddressedSpan();
  const [view] = useState(() => createStore<View>(span ?? first));
  const axis = `${end} ${align}`;
  const latest = useRef(first);
  useEffect(() => {
    latest.current = first;
  });
  const shown = useRef({ axis, span });
  useEffect(() => {
    if (shown.current.axis !== axis)
      view.set(span && shown.current.span === span ? clampView(span, end) : latest.current);
    shown.current = { axis, span };
  }, [view, end, axis, span]);
  const addressed = useMemo(
    () => ({
      get() {
        const { t0, t1 } = view.get();
        return t0 <= 0 && t1 >= end ? null : { t0, t1 };
      },
      show: (next: View | null) => view.set(next ? clampView(next, end) : { t0: 0, t1: end }),
      subscribe: view.subscribe,
    }),
    [view, end],
  );
  useAddressedView(addressed);
  return view;
}

const ZOOM = 0.7;
const PAN = 0.2;

function useViewCommands(
  view: Store<View>,
  cursor: Store<Micros | null>,
  end: Micros,
  aligned: readonly AlignedSession[],
): void {
  const zoom = (factor: number) => () => {
    const { t0, t1 } = view.get();
    view.set(zoomAround(view.get(), cursor.get() ?? (t0 + t1) / 2, factor, end));
  };
  const move = (share: number) => () => view.set(pan(view.get(), share, end));
  const highest = aligned
    .flatMap(({ peak }) => peak ?? [])
    .reduce<{ t: Micros; bytes: number } | null>(
      (top, peak) => (top === null || peak.bytes > top.bytes ? peak : top),
      null,
    );
  const step = { group: 'View', isByKeyOnly: true } as const;
  useCommands([
    { ...step, id: 'view.zoomIn', title: 'Zoom in', keys: ['KeyW', 'ArrowUp'], run: zoom(ZOOM) },
    {
      ...step,
      id: 'view.zoomOut',
      title: 'Zoom out',
      keys: ['KeyS', 'ArrowDown'],
      run: zoom(1 / ZOOM),
    },
    {
      ...step,
      id: 'view.panLeft',
      title: 'Move left',
      keys: ['KeyA', 'ArrowLeft'],
      run: move(-PAN),
    },
    {
      ...step,
      id: 'view.panRight',
      title: 'Move right',
      keys: ['KeyD', 'ArrowRight'],
      run: move(PAN),
    },
    {
      id: 'view.fit',
      title: 'Fit the whole run',
      group: 'View',
      keys: ['KeyF', 'Digit0'],
      run: () => view.set({ t0: 0, t1: end }),
    },
    {
      id: 'view.peak',
      title: 'Show the highest peak',
      group: 'View',
      keys: ['KeyP'],
      isDisabled: highest === null,
      run: () => {
        if (highest) view.set(focusOn([highest.t - end / 50, highest.t + end / 50], end));
      },
    },
  ]);
}
