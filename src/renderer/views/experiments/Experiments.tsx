/** The experiments that run on this machine: which there are, how far one is, and what its recordings say. */
import { useState } from 'react';
import { BUNDLED_SWEEPS } from '../../../shared/chapter/sweeps/bundled';
import type { BundledSweep } from '../../../shared/chapter/sweeps/bundled-sweep';
import { pointsFor } from '../../../shared/chapter/sweeps/sweep';
import type { RunningSweep } from '../../../shared/contract/sweeps';
import { FailureNote } from '../../components/FailureNote';
import { Segmented } from '../../components/Segmented';
import { Skeleton } from '../../components/Skeleton';
import { useEngine, useEngineEvent, useQuery, useThrottled } from '../../state/engine';
import { useParameter } from '../../state/router';
import { SweepControls } from './SweepControls';
import { SweepResult } from './SweepResult';

const REFRESH_MS = 500;

export default function Experiments() {
  const [name, setName] = useParameter('name', 'experiment');
  const [size, setSize] = useParameter('size', 'size');
  const sweep = BUNDLED_SWEEPS.find((one) => one.name === name) ?? BUNDLED_SWEEPS[0];
  const full = size === 'full';
  const { state, error, refresh, act } = useSweep(sweep?.name ?? '', full);
  const running = state?.running ?? null;
  if (sweep === undefined) return null;
  return (
    <main className="page experiments">
      <div className="page-head">
        <h1>Experiments</h1>
        <span className="muted">
          The bundled GPT-2, recorded over a list of values and held against the law the chapter
          states
        </span>
      </div>
      <div className="experiments-body">
        <SweepList
          chosen={sweep}
          full={full}
          running={running}
          onChoose={(next) => setName(next)}
        />
        <section className="experiment" aria-label={sweep.title}>
          <header>
            <h2>{sweep.title}</h2>
            <p>The chapter: {sweep.law}.</p>
          </header>
          <div className="experiment-tools">
            <Segmented
              label="Size"
              value={full ? 'full' : 'quick'}
              options={[
                { value: 'quick', label: 'Quick', title: sweep.scope.quick },
                { value: 'full', label: 'Full', title: sweep.scope.full },
              ]}
              onChange={(next) => setSize(next === 'full' ? 'full' : null)}
            />
            <span className="muted">{full ? sweep.scope.full : sweep.scope.quick}</span>
            <span className="grow" />
            <SweepControls
              sweep={sweep}
              full={full}
              state={state}
              onStart={(isAnew) =>
                act((engine) => engine.startSweep({ name: sweep.name, full, isAnew }))
              }
              onStop={() => act((engine) => engine.stopSweep())}
            />
          </div>
          {error !== null && <FailureNote error={error} onRetry={refresh} />}
          {state === null && error === null && <Skeleton rows={8} />}
          {state !== null && (
            <SweepResult key={`${sweep.name} ${full}`} sweep={sweep} state={state} full={full} />
          )}
        </section>
      </div>
    </main>
  );
}

/** What the engine knows of a sweep, asked for again whenever the library changes. */
function useSweep(name: string, full: boolean) {
  const engine = useEngine();
  const query = useQuery(`sweep ${name} ${full}`, (client) => client.sweep({ name, full }));
  const refresh = useThrottled(query.refresh, REFRESH_MS);
  useEngineEvent((event) => {
    if (event.type === 'library') refresh();
  });
  const [failure, setFailure] = useState<unknown>(null);
  const act = (action: (client: typeof engine) => Promise<void>) =>
    void action(engine)
      .then(() => setFailure(null), setFailure)
      .finally(query.refresh);
  return { state: query.data, error: failure ?? query.error, refresh: query.refresh, act };
}

function SweepList({
  chosen,
  full,
  running,
  onChoose,
}: {
  chosen: BundledSweep;
  /** The size whose points are counted. */
  full: boolean;
  running: RunningSweep | null;
  onChoose(name: string): void;
}) {
  const recorded = useRecorded();
  return (
    <nav className="experiment-list" aria-label="Experiments">
      {BUNDLED_SWEEPS.map((sweep) => {
        return (
          <button
            key={sweep.name}
            type="button"
            aria-current={sweep === chosen}
            onClick={() => onChoose(sweep.name)}
          >
            <strong>{sweep.name}</strong>
            <span className="muted">{sweep.title}</span>
            <span className="experiment-count num" data-live={running?.name === sweep.name}>
              {running?.name === sweep.name ? 'running' : describeCount(sweep, full, recorded)}
            </span>
          </button>
        );
      })}
    </nav>
  );
}

/** Of the size that is looked at, or of the other where only that was run. */
function describeCount(sweep: BundledSweep, full: boolean, recorded: Recorded): string {
  const count = (size: boolean): string | null => {
    const done = recorded.get(sizedName(sweep.name, size)) ?? 0;
    const points = pointsFor(sweep.axes(size)).length;
    if (done === 0) return null;
    return done >= points ? `${points} points` : `${done} of ${points} points`;
  };
  const other = count(!full);
  return (
    count(full) ?? (other === null ? 'not run yet' : `${other}, ${full ? 'quick' : 'full'} size`)
  );
}

type Recorded = ReadonlyMap<string, number>;
const sizedName = (name: string, full: boolean): string => `${name}${full ? ' full' : ''}`;

/** How many points of each the library holds, in either size. */
function useRecorded(): Recorded {
  const list = useQuery('list', (engine) => engine.list());
  const refresh = useThrottled(list.refresh, REFRESH_MS);
  useEngineEvent((event) => {
    if (event.type === 'library') refresh();
  });
  const roles = new Map<string, Set<string>>();
  for (const { status, experiment } of list.data ?? []) {
    if (experiment === undefined || status !== 'complete') continue;
    const sized = sizedName(experiment.id, experiment.full === true);
    const known = roles.get(sized) ?? new Set();
    roles.set(sized, known.add(experiment.role.replace(/, run \d+$/, '')));
  }
  return new Map([...roles].map(([name, known]) => [name, known.size]));
}
