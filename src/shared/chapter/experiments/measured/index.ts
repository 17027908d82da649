/** What the bundled workload can run of the chapter, and what the library's sessions say of its claims. */

import type { SessionDocument } from '../../../session/session-document';
import type { Claim, Measured } from '../../claims/claim';
import { ACTIVATION_MEMORY } from './activation-memory';
import { BATCHING } from './batching';
import { CHECKPOINTING } from './checkpointing';
import { DISTILLATION } from './distillation';
import { KV_CACHE_SPEEDUP } from './kv-cache-speedup';
import {
  comparable,
  describeConditions,
  isCrowded,
  type MeasuredFigure,
  type Measurement,
} from './measurement';
import { QUANTIZATION } from './quantization';

export {
  type ExperimentRecording,
  type MeasuredFigure,
  type Measurement,
  nameSession,
  recordedExperiment,
} from './measurement';

export const MEASUREMENTS: readonly Measurement[] = [
  ACTIVATION_MEMORY,
  CHECKPOINTING,
  KV_CACHE_SPEEDUP,
  BATCHING,
  QUANTIZATION,
  DISTILLATION,
];

export function findMeasurement(experiment: string): Measurement | null {
  return MEASUREMENTS.find((measurement) => measurement.experiment === experiment) ?? null;
}

export interface Outcome {
  readonly experiment: string;
  readonly full: boolean;
  readonly conditions: string;
  /** The processor did the arithmetic and was shared with other programs: times are too long and measure no claim. */
  readonly crowded: boolean;
  readonly sessions: readonly { readonly id: string; readonly name: string }[];
  readonly figures: readonly MeasuredFigure[];
}

/** What the sessions of one experiment say, in the order of its recordings; null where they cannot be compared. */
export function describeOutcome(
  measurement: Measurement,
  full: boolean,
  docs: readonly SessionDocument[],
): Outcome | null {
  if (!comparable(docs)) return null;
  const crowded = docs.some(isCrowded);
  return {
    experiment: measurement.experiment,
    full,
    conditions: describeConditions(docs),
    crowded,
    sessions: docs.map(({ id, name }) => ({ id, name })),
    figures: measurement
      .figures(docs)
      .map((figure) => (crowded && figure.timed ? { ...figure, claims: [] } : figure)),
  };
}

/** The claims with what was measured of them; of several outcomes the first that measured a claim counts. */
export function withMeasured(
  claims: readonly Claim[],
  outcomes: readonly Outcome[],
): readonly Claim[] {
  const found = new Map<string, Measured>();
  for (const { figures, sessions, conditions } of outcomes) {
    for (const { claims: ids, value, unit } of figures) {
      for (const id of ids)
        if (!found.has(id))
          found.set(id, {
            value,
            unit,
            sessions: sessions.map((session) => session.id),
            conditions,
          });
    }
  }
  return claims.map((claim) => ({ ...claim, measured: found.get(claim.id) ?? null }));
}
