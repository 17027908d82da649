/** What a detector of findings gets and gives. One file per kind; `index.ts` lists them. */
import type { Budget } from '../../budget/types';
import type { LogLine, Marker, PhaseSpan } from '../../trace/types';
import type { Micros } from '../../units';
import type { FindingKind } from '../../vocabulary';
import type { Lines } from '../lines';
import type { Finding, FlagLimits, Overlay } from '../types';

export interface FindingsInput {
  readonly overlay: Overlay;
  readonly budget: Budget | null;
  readonly spans: readonly PhaseSpan[];
  readonly markers: readonly Marker[];
  readonly lines: Lines;
  readonly logs: readonly LogLine[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationUs: Micros;
  /** The bundled workload: framework bytes must equal the prediction. */
  readonly exact: boolean;
  /** The session is being recorded: overlay and spans hold what is settled of it. */
  readonly live?: boolean;
  readonly limits?: FlagLimits;
}

/**
 * Looks for one kind of divergence. It reports what the trace shows and nothing else: no finding is the answer to a
 * trace that holds no evidence. `known` are the findings of the detectors before it, so that the last one can tell
 * what they leave unexplained.
 */
export interface Detector {
  readonly kind: FindingKind;
  find(input: FindingsInput, known: readonly Finding[]): readonly Finding[];
}
