/** The recordings that run in this engine: each is found by its id from its start until its file is finished. */
import { Failure } from '../../shared/base/failure';
import type { RecordRequest } from '../../shared/contract/api';
import type { Library } from '../store/library';
import { checkDeclaration } from '../workloads/declaration';
import { parseRequest, type SavedWorkloads } from '../workloads/saved';
import type { EngineEvents } from './events';
import { type Recording, type RecordingHooks, startRecording } from './recording';

export class Recordings {
  readonly #library: Library;
  readonly #saved: SavedWorkloads;
  readonly #events: EngineEvents;
  readonly #running = new Map<string, Recording>();

  constructor(library: Library, saved: SavedWorkloads, events: EngineEvents) {
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
      finished: () => {
        this.#running.delete(recording.id);
        hooks.finished?.();
        this.#report(recording);
        this.#events.libraryChanged();
      },
    });
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

  async stopAll(): Promise<void> {
    await Promise.all(this.list().map((recording) => recording.stop()));
  }

  #report(recording: Recording): void {
    const { durationUs, status } = recording.progress();
    this.#events.emit({ type: 'session', id: recording.id, durationUs, status });
  }
}
