/**
 * The documents in a session's rows: series, markers, phases. They were checked when they were recorded, but the file
 * may have been made by anything, so each is checked again as it is read. What later versions add passes through.
 */
import { z } from 'zod';
import { PHASES } from '../../shared/base/vocabulary';
import type { Marker, PhaseSpan, SeriesInfo } from '../../shared/trace/types';
import { parseStored } from './stored-json';

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

const base = { t: z.number(), rank: z.number(), step: z.number().nullable() };
const edge = z.enum(['begin', 'end']);
const bytes = z.number().optional();
const byName = z.record(text, z.number()).optional();
const memory = z.looseObject({
  allocated: z.number(),
  reserved: bytes,
  requested: bytes,
  peak: bytes,
  peakAt: bytes,
  components: byName,
  peakComponents: byName,
  counters: byName,
});
const marker = z.discriminatedUnion('type', [
  z.looseObject({ ...base, type: z.literal('phase'), name: text, event: edge }),
  z.looseObject({ ...base, type: z.literal('step'), event: edge }),
  z.looseObject({ ...base, type: z.literal('token'), index: z.number() }),
  z.looseObject({
    ...base,
    type: z.literal('memory'),
    phase: text.nullable(),
    memory,
  }),
  z.looseObject({
    ...base,
    type: z.enum(['model', 'run']),
    fields: z.record(z.string(), z.unknown()),
  }),
  z.looseObject({ ...base, type: z.literal('note'), text: z.string() }),
]);

const phase = z.looseObject({
  phase: z.enum(PHASES),
  step: z.number().nullable(),
  rank: z.number(),
  t0: z.number(),
  t1: z.number(),
  memory: memory.nullable(),
});

/** Each throws ZodError or SyntaxError for what is none. */
export const parseSeriesInfo = (stored: string): SeriesInfo =>
  seriesInfo.parse(parseStored(stored)) as SeriesInfo;
export const parseStoredMarker = (stored: string): Marker =>
  marker.parse(parseStored(stored)) as Marker;
export const parsePhase = (stored: string): PhaseSpan =>
  phase.parse(parseStored(stored)) as PhaseSpan;
