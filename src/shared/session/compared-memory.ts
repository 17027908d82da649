/** Which of compared sessions measured the same memory: host memory is held against host memory alone. */
import { isHostMemory } from '../trace/series-ids';
import type { SessionDocument } from './session-document';

/** In their order, against `docs[base]`; one that measured nothing is like any, and has no figure. */
export function isOfSameMemory(
  docs: readonly Pick<SessionDocument, 'overlay'>[],
  base: number,
): readonly boolean[] {
  const from = docs[base]?.overlay.series ?? null;
  return docs.map(
    ({ overlay: { series } }) =>
      from === null || series === null || isHostMemory(series) === isHostMemory(from),
  );
}
