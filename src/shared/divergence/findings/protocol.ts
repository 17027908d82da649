/** What a detector of findings gets and gives. One file per kind; `index.ts` lists them. */

import type { FindingKind } from '../../base/vocabulary';
import type { Finding, FindingsInput } from '../overlay/types';

/**
 * Looks for one kind of divergence. It reports what the trace shows and nothing else: no finding is the answer to a
 * trace that holds no evidence. `known` are the findings of the detectors before it, so that the last one can tell
 * what they leave unexplained.
 */
export interface Detector {
  readonly kind: FindingKind;
  find(input: FindingsInput, known: readonly Finding[]): readonly Finding[];
}
