/**
 * The JSON documents of a session file: what was recorded, on what, by whom, and how it ended. A file may come from
 * anywhere, so the shape of each is checked when it is read; unknown fields pass through, for later versions.
 */

import type Database from 'better-sqlite3';
import { z } from 'zod';
import { storedDocument } from '../../shared/base/stored-document';
import { STATUSES } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import type { SessionHeader, SessionResult, SessionSummary } from '../../shared/session/types';
import type { ProcessIdentity } from './liveness';

const identity = z.looseObject({ id: z.string(), startedAt: z.string() });
const experiment = z
  .object({ id: z.string(), full: z.boolean(), role: z.string() })
  .optional()
  .catch(undefined);
const workload = z.looseObject({
  kind: z.enum(['bundled', 'command', 'pid', 'import']),
  title: z.string(),
  command: z.array(z.string()),
  cwd: z.string().nullable(),
  pid: z.number().nullable(),
  experiment,
});
const gpu = storedDocument<GpuInfo>(
  z.object({ index: z.number(), uuid: z.string(), name: z.string() }),
);
const environment = z.looseObject({
  plumbline: z.string(),
  node: z.string(),
  os: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  gpus: z.array(gpu),
  sources: z.array(z.looseObject({ id: z.string(), ok: z.boolean(), detail: z.string() })),
  workload: z.record(z.string(), z.string()),
});
const model = storedDocument<ModelSpec>(
  z.object({ name: z.string(), layers: z.number(), hidden: z.number() }),
);
const run = storedDocument<RunSpec>(
  z.object({ mode: z.string(), batch: z.number(), seq: z.number() }),
);
const result = z.looseObject({
  status: z.enum(STATUSES),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  durationUs: z.number(),
});
const recorder = z.looseObject({
  pid: z.number(),
  started: z.string().nullable(),
  host: z.string(),
});
export const summarySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(STATUSES),
  startedAt: z.string(),
  durationUs: z.number(),
  model: z.string().nullable(),
  mode: z.string().nullable(),
  measuredPeak: z.number().nullable(),
  predictedPeak: z.number().nullable(),
  residualPercent: z.number().nullable(),
  simulated: z.boolean(),
  experiment,
});

/** Documents by key. Absent keys read as null; a document that is no JSON throws. */
export class MetaDocuments {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(db: Database.Database) {
    const rows = db
      .prepare<[], { key: string; value: string }>('SELECT key, value FROM meta')
      .all();
    this.#texts = new Map(rows.map(({ key, value }) => [key, value]));
  }

  get(key: string): unknown {
    const text = this.#texts.get(key);
    return text === undefined ? null : JSON.parse(text);
  }

  header(): SessionHeader {
    const { id, startedAt } = identity.parse(this.get('identity'));
    return {
      id,
      startedAt,
      name: z.string().parse(this.get('name')),
      workload: workload.parse(this.get('workload')),
      environment: environment.parse(this.get('environment')),
      model: model.nullable().parse(this.get('model')),
      run: run.nullable().parse(this.get('run')),
      simulated: z.boolean().parse(this.get('simulated')),
    };
  }

  /** Null while the recording has no end. */
  result(): SessionResult | null {
    return result.nullable().parse(this.get('result'));
  }

  recorder(): ProcessIdentity | null {
    return recorder.nullable().parse(this.get('recorder'));
  }

  summary(): SessionSummary | null {
    return summarySchema.nullable().parse(this.get('summary'));
  }
}

/** The documents a header is stored as. */
export function headerDocuments(header: SessionHeader): Readonly<Record<string, unknown>> {
  const { id, startedAt, ...rest } = header;
  return { identity: { id, startedAt }, ...rest };
}
