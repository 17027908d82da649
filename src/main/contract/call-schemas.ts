/**
 * What each method of the contract takes, as a schema: the arguments of a call come from a page or from whoever holds
 * the token, and nothing of the engine looks at one that does not have its shape. A method without a schema does not
 * compile.
 */
import { z } from 'zod';
import { PHASES } from '../../shared/base/vocabulary';
import type { EngineApi, RecordRequest } from '../../shared/contract/api';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';

/** What a method is asked with; undefined where it is asked for nothing. */
export type Question<Method extends keyof EngineApi> = Parameters<EngineApi[Method]>[0];

const id = z.string().max(200);
const ids = z.array(id).max(64);
const text = z.string().max(500);
const path = z.string().max(4096);
const format = z.string().max(50);
const series = text.optional();
/** A moment of the session; which moments there are is judged by the session. */
const until = z.number().optional();
const rows = {
  id,
  until,
  t0: z.number().optional(),
  t1: z.number().optional(),
  from: z.number().optional(),
  limit: z.number(),
};
/** Anything a page clones along with a method that is asked for nothing is dropped. */
const nothing = z.unknown().transform(() => undefined);

/** Whether the model or the run can be is judged by checkModel and checkRun, once the shape is known. */
function taken<T>(shape: z.ZodType): z.ZodType<T> {
  return shape.transform((value) => value as T);
}

/** Of a model or a run; which values a setting may have is judged by its own check. */
const setting = z.union([
  z.string().max(500),
  z.number(),
  z.boolean(),
  z.null(),
  z.array(z.number()).max(100_000),
]);
const part = z.record(z.string().max(100), setting);
const model = taken<ModelSpec>(
  z
    .object({
      name: text,
      architecture: z.enum(['decoder', 'encoder', 'encoder-decoder']),
      positions: text,
      norm: text,
      activation: text,
    })
    .catchall(z.union([setting, part]).optional()),
);
const run = taken<RunSpec>(z.object({ mode: text }).catchall(setting.optional()));
const partialRun = taken<Partial<RunSpec>>(z.record(z.string().max(100), setting.optional()));

const variable = z.string().max(131_072);
const recordRequest: z.ZodType<RecordRequest> = z.object({
  saved: text.optional(),
  bundled: z.literal('gpt2').optional(),
  pid: z.number().int().positive().optional(),
  command: z.array(z.string().max(131_072)).max(10_000).optional(),
  prometheus: z.object({ url: text, query: text.optional() }).optional(),
  instrument: z.enum(['python', 'none']).optional(),
  leaveRunning: z.boolean().optional(),
  weights: path.optional(),
  saveWeights: path.optional(),
  cwd: path.optional(),
  environment: z
    .object({
      only: z.boolean().optional(),
      pass: z.array(text).max(10_000).optional(),
      set: z.record(text, variable).optional(),
    })
    .optional(),
  name: text.optional(),
  experiment: z.object({ id: text, full: z.boolean(), role: text }).optional(),
  plan: z.object({ title: text, peakBytes: z.number().nonnegative() }).optional(),
  model: model.optional(),
  run: run.optional(),
  intervalMs: z.number().positive().max(86_400_000).optional(),
});

export const CALL_SCHEMAS: {
  readonly [Method in keyof EngineApi]: z.ZodType<Question<Method>>;
} = {
  info: nothing,
  list: nothing,
  damaged: nothing,
  show: z.object({ id, series, until }),
  glance: z.object({ id, series, until }),
  brief: z.object({ id, series, until }),
  phases: z.object({
    ...rows,
    series,
    phase: z.enum(PHASES).optional(),
    flagged: z.boolean().optional(),
    order: z.enum(['time', 'worst']).optional(),
  }),
  phaseChanges: z.object({ id, series, until, since: text.optional() }),
  phaseBars: z.object({ id, series, until, t0: z.number(), t1: z.number(), columns: z.number() }),
  markers: z.object({
    ...rows,
    type: z
      .enum(['phase', 'step', 'token', 'memory', 'objects', 'model', 'run', 'note'])
      .optional(),
  }),
  gaps: z.object({ ...rows, series }),
  logs: z.object({
    ...rows,
    text: text.optional(),
    stream: z.enum(['stdout', 'stderr', 'plumbline']).optional(),
  }),
  statistics: z.object({
    id,
    until,
    series: z.array(text).max(4096),
    t0: z.number(),
    t1: z.number(),
    above: z.number().optional(),
  }),
  moment: z.object({ id, series, until, at: z.number() }),
  trace: z.object({
    id,
    series: z.array(text).max(4096),
    t0: z.number(),
    t1: z.number(),
    columns: z.number(),
    until,
  }),
  sessionBudget: z.object({ id, until }),
  predictedCurves: z.object({
    id,
    t0: z.number(),
    t1: z.number(),
    columns: z.number(),
    until,
  }),
  invert: z.object({ id, model: model.optional(), given: partialRun }),
  budget: z.object({ model, run }),
  record: recordRequest,
  workloads: nothing,
  saveWorkload: z.object({ name: text, request: recordRequest, replaces: text.optional() }),
  deleteWorkload: z.object({ name: text }),
  settings: nothing,
  changeSettings: z.record(z.string().max(100), z.union([z.number(), path])),
  stop: z.object({ id }),
  rename: z.object({ id, name: text }),
  annotate: z.object({
    id,
    tags: z.array(text).max(1000).optional(),
    note: z.string().max(100_000).optional(),
  }),
  mark: z.object({
    id,
    mark: z.object({ id: z.int().nullable(), t: z.number(), text: z.string().max(10_000) }),
  }),
  unmark: z.object({ id, mark: z.int() }),
  trash: nothing,
  addSample: nothing,
  sweep: z.object({ name: text, full: z.boolean() }),
  startSweep: z.object({ name: text, full: z.boolean(), isAnew: z.boolean() }),
  stopSweep: nothing,
  chapter: nothing,
  restore: z.object({ id }),
  emptyTrash: z.object({ id: id.optional() }),
  delete: z.object({ id }),
  compare: z.object({ ids, base: id.optional() }),
  exportFormats: nothing,
  report: z.object({ ids, format, base: id.optional() }),
  export: z.object({ id, format }),
  exportPiece: z.object({ export: id }),
  learned: nothing,
  learn: nothing,
  forgetLearned: z.object({ id: id.optional() }),
  doctor: nothing,
  sources: nothing,
  upload: z.object({
    upload: id.nullable(),
    fileName: z.string().max(4096),
    bytes: z.instanceof(Uint8Array),
  }),
  import: z.object({
    upload: id,
    name: text.optional(),
    model: model.optional(),
    run: run.optional(),
    intervalMs: z.number().positive().max(86_400_000).optional(),
    columns: z.array(text).max(10_000).optional(),
    baselineBytes: z.number().min(0).optional(),
    keepRaw: z.boolean().optional(),
  }),
};
