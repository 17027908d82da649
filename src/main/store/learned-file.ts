/**
 * What the library's sessions told of their machines, in a file of the library: an observation for each that told any,
 * the others by id alone, and those that a person had forgotten. It can be thrown away: it is made again from the
 * sessions, all but what was forgotten.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { estimateConstants } from '../../shared/learned/estimate';
import type { LearnedConstants, Observation } from '../../shared/learned/types';
import { EXTENSION } from './schema';
import { writing } from './sqlite-failures';

const bytes = z.number().nonnegative();
/** Raised where sessions are asked something else: what was kept by an earlier one is not mixed with it. */
const VERSION = 2;
const forgotten = z.array(z.string());
const stored = z.object({
  version: z.literal(VERSION),
  observations: z.array(
    z.object({
      session: z.string(),
      gpu: z.string(),
      driver: z.string(),
      framework: z.string(),
      ranks: z.int().min(1),
      context: bytes.nullable(),
      workspace: bytes.nullable(),
      reserve: z.object({ bytes, allocated: z.number().positive() }).nullable(),
    }),
  ),
  silent: z.array(z.string()),
  forgotten,
});
const earlier = z.object({ forgotten });

export interface KeptObservations {
  readonly observations: readonly Observation[];
  /** Sessions that were looked at and told nothing. */
  readonly silent: readonly string[];
  readonly forgotten: readonly string[];
}

const NOTHING: KeptObservations = { observations: [], silent: [], forgotten: [] };
const at = (library: string): string => join(library, 'learned.json');

/**
 * Nothing where there is no file, or none that can be read; of a file of an earlier version what was forgotten. A session
 * that left the library tells no more.
 */
export function keptObservations(library: string): KeptObservations {
  const document = readKept(library);
  const kept = stored.safeParse(document);
  if (!kept.success)
    return { ...NOTHING, forgotten: earlier.safeParse(document).data?.forgotten ?? [] };
  const { observations, silent, forgotten: left } = kept.data;
  const isThere = ({ session }: Observation) => existsSync(join(library, `${session}${EXTENSION}`));
  return { observations: observations.filter(isThere), silent, forgotten: left };
}

function readKept(library: string): unknown {
  try {
    return JSON.parse(readFileSync(at(library), 'utf8'));
  } catch {
    return null;
  }
}

export function keepObservations(library: string, kept: KeptObservations): void {
  const path = at(library);
  writing(path, () => {
    const draft = `${path}.${process.pid}.draft`;
    writeFileSync(draft, JSON.stringify({ version: VERSION, ...kept }), { mode: 0o600 });
    renameSync(draft, path);
  });
}

/** The constants as they were last learned, without a look at any session. */
export const learnedConstants = (library: string): LearnedConstants[] =>
  existsSync(at(library)) ? estimateConstants(keptObservations(library).observations) : [];
