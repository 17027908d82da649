/**
 * The JSON documents of a session file: what was recorded, on what, by whom, and how it ended. A file may come from
 * anywhere, so the shape of each is checked when it is read; unknown fields pass through, for later versions.
 */

import type Database from 'better-sqlite3';
import { z } from 'zod';
import { storedDocument } from '../../shared/base/stored-document';
import type { Micros } from '../../shared/base/units';
import { STATUSES } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import { MAX_NOTE, MAX_TAGS, type SessionWords } from '../../shared/library/words';
import { MAX_LAYERS, MAX_MICRO_BATCHES } from '../../shared/model/limits';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import type { Mark } from '../../shared/session/marks';
import type { SessionHeader, SessionResult, SessionSummary } from '../../shared/session/types';
import { LAYOUT, type Layout } from './growing-series';
import type { ProcessIdentity } from './liveness';
import { isWhole, sealed } from './row-checks';
import { parseStored } from './stored-json';

/** Key of the time at which a session came into its library, where that is not when it started. */
export const ADDED = 'added';
/** Key of what lists show of the session. */
export const SUMMARY = 'summary';
/** Keys of what a person said of the session. */
export const TAGS = 'tags';
export const NOTE = 'note';

const identity = z.looseObject({ id: z.string(), startedAt: z.string().nullable() });
const experiment = z
  .object({ id: z.string(), full: z.boolean(), role: z.string() })
  .optional()
  .catch(undefined);
const plan = z
  .object({ title: z.string().max(500), peakBytes: z.number().nonnegative() })
  .optional()
  .catch(undefined);
const variable = z.string().max(131_072);
const terms = z
  .object({
    instrument: z.enum(['python', 'none']).optional(),
    leaveRunning: z.boolean().optional(),
    environment: z
      .object({
        only: z.boolean().optional(),
        pass: z.array(variable).optional(),
        set: z.record(variable, variable).optional(),
      })
      .optional(),
    intervalMs: z.number().positive().max(86_400_000).optional(),
  })
  .optional()
  .catch(undefined);
const workload = z.looseObject({
  kind: z.enum(['bundled', 'command', 'pid', 'cluster', 'import']),
  title: z.string(),
  command: z.array(z.string()),
  cwd: z.string().nullable(),
  pid: z.number().nullable(),
  experiment,
  plan,
  terms,
});
const gpu = storedDocument<GpuInfo>(
  z.object({ index: z.number(), uuid: z.string(), name: z.string() }),
);
const figure = z.object({
  typical: z.number(),
  low: z.number(),
  high: z.number(),
  sessions: z.number(),
});
const learned = z.array(
  z.object({
    gpu: z.string(),
    driver: z.string(),
    framework: z.string(),
    sessions: z.number(),
    figures: z.object({
      context: figure.optional(),
      workspace: figure.optional(),
      communication: figure.optional(),
      reserve: figure.optional(),
    }),
  }),
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
  learned: learned.optional().catch(undefined),
});
const model = storedDocument<ModelSpec>(
  z.object({
    name: z.string().max(1000),
    layers: z.int().min(1).max(MAX_LAYERS),
    decoderLayers: z.int().min(0).max(MAX_LAYERS).optional(),
    hidden: z.number(),
  }),
);
const run = storedDocument<RunSpec>(
  z.object({
    mode: z.string(),
    batch: z.number(),
    seq: z.number(),
    microBatches: z.int().min(1).max(MAX_MICRO_BATCHES).optional(),
  }),
);
const result = z.looseObject({
  status: z.enum(STATUSES),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  durationUs: z.number(),
});
const size = z
  .int()
  .min(1)
  .max(1 << 16);
const layout = z.looseObject({ chunk: size, group: size, gather: size, fan: size });
const recorder = z.looseObject({
  pid: z.number(),
  started: z.string().nullable(),
  host: z.string(),
});
const site = z.object({ label: z.string(), bytes: z.number(), blocks: z.number() });
export const allocationLedger = z.object({
  at: z.number(),
  rank: z.number(),
  bytes: z.number(),
  beforeBytes: z.number(),
  sites: z.array(site).max(1000),
  categories: z.array(site).max(1000),
  blocks: z
    .array(z.object({ label: z.string(), bytes: z.number(), since: z.number().nullable() }))
    .max(1000),
});
const summarySchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(STATUSES),
  startedAt: z.string().nullable(),
  addedAt: z.string().optional(),
  durationUs: z.number(),
  model: z.string().nullable(),
  mode: z.string().nullable(),
  measuredPeak: z.number().nullable(),
  predictedPeak: z.number().nullable(),
  residualPercent: z.number().nullable(),
  simulated: z.boolean(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
  experiment,
});

// Made once: a library of thousands asks them of each of its files.
const name = z.string();
const simulated = z.boolean();
const addedAt = z.iso.datetime().nullable().catch(null);
const tags = z.array(z.string().max(40)).max(MAX_TAGS).nullable().catch(null);
const note = z.string().max(MAX_NOTE).nullable().catch(null);
const [anyModel, anyRun] = [model.nullable(), run.nullable()];
const [anyResult, anyRecorder, anySummary] = [
  result.nullable(),
  recorder.nullable(),
  summarySchema.nullable(),
];

/** A person's words on a session, at a moment of it or on the whole. */
export interface Note {
  readonly id: number;
  readonly t: Micros | null;
  readonly text: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The notes at a moment. */
export const marksAmong = (notes: readonly Note[]): Mark[] =>
  notes.flatMap(({ t, ...note }) => (t === null ? [] : [{ ...note, t }]));

/** Without these there is no session to show, so what they say is taken, and told to be doubtful. */
const NEEDED: ReadonlySet<string> = new Set([
  'identity',
  'name',
  'workload',
  'environment',
  'simulated',
  'layout',
  'result',
  'recorder',
]);

/**
 * Documents by key. Absent keys read as null, and so does a document that does not match its checksum, where a session
 * can be shown without it; a document that is no JSON throws.
 */
export class MetaDocuments {
  readonly #texts: ReadonlyMap<string, string>;
  /** Keys of the documents that do not match their checksums, those that are needed all the same and the others. */
  readonly damaged: { readonly taken: readonly string[]; readonly leftOut: readonly string[] };

  constructor(db: Database.Database) {
    const rows = db
      .prepare<[], { key: string; value: string; crc: number }>(
        'SELECT key, value, crc FROM meta LIMIT 1001',
      )
      .all();
    if (rows.length > 1000) throw new SyntaxError('more documents than any session has');
    const wrong = rows.filter(({ key, value, crc }) => !isWhole(crc, key, value));
    const [taken, leftOut] = [true, false].map((needed) =>
      wrong.map(({ key }) => key).filter((key) => NEEDED.has(key) === needed),
    );
    this.damaged = { taken: taken ?? [], leftOut: leftOut ?? [] };
    const lost = new Set(leftOut);
    this.#texts = new Map(rows.flatMap(({ key, value }) => (lost.has(key) ? [] : [[key, value]])));
  }

  get(key: string): unknown {
    const text = this.#texts.get(key);
    return text === undefined ? null : parseStored(text);
  }

  entries(): (readonly [key: string, value: unknown])[] {
    return [...this.#texts].map(([key, text]) => [key, parseStored(text)]);
  }

  header(): SessionHeader {
    const { id, startedAt } = identity.parse(this.get('identity'));
    return {
      id,
      startedAt,
      name: name.parse(this.get('name')),
      workload: workload.parse(this.get('workload')),
      environment: environment.parse(this.get('environment')),
      model: anyModel.parse(this.get('model')),
      run: anyRun.parse(this.get('run')),
      simulated: simulated.parse(this.get('simulated')),
    };
  }

  /** ISO 8601: when it came into a library; null where that is when it started. */
  addedAt(): string | null {
    return addedAt.parse(this.get(ADDED));
  }

  /** What a person said of it; left out where nobody said anything. */
  words(): SessionWords {
    return {
      tags: tags.parse(this.get(TAGS)) ?? [],
      note: note.parse(this.get(NOTE)) ?? '',
    };
  }

  layout(): Layout {
    return layout.parse(this.get('layout') ?? LAYOUT);
  }

  /** Null while the recording has no end. */
  result(): SessionResult | null {
    return anyResult.parse(this.get('result'));
  }

  recorder(): ProcessIdentity | null {
    return anyRecorder.parse(this.get('recorder'));
  }

  summary(): SessionSummary | null {
    return anySummary.parse(this.get(SUMMARY));
  }
}

/** Bound: key, JSON, checksum. */
export const SET_DOCUMENT =
  'INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc = excluded.crc';
const SET_UNCHECKED_DOCUMENT = 'INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)';

/** `db`: a connection that may write, to a file of any format. */
export function storeDocument(db: Database.Database, key: string, value: unknown): void {
  const text = JSON.stringify(value);
  const hasChecksums = Number(db.pragma('user_version', { simple: true })) >= 3;
  if (hasChecksums) db.prepare(SET_DOCUMENT).run(...sealed(key, text));
  else db.prepare(SET_UNCHECKED_DOCUMENT).run(key, text);
}

/** The documents a header is stored as. */
export function headerDocuments(header: SessionHeader): Readonly<Record<string, unknown>> {
  const { id, startedAt, ...rest } = header;
  return { identity: { id, startedAt }, ...rest };
}
