/** The recordings that run in this engine: each is found by its id from its start until its file is finished. */
import { Failure } from '../../shared/base/failure';
import type { RecordRequest } from '../../shared/contract/api';
import type { Library } from '../store/library';
import { checkDeclaration } from '../workloads/declaration';
import { parseRequest, type SavedWorkloads } from '../workloads/saved';
import type { EngineEvents } from './events';
import type { EndedSession, Recording, RecordingHooks } from './recording';
import { startRecording } from './start-recording';

interface Around {
  /** Closes the files that are open for reading. */
  letGo(): Promise<void>;
  /** A session has been recorded, and its file is finished. */
  recorded(session: EndedSession): void;
}

export class Recordings {
  readonly #library: Library;
  readonly #saved: SavedWorkloads;
  readonly #events: EngineEvents;
  readonly #around: Around;
  readonly #running = new Map<string, Recording>();

  constructor(library: Library, saved: SavedWorkloads, events: EngineEvents, around: Around) {
    this.#around = around;
    this.#library = library;
    this.#saved = saved;
    this.#events = events;
  }

  get(id: string): Recording | undefined {
    return this.#running.get(id);
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  list(): readonly Recording[] {
    return [...this.#running.values()];
  }

  /** Starts what is asked for, a saved workload by its name included; throws a Failure where it cannot be. */
  async start(given: RecordRequest, hooks: Partial<RecordingHooks> = {}): Promise<Recording> {
    const request =
      given.saved === undefined ? given : parseRequest(this.#saved.get(given.saved), given);
    checkDeclaration(request);
    const recording = await startRecording(request, this.#library, {
      ...hooks,
      changed: () => {
        hooks.changed?.();
        this.#report(recording);
      },
      trouble: (failure) => {
        hooks.trouble?.(failure);
        const { name } = recording.progress();
        this.#events.emit({
          type: 'trouble',
          id: recording.id,
          name,
          failure: failure?.toInfo() ?? null,
        });
      },
      ending: () => this.#around.letGo(),
      finished: () => {
        this.#running.delete(recording.id);
        hooks.finished?.();
        this.#report(recording);
        this.#events.libraryChanged();
      },
    });
    recording.done.then(this.#around.recorded, () => {});
    this.#running.set(recording.id, recording);
    this.#events.libraryChanged();
    return recording;
  }

  /** Resolves when the session file is finished. Throws `not_found` for a session that is not recorded here. */
  async stop(id: string): Promise<void> {
    const recording = this.#running.get(id);
    if (!recording)
      throw new Failure(
        'not_found',
        `Session ${id} is not being recorded here.`,
        'Stop it where it was started.',
      );
    await recording.stop();
  }

  /** One that cannot be finished keeps no other from being finished. */
  async stopAll(): Promise<void> {
    const ends = await Promise.allSettled(this.list().map((recording) => recording.stop()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Throws a Failure for a session that is being recorded here. */
  refuseWhileRecorded(id: string): void {
    if (this.has(id))
      throw new Failure(
        'bad_input',
        `Session ${id} is still being recorded.`,
        'Stop the recording first.',
      );
  }

  /** Somebody is about to look at a session: where it is recorded here, what was measured by now is put into its file. */
  prepareLook(question: unknown): void {
    const { id } = (question ?? {}) as { readonly id?: unknown };
    if (typeof id === 'string') this.#running.get(id)?.prepareLook();
  }

  #report(recording: Recording): void {
    const { durationUs, status } = recording.progress();
    this.#events.emit({ type: 'session', id: recording.id, durationUs, status });
  }
}
