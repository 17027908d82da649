/** The bundled sweep that a window started: one at a time, in the background, with how far it is. */
import { Failure } from '../../shared/base/failure';
import { findSweep } from '../../shared/chapter/sweeps/bundled';
import type { EngineApi, RecordRequest } from '../../shared/contract/api';
import type { RunningSweep, SweepQuery, SweepState } from '../../shared/contract/sweeps';
import { shortId } from '../../shared/session/short-id';
import type { EngineEvents } from './events';
import type { Recording } from './recording';
import type { Recordings } from './recordings';
import { planBundled, recordedSweep, runSweep, type SweepPlan } from './run-sweep';

export class Sweeps {
  readonly #sessions: Pick<EngineApi, 'list' | 'show'>;
  readonly #recordings: Recordings;
  readonly #events: EngineEvents;
  readonly #failures = new Map<string, string>();
  #running: RunningSweep | null = null;
  #recording: Recording | null = null;
  #isStopping = false;

  constructor(
    sessions: Pick<EngineApi, 'list' | 'show'>,
    recordings: Recordings,
    events: EngineEvents,
  ) {
    this.#sessions = sessions;
    this.#recordings = recordings;
    this.#events = events;
  }

  async state(query: SweepQuery): Promise<SweepState> {
    return {
      outcome: await recordedSweep(this.#sessions, planFor(query, true)),
      running: this.#running,
      failure: this.#failures.get(keyFor(query)) ?? null,
    };
  }

  /** Begins one; with `isAnew` whatever was recorded before. Throws `bad_input` while another runs. */
  start(query: SweepQuery & { readonly isAnew: boolean }): void {
    const plan = planFor(query, !query.isAnew);
    if (this.#running !== null)
      throw new Failure(
        'bad_input',
        `The experiment "${this.#running.name}" is still running.`,
        'Stop it, or wait for its end.',
      );
    const { name, full } = query;
    const progress = { done: 0, of: 0, point: '', msLeft: null };
    this.#running = { name, full, progress, session: null };
    this.#isStopping = false;
    this.#failures.delete(keyFor(query));
    void this.#run(plan, query);
  }

  /** What was recorded by now stays, and is not recorded again. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#recording?.stop();
  }

  async #run(plan: SweepPlan, query: SweepQuery): Promise<void> {
    try {
      const { failed } = await runSweep(this.#sessions, plan, {
        record: (request, progress) => this.#record(request, { ...query, progress }),
        say: () => {},
      });
      if (failed.length > 0)
        this.#failures.set(
          keyFor(query),
          failed.map(({ point, why }) => `${point}: ${why}`).join('\n'),
        );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code !== 'interrupted') this.#failures.set(keyFor(query), error.message);
    } finally {
      this.#running = null;
      this.#events.libraryChanged();
    }
  }

  async #record(request: RecordRequest, { name, full, progress }: Omit<RunningSweep, 'session'>) {
    this.#refuseWhenStopping();
    this.#running = { name, full, progress, session: null };
    this.#recording = await this.#recordings.start(request);
    const { id, done } = this.#recording;
    this.#running = { name, full, progress, session: id };
    if (this.#isStopping) await this.#recording.stop();
    const { status, signal, exitCode } = await done;
    this.#recording = null;
    this.#refuseWhenStopping();
    return status === 'complete' ? { id } : { why: describeEnd({ id, signal, exitCode }) };
  }

  #refuseWhenStopping(): void {
    if (this.#isStopping)
      throw new Failure('interrupted', 'The experiment was stopped.', 'Run it again to go on.');
  }
}

/** Why a point does not count: how its recording ended. */
export const describeEnd = ({
  id,
  signal,
  exitCode,
}: {
  readonly id: string;
  readonly signal: string | null;
  readonly exitCode: number | null;
}): string => `it ended with ${signal ?? `exit code ${exitCode}`}; "plumbline show ${shortId(id)}"`;

const keyFor = ({ name, full }: SweepQuery): string => JSON.stringify([name, full]);

function planFor({ name, full }: SweepQuery, mayResume: boolean): SweepPlan {
  const sweep = findSweep(name);
  if (sweep === null)
    throw new Failure(
      'bad_input',
      `There is no sweep "${name}".`,
      'Run "plumbline experiment" for the list.',
    );
  return planBundled(sweep, full, null, { repeats: 1, mayResume });
}
