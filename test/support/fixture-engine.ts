/**
 * An `EngineClient` over invented sessions, for tests of the window and of what carries the contract. It answers as
 * the engine does, expected failures included, and counts what it was asked.
 */

import { Failure } from '../../src/shared/base/failure';
import { predictCurve } from '../../src/shared/budget/curve';
import type {
  EngineClient,
  EngineEvent,
  ExportFormatInfo,
  SavedWorkload,
} from '../../src/shared/contract/api';
import { compareWorst } from '../../src/shared/divergence/overlay/phase-tally';
import { USUAL_SETTINGS } from '../../src/shared/library/settings';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import { drawPhases } from '../../src/shared/picture/phase-bars';
import { placeCurves } from '../../src/shared/picture/placed-curves';
import { addSummaries, shortenDocument } from '../../src/shared/session/brief';
import { compareSessions } from '../../src/shared/session/compare';
import { cutPage, touches } from '../../src/shared/session/pages';
import { PhaseLooks } from '../../src/shared/session/phase-changes';
import { summarizeSpan } from '../../src/shared/session/statistics';
import type { SessionSummary } from '../../src/shared/session/types';
import { envelope } from '../../src/shared/trace/envelope';
import {
  type FixtureSession,
  fixtureLibrary,
  fixtureSession,
  RTX_4090,
  trainSpans,
} from './fixture-sessions';
import { phaseSpans } from './phase-spans';

export interface FixtureEngine extends EngineClient {
  /** Every call, oldest first. */
  readonly calls: { readonly method: string; readonly args: unknown }[];
  readonly sessions: Map<string, FixtureSession>;
  /** Makes the live session longer by one training step and tells everyone. */
  grow(): void;
  /** Tells everyone that a session has changed, as a recording does. */
  tell(id: string): void;
}

const NOTHING_LEARNED = { machines: [], sessions: 0, looked: 0, forgotten: 0 };
const LIVE = 's-live';
const SUMMARY = ({ document: d }: FixtureSession): SessionSummary => ({
  id: d.id,
  name: d.name,
  status: d.status,
  startedAt: d.startedAt,
  durationUs: d.durationUs,
  model: d.model?.name ?? null,
  mode: d.run?.mode ?? null,
  measuredPeak: d.overlay.measuredPeak?.bytes ?? null,
  predictedPeak: d.overlay.predictedPeak.refined,
  residualPercent: d.overlay.residualPercent,
  simulated: d.simulated,
});

const reportFormat = (id: string, label: string, mimeType: string): ExportFormatInfo => ({
  id,
  label,
  source: 'report',
  endings: [id],
  mimeType,
  isText: true,
  isForPeople: true,
});

export function fixtureEngine(
  options: { readonly empty?: boolean; readonly noGpu?: boolean } = {},
): FixtureEngine {
  const sessions = new Map(
    (options.empty ? [] : fixtureLibrary()).map((session) => [session.document.id, session]),
  );
  const listeners = new Set<(event: EngineEvent) => void>();
  const calls: FixtureEngine['calls'] = [];
  const emit = (event: EngineEvent) => {
    for (const listener of listeners) listener(event);
  };
  const find = (id: string): FixtureSession => {
    const found = sessions.get(id);
    if (!found)
      throw new Failure(
        'not_found',
        `There is no session "${id}".`,
        'See `plumbline list` for those there are.',
      );
    return found;
  };
  let steps = 0;
  const live = (status: 'recording' | 'complete') => {
    const model = preset('gpt2');
    return fixtureSession({
      id: LIVE,
      name: 'gpt2 train, live',
      status,
      startedAt: '2026-11-23T12:00:00+00:00',
      spans: trainSpans(steps),
      model,
      gpu: true,
      run: runDefaults(model, { mode: 'train', batch: 4, seq: 256, steps: 50, backend: 'webgpu' }),
    });
  };
  const grow = () => {
    steps += 1;
    const session = live('recording');
    sessions.set(LIVE, session);
    emit({
      type: 'session',
      id: LIVE,
      durationUs: session.document.durationUs,
      status: 'recording',
    });
  };
  const change = (id: string, part: Partial<FixtureSession['document']>) => {
    const session = find(id);
    session.document = { ...session.document, ...part };
    emit({ type: 'library' });
  };
  let saved: readonly SavedWorkload[] = [];
  let settings = USUAL_SETTINGS;
  const looks = new PhaseLooks('fixture');
  const answers: Omit<EngineClient, 'on'> = {
    info: async () => ({
      version: '0.1.0',
      platform: 'linux-x64',
      library: '/home/ada/.local/share/plumbline',
      host: 'server',
      mayLaunch: true,
      simulated: false,
    }),
    list: async () =>
      [...sessions.values()]
        .map(SUMMARY)
        .sort((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? '')),
    damaged: async () => [],
    learned: async () => NOTHING_LEARNED,
    learn: async () => NOTHING_LEARNED,
    forgetLearned: async () => NOTHING_LEARNED,
    show: async ({ id, series }) => {
      const { document, data } = find(id);
      if (series === undefined || series === document.overlay.series) return document;
      const own = data.find(({ info }) => info.id === series);
      if (!own)
        throw new Failure(
          'bad_input',
          `The session has no series "${series}".`,
          'Choose one of those it lists.',
        );
      const at = own.values.indexOf(own.values.reduce((a, b) => Math.max(a, b)));
      return {
        ...document,
        overlay: {
          ...document.overlay,
          series,
          baselineBytes: 0,
          measuredPeak: {
            bytes: own.values[at]!,
            at: own.times[at]!,
            intervalUs: own.info.intervalUs,
          },
        },
      };
    },
    trace: async ({ id, series, t0, t1, columns }) =>
      find(id)
        .data.filter(({ info }) => series.includes(info.id))
        .map((data) => ({
          info: data.info,
          envelope: envelope(data, t0, t1, columns),
          gaps: data.gaps,
        })),
    glance: async () => null,
    brief: async (query) => shortenDocument(addSummaries(await answers.show(query))),
    phases: async ({ id, phase, flagged, order, ...page }) => {
      const matching = find(id).document.overlay.phases.filter(
        (row) =>
          (phase === undefined || row.phase === phase) &&
          (flagged === undefined || row.flagged === flagged) &&
          touches(page, row.span[0], row.span[1]),
      );
      return cutPage(order === 'worst' ? matching.toSorted(compareWorst) : matching, page);
    },
    phaseChanges: async ({ id, since }) => looks.tell(find(id).document.overlay.phases, since),
    phaseBars: async ({ id, t0, t1, columns }) =>
      drawPhases(find(id).document.overlay.phases, t0, t1, columns),
    markers: async ({ id, ...page }) => cutPage(find(id).document.markers, page),
    gaps: async ({ id, ...page }) => cutPage(find(id).document.gaps, page),
    logs: async ({ id, text = '', ...page }) =>
      cutPage(
        find(id).document.logs.filter((line) =>
          line.text.toLowerCase().includes(text.toLowerCase()),
        ),
        page,
      ),
    statistics: async ({ id, series, t0, t1, above }) =>
      find(id)
        .data.filter(({ info }) => series.includes(info.id))
        .map((data) => summarizeSpan(data, t0, t1, above)),
    moment: async ({ id, at }) => {
      const { series, phases } = find(id).document.overlay;
      const phase = phases.findLast(({ span }) => span[0] <= at && at <= span[1]) ?? null;
      const components = phase?.predictedComponents ?? null;
      return {
        at,
        series,
        measured: phase?.measured == null ? null : { bytes: phase.measured, at },
        phase,
        basis: components && 'phase',
        predicted: components && { bytes: phase?.predicted.refined ?? 0, components },
        ledger: null,
      };
    },
    sessionBudget: async ({ id }) => find(id).budget,
    predictedCurves: async ({ id, ...view }) => {
      const { budget, data: series, document } = find(id);
      const curves = budget && predictCurve(budget.spec, budget.run);
      const { spans } = phaseSpans(document.markers, document.durationUs);
      return curves && placeCurves(curves, { series, spans }, view);
    },
    invert: async () => null,
    budget: async ({ model, run }) => {
      if (run.batch > 512)
        throw new Failure(
          'bad_input',
          `A batch of ${run.batch} is more than this fixture knows.`,
          'Use a batch of 512 or less.',
        );
      return fixtureSession({
        id: 'x',
        name: 'x',
        status: 'complete',
        startedAt: '',
        spans: trainSpans(2),
        model,
        run,
        gpu: false,
      }).budget!;
    },
    record: async (request) => {
      if (request.command?.[0] === 'missing')
        throw new Failure(
          'bad_input',
          'The program "missing" was not found.',
          'Give its full path, or put its folder on PATH.',
        );
      grow();
      return { id: LIVE };
    },
    settings: async () => settings,
    changeSettings: async (change) => {
      settings = { ...settings, ...change };
      return settings;
    },
    workloads: async () => saved,
    saveWorkload: async ({ name, request }) => {
      const one = { name, savedAt: '2026-11-23T12:00:00Z', request };
      saved = [...saved, one];
      return one;
    },
    deleteWorkload: async ({ name }) => {
      saved = saved.filter((one) => one.name !== name);
    },
    stop: async ({ id }) => {
      sessions.set(id, live('complete'));
      emit({ type: 'library' });
    },
    rename: async ({ id, name }) => change(id, { name }),
    annotate: async ({ id }) => change(id, {}),
    mark: async ({ id, mark: draft }) => {
      const { marks = [] } = find(id).document;
      const mark = {
        ...draft,
        id: draft.id ?? Math.max(0, ...marks.map((each) => each.id)) + 1,
        createdAt: '2026-11-23T12:00:00Z',
      };
      await change(id, { marks: [...marks.filter((each) => each.id !== mark.id), mark] });
      return mark;
    },
    unmark: async ({ id, mark }) =>
      change(id, { marks: (find(id).document.marks ?? []).filter((each) => each.id !== mark) }),
    trash: async () => [],
    restore: async ({ id }) => ({ id }),
    emptyTrash: async () => ({ ids: [] }),
    upload: async ({ upload }) => ({ upload: upload ?? 'u-1' }),
    import: async () => ({ id: 's-train' }),
    addSample: async () => ({ id: 's-train' }),
    sweep: async () => ({ outcome: null, running: null, failure: null }),
    startSweep: async () => {},
    stopSweep: async () => {},
    chapter: async () => [],
    delete: async ({ id }) => {
      find(id);
      sessions.delete(id);
      emit({ type: 'library' });
    },
    compare: async ({ ids, base }) => {
      const all = ids.map(find);
      return compareSessions(
        all.map(({ document }) => document),
        all.map(({ budget }) => budget),
        base === undefined ? 0 : ids.indexOf(base),
      );
    },
    exportFormats: async () => [
      reportFormat('html', 'HTML', 'text/html'),
      reportFormat('md', 'Markdown', 'text/markdown'),
    ],
    export: async ({ id }) => ({ export: id, fileName: `${id}.csv`, mimeType: 'text/csv' }),
    exportPiece: async () => null,
    report: async ({ ids, format }) => ({
      fileName: `plumbline-${ids.join('-')}.${format}`,
      mimeType: format === 'html' ? 'text/html' : 'text/markdown',
      text: `# ${find(ids[0]!).document.name}\n`,
    }),
    sources: async () => ({
      checks: [
        {
          id: 'nvml',
          ok: !options.noGpu,
          found: options.noGpu ? 'libnvidia-ml.so.1 could not be loaded' : 'libnvidia-ml.so.1',
          remedy: options.noGpu ? 'It comes with the driver.' : null,
        },
        { id: 'host', ok: true, found: 'processes are read from /proc', remedy: null },
      ],
      gpus: [],
    }),
    doctor: async () => ({
      checks: [
        { id: 'Node', ok: true, found: '24.21.0', remedy: null },
        {
          id: 'nvidia-smi',
          ok: !options.noGpu,
          found: options.noGpu ? 'was not found on PATH' : '/usr/bin/nvidia-smi, driver 580.95.05',
          remedy: options.noGpu
            ? 'Install the NVIDIA driver, or set the path of nvidia-smi in PLUMBLINE_NVIDIA_SMI.'
            : null,
        },
        {
          id: 'NVML',
          ok: !options.noGpu,
          found: options.noGpu ? 'libnvidia-ml.so.1 could not be loaded' : 'libnvidia-ml.so.1',
          remedy: options.noGpu ? 'It comes with the driver.' : null,
        },
        {
          id: 'Library',
          ok: true,
          found: '/home/ada/.local/share/plumbline, 184 GiB free',
          remedy: null,
        },
      ],
      gpus: options.noGpu ? [] : [RTX_4090],
    }),
  };
  const counted = Object.fromEntries(
    Object.entries(answers).map(([method, answer]) => [
      method,
      async (args: unknown) => {
        calls.push({ method, args });
        return (answer as (args: unknown) => Promise<unknown>)(args);
      },
    ]),
  ) as unknown as Omit<EngineClient, 'on'>;
  return {
    ...counted,
    calls,
    sessions,
    grow,
    tell(id) {
      const { durationUs, status } = find(id).document;
      emit({ type: 'session', id, durationUs, status });
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
