/**
 * The header of a session while it is recorded: what was declared, and what the workload announces of its model, its
 * run and its surroundings as it goes. Announcements never overrule a declaration.
 */
import { BACKENDS, type RunSpec } from '../../shared/model/spec';
import type { Environment, SessionHeader } from '../../shared/session/types';
import type { Marker } from '../../shared/trace/types';
import { announcedModel, announcedRun } from './announced';
import { AnnouncedModels, countCopies, describeSeveral } from './announced-models';
import type { RecordingPlan } from './recording-plan';

type Fields = Readonly<Record<string, unknown>>;
type Announcement = Extract<Marker, { type: 'model' | 'run' }>;

/** Documents of the header that may change while it is recorded. */
export type HeaderDocument = 'model' | 'run' | 'workload' | 'environment';

export class LiveHeader {
  readonly #plan: RecordingPlan;
  readonly #warn: (text: string) => void;
  #header: SessionHeader;
  readonly #models = new AnnouncedModels();
  /** The announcement that the model of the header is made of. */
  #modelFields: Fields | null = null;
  #announced: { readonly rank: number; readonly fields: Fields } | null = null;

  /** `warn` hears of a model or run that is announced and cannot be taken. */
  constructor(
    plan: RecordingPlan,
    facts: Pick<SessionHeader, 'id' | 'startedAt' | 'simulated'> & {
      readonly environment: Omit<Environment, 'workload'>;
    },
    warn: (text: string) => void,
  ) {
    const { name, workload, model, run } = plan;
    this.#plan = plan;
    this.#warn = warn;
    this.#header = {
      ...facts,
      name,
      workload,
      model,
      run,
      environment: { ...facts.environment, workload: {} },
    };
  }

  get current(): SessionHeader {
    return this.#header;
  }

  launched(pid: number | null): void {
    this.#set({ workload: { ...this.#header.workload, pid } });
  }

  /**
   * Takes what the marker says of the run, and names the documents to store anew. A token's count grows the run
   * without one: it is stored when the recording ends.
   */
  take(marker: Marker): readonly HeaderDocument[] {
    const changed: HeaderDocument[] = [];
    if (this.#plan.takesAnnouncements && this.#takeDeclaration(marker)) changed.push('model');
    if (marker.type === 'run') {
      this.#takeSurroundings(marker);
      changed.push('environment', 'workload', 'run');
    }
    return changed;
  }

  /** Whether the model changed. The first rank that announces a run speaks for all. */
  #takeDeclaration(marker: Marker): boolean {
    const before = this.#header.model;
    if (marker.type === 'model') this.#takeModel(marker);
    else if (marker.type === 'run') this.#takeRun(marker);
    else if (marker.type === 'token') this.#countToken(marker);
    return this.#header.model !== before;
  }

  #takeModel({ rank, fields }: Announcement): void {
    this.#models.take(rank, fields);
    if (this.#header.model === null) this.#readModel(fields);
    this.#updateRun();
  }

  #readModel(fields: Fields): void {
    if (fields === this.#modelFields) return;
    this.#modelFields = fields;
    const found = announcedModel(fields);
    if (typeof found === 'string') this.#warn(found);
    this.#set({ model: typeof found === 'string' ? null : found });
  }

  #takeRun({ rank, fields }: Announcement): void {
    if (this.#announced === null || this.#announced.rank === rank)
      this.#announced = { rank, fields };
    this.#updateRun();
  }

  /** How many tokens are generated shows only as they come. */
  #countToken({ rank, index }: Extract<Marker, { type: 'token' }>): void {
    const { run } = this.#header;
    const announced = this.#announced;
    if (run?.mode !== 'generate' || announced?.rank !== rank || index <= run.tokens) return;
    this.#announced = { rank, fields: { ...announced.fields, tokens: index } };
    this.#updateRun();
  }

  #updateRun(): void {
    if (this.#announced === null) return;
    const { rank, fields } = this.#announced;
    const own = this.#models.ofRun(rank, fields) ?? this.#modelFields;
    if (own !== null) this.#readModel(own);
    const { model, run } = this.#header;
    if (own === null || model === null) {
      this.#set({ run: null });
      return;
    }
    const beside = this.#models.beside(rank, own);
    const referenceModels = countCopies(own, beside, fields);
    const found =
      referenceModels === null
        ? describeSeveral(own)
        : announcedRun(model, { ...own, ...fields, referenceModels });
    if (typeof found === 'string') this.#warn(found);
    this.#set({ run: typeof found === 'string' ? null : (found ?? run) });
  }

  #takeSurroundings({ fields }: Announcement): void {
    const { environment, workload, run } = this.#header;
    const surroundings = announcedSurroundings(fields, this.#plan.run);
    this.#set({
      environment: { ...environment, workload: { ...environment.workload, ...surroundings } },
    });
    const backend = BACKENDS.find((name) => name === surroundings.backend);
    if (workload.kind !== 'bundled' || run === null || backend === undefined) return;
    this.#set({
      run: { ...run, backend },
      workload: { ...workload, title: `bundled ${this.#plan.model?.name} (${backend})` },
    });
  }

  #set(documents: Partial<Pick<SessionHeader, HeaderDocument>>): void {
    this.#header = { ...this.#header, ...documents };
  }
}

/** What a workload says of its surroundings (backend, adapter, framework version), without what the run already says. */
function announcedSurroundings(fields: Fields, run: RunSpec | null): Record<string, string> {
  const isSurrounding = (name: string) => name === 'backend' || run === null || !(name in run);
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && isSurrounding(entry[0]),
    ),
  );
}
