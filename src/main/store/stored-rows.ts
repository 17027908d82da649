/**
 * The documents in a session's rows: series, markers, phases. They were checked when they were recorded, but the file
 * may have been made by anything, so each is checked again as it is read. What later versions add passes through.
 */
import { z } from 'zod';
import { type Bytes, MiB } from '../../shared/base/units';
import { COMPONENTS, PHASES } from '../../shared/base/vocabulary';
import { rankOfProcess } from '../../shared/trace/series-ids';
import type { Marker, PhaseSpan, SeriesInfo } from '../../shared/trace/types';
import { parseStored } from './stored-json';

/** Of a document in a row. The longest there is holds the settings of a run that a workload announced. */
const MAX_ROW: Bytes = 4 * MiB;

const text = z.string().max(1000);
const seriesInfo = z.looseObject({
  id: text,
  source: text,
  metric: text,
  unit: text,
  windowUs: z.number().nullable(),
  intervalUs: z.number().nullable(),
  about: z.string().max(10_000).optional(),
});

/** As numbers of a session go: whole or not, but no larger than what is counted exactly. */
const time = z
  .number()
  .min(-(2 ** 53))
  .max(2 ** 53);
const step = z.int().nullable();
/** Of the process with the highest pid there can be. */
const MOST_RANK = rankOfProcess(2 ** 32);
const rank = z.int().min(0).max(MOST_RANK);
const base = { t: time, rank, step };
const edge = z.enum(['begin', 'end']);
const bytes = z.number().optional();
/** Whatever is counted under a name of its own. */
const MAX_NAMES = 1000;
const byName = z
  .record(text, z.number())
  .refine((named) => Object.keys(named).length <= MAX_NAMES)
  .optional();
const blocks = z.object({
  kind: text,
  names: z.array(text).max(256),
  edges: z.array(z.tuple([z.int(), z.literal([0, 1]), z.number(), z.number()])).max(1024),
});
const memory = z.looseObject({
  allocated: z.number(),
  reserved: bytes,
  requested: bytes,
  peak: bytes,
  peakAt: bytes,
  components: byName,
  peakComponents: byName,
  counters: byName,
  blocks: blocks.optional(),
});
const marker = z.discriminatedUnion('type', [
  z.looseObject({
    ...base,
    type: z.literal('phase'),
    name: text,
    event: edge,
    input: z.array(z.number()).max(8).optional(),
  }),
  z.looseObject({ ...base, type: z.literal('step'), event: edge }),
  z.looseObject({ ...base, type: z.literal('token'), index: z.int() }),
  z.looseObject({
    ...base,
    type: z.literal('memory'),
    phase: text.nullable(),
    memory,
  }),
  z.looseObject({
    ...base,
    type: z.literal('objects'),
    phase: text.nullable(),
    parts: z.array(
      z.object({ component: z.enum(COMPONENTS), dtype: text, device: text, bytes: z.number() }),
    ),
    untold: z.array(text).optional(),
  }),
  z.looseObject({
    ...base,
    type: z.enum(['model', 'run']),
    fields: z.record(z.string(), z.unknown()),
  }),
  z.looseObject({ ...base, type: z.literal('note'), text: z.string().max(1 << 20) }),
]);

const phase = z.looseObject({
  phase: z.enum(PHASES),
  step,
  rank,
  t0: time,
  t1: time,
  memory: memory.nullable(),
});

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isName = (value: unknown): boolean => typeof value === 'string' && value.length <= 1000;
const isCount = (value: unknown): boolean => value === undefined || Number.isFinite(value);

/** What most rows of a long session are, a phase's edge or the bytes at it and nothing more: told without the schema, as by it. */
function isPlain(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { type, t, rank: at, step: of } = value;
  return (
    typeof t === 'number' &&
    Math.abs(t) <= 2 ** 53 &&
    (of === null || Number.isSafeInteger(of)) &&
    typeof at === 'number' &&
    Number.isInteger(at) &&
    at >= 0 &&
    at <= MOST_RANK &&
    (type === 'phase' ? isPlainEdge(value) : type === 'memory' && isPlainMemory(value))
  );
}

const isPlainEdge = ({ event, name, input }: Fields): boolean =>
  (event === 'begin' || event === 'end') && isName(name) && input === undefined;

/** Without a split by component, counters or blocks. */
function isPlainMemory({ phase: of, memory: told }: Fields): boolean {
  if (!isFields(told) || !(of === null || isName(of))) return false;
  const { allocated, reserved, requested, peak, peakAt, ...rest } = told;
  return (
    Number.isFinite(allocated) &&
    [reserved, requested, peak, peakAt].every(isCount) &&
    Object.keys(rest).length === 0
  );
}

/** Each throws ZodError or SyntaxError for what is none. */
export const parseSeriesInfo = (stored: string): SeriesInfo =>
  seriesInfo.parse(parseStored(stored, MAX_ROW)) as SeriesInfo;
export function parseStoredMarker(stored: string): Marker {
  const value = parseStored(stored, MAX_ROW);
  return (isPlain(value) ? value : marker.parse(value)) as Marker;
}
export const parsePhase = (stored: string): PhaseSpan =>
  phase.parse(parseStored(stored, MAX_ROW)) as PhaseSpan;
