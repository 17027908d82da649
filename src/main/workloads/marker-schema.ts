/**
 * The marker channel's wire format, version 1: one JSON object a line, from a program that owes Plumbline nothing.
 * A line becomes a `Marker` or null; unknown types are null, unknown fields vanish, nothing throws.
 */
import { z } from 'zod';
import type { Micros } from '../../shared/base/units';
import { COMPONENTS } from '../../shared/base/vocabulary';
import { MOST_RANKS } from '../../shared/trace/series-ids';
import type { Marker, MemoryMark, TrailPoint } from '../../shared/trace/types';

const index = z.int().nonnegative();
const bytes = index;
/** Monotonic nanoseconds; past 2^53 as a decimal string. What cannot be read counts as missing. */
const nanoseconds = z
  .union([z.number().nonnegative(), z.string().regex(/^\d{1,20}$/)])
  .optional()
  .catch(undefined);
const edge = z.enum(['begin', 'end']);
const name = z.string().min(1).max(200);
const heldAs = z.string().min(1).max(64);
const byComponent = z.record(z.string(), z.unknown()).transform((entries) => {
  const known: Partial<Record<(typeof COMPONENTS)[number], number>> = {};
  for (const component of COMPONENTS) {
    const value = bytes.safeParse(
      Object.hasOwn(entries, component) ? entries[component] : undefined,
    );
    if (value.success) known[component] = value.data;
  }
  return known;
});
const counters = z
  .record(z.string().max(200), z.number())
  .refine((entries) => Object.keys(entries).length <= 256);
const fields = z.record(z.string(), z.unknown()).refine((value) => !deeperThan(value, 32));

const blocks = z.object({
  kind: heldAs,
  names: z.array(name).max(256),
  edges: z.array(z.tuple([index.max(255), z.literal([0, 1]), nanoseconds, bytes])).max(1024),
});

const base = {
  v: z.literal(1).default(1),
  ts: nanoseconds,
  rank: index.max(MOST_RANKS - 1).nullish(),
  step: index.nullish(),
};
const announcement = z.discriminatedUnion('type', [
  z.object({
    ...base,
    type: z.literal('phase'),
    name,
    event: edge,
    input: z.array(index).min(1).max(8).optional().catch(undefined),
  }),
  z.object({ ...base, type: z.literal('step'), event: edge.default('begin') }),
  z.object({ ...base, type: z.literal('token'), index }),
  z.object({
    ...base,
    type: z.literal('memory'),
    phase: name.nullish(),
    allocated: bytes,
    reserved: bytes.nullish(),
    requested: bytes.nullish(),
    peak: bytes.nullish(),
    peakTs: nanoseconds,
    components: byComponent.nullish(),
    peakComponents: byComponent.nullish(),
    counters: counters.nullish(),
    trail: z
      .array(z.tuple([nanoseconds, bytes, index.optional()]))
      .max(1024)
      .nullish(),
    blocks: blocks.optional().catch(undefined),
  }),
  z.object({
    ...base,
    type: z.literal('objects'),
    phase: name.nullish(),
    parts: z
      .array(z.tuple([z.enum(COMPONENTS), heldAs, heldAs, bytes]))
      .max(512)
      .transform((parts) =>
        parts.map(([component, dtype, device, held]) => ({
          component,
          dtype,
          device,
          bytes: held,
        })),
      ),
    untold: z.array(z.string().max(200)).max(32).optional(),
  }),
  z.looseObject({ ...base, type: z.enum(['model', 'run']), fields: fields.optional() }),
  z.object({ ...base, type: z.literal('note'), text: z.string() }),
]);
type Announcement = z.infer<typeof announcement>;

/** How far a sender's time may lie outside the session and still be believed. */
const TOLERANCE_US: Micros = 1_000_000;

/** A sender's time as session time, or null where it is missing or cannot be true. */
function sessionTime(
  ts: number | string | undefined,
  originNs: bigint,
  now: Micros,
): Micros | null {
  if (ts === undefined) return null;
  const t = Number((BigInt(typeof ts === 'number' ? Math.round(ts) : ts) - originNs) / 1000n);
  if (t < -TOLERANCE_US || t > now + TOLERANCE_US) return null;
  return Math.min(Math.max(t, 0), now);
}

const process = z.object({
  v: base.v,
  type: z.literal('process'),
  pid: index.max(2 ** 32),
  rank: base.rank,
  name: z.string().max(200).optional().catch(undefined),
});

/** Who a sender says it is: its pid, its rank where it belongs to a process group, what its script calls it. */
export interface Introduction {
  readonly pid: number;
  readonly rank: number | null;
  readonly name: string | null;
}

/** Null: the line is no introduction. */
export function parseIntroduction(line: string): Introduction | null {
  const introduced = process.safeParse(json(line));
  if (!introduced.success) return null;
  const { pid, rank, name: called } = introduced.data;
  return { pid, rank: rank ?? null, name: called ?? null };
}

/** One line of the channel that arrived at `now`, from a sender that is `rank` unless it says so itself. Null: it is no marker of this version. */
export function parseMarker(line: string, originNs: bigint, now: Micros, rank = 0): Marker | null {
  const parsed = announcement.safeParse(json(line));
  return parsed.success ? toMarker(parsed.data, originNs, now, rank) : null;
}

/** Undefined, which no schema takes, where the line is no JSON. */
function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function toMarker(said: Announcement, originNs: bigint, now: Micros, rank: number): Marker | null {
  const common = {
    t: sessionTime(said.ts, originNs, now) ?? now,
    rank: said.rank ?? rank,
    step: said.step ?? null,
  };
  switch (said.type) {
    case 'phase':
      return {
        ...common,
        type: 'phase',
        name: said.name,
        event: said.event,
        ...(said.input && { input: said.input }),
      };
    case 'step':
      return { ...common, type: 'step', event: said.event };
    case 'token':
      return { ...common, type: 'token', index: said.index };
    case 'note':
      return { ...common, type: 'note', text: said.text };
    case 'objects':
      return {
        ...common,
        type: 'objects',
        phase: said.phase ?? null,
        parts: said.parts,
        ...(said.untold && said.untold.length > 0 && { untold: said.untold }),
      };
    case 'memory':
      return {
        ...common,
        type: 'memory',
        phase: said.phase ?? null,
        memory: memoryMark(said, originNs, now),
      };
    default: {
      const { v: _v, ts: _ts, rank: _rank, step: _step, type, fields: given, ...rest } = said;
      if (!given && deeperThan(rest, 32)) return null;
      return { ...common, type, fields: given ?? rest };
    }
  }
}

function memoryMark(
  said: Extract<Announcement, { type: 'memory' }>,
  originNs: bigint,
  now: Micros,
): MemoryMark {
  const peakAt = sessionTime(said.peakTs, originNs, now);
  const trail = said.trail?.flatMap(([ts, allocated, operation]): TrailPoint[] => {
    const t = sessionTime(ts, originNs, now);
    if (t === null) return [];
    return [operation === undefined ? [t, allocated] : [t, allocated, operation]];
  });
  const edges = said.blocks?.edges.flatMap(([block, edge, ts, allocated]) => {
    const t = sessionTime(ts, originNs, now);
    return t === null ? [] : [[block, edge, t, allocated] as const];
  });
  return {
    allocated: said.allocated,
    ...(said.reserved != null && { reserved: said.reserved }),
    ...(said.requested != null && { requested: said.requested }),
    ...(said.peak != null && { peak: said.peak }),
    ...(peakAt !== null && { peakAt }),
    ...(said.components && { components: said.components }),
    ...(said.peakComponents && { peakComponents: said.peakComponents }),
    ...(said.counters && { counters: said.counters }),
    ...(trail && trail.length > 0 && { trail }),
    ...(said.blocks && edges && edges.length > 0 && { blocks: { ...said.blocks, edges } }),
  };
}

/** Whoever stores or prints the fields later walks them recursively: depth must have a bound. */
function deeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((entry) =>
      typeof entry === 'object' && entry !== null ? Object.values(entry) : [],
    );
  }
  return false;
}
