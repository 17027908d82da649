/** Which of the registered ways to read GPUs are to be tried, and why some are left out. Pure. */
import type { GpuSource } from './source';

export interface GpuChoice<T> {
  /** In the order in which they are to be tried. */
  readonly sources: readonly T[];
  /** Why the others are left out, or what was asked for in vain; null where there is nothing to say. */
  readonly why: string | null;
}

/**
 * PLUMBLINE_SOURCE forces one. Without it, a person who names the program of a source that stands in for a better one,
 * and not that better one's library, means that program.
 */
export function chooseGpuSources<T extends Pick<GpuSource, 'id' | 'variable'>>(
  env: NodeJS.ProcessEnv,
  all: readonly T[],
): GpuChoice<T> {
  const word = env.PLUMBLINE_SOURCE;
  const forced = all.filter(({ id }) => id === word);
  if (forced.length > 0) return { sources: forced, why: `chosen by PLUMBLINE_SOURCE=${word}` };
  const named = all.filter(({ variable }) => env[variable]);
  const [first] = named;
  if (first !== undefined && first !== all[0])
    return { sources: named, why: `chosen by ${first.variable}` };
  const known = all.map(({ id }) => id).join(' nor ');
  return { sources: all, why: word ? `PLUMBLINE_SOURCE=${word} is neither ${known}` : null };
}
