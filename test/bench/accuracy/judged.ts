/** The sessions held to what is known of them: the peaks, the faults planted, the settings that ran, the steps without Plumbline. */
import { median } from '../../../src/shared/base/statistics';
import type { ManifestRun } from './manifest';
import type { AccuracyRow, Line } from './sessions';

/** Errors of a line over some sessions, in percent and without regard to sign. */
export interface ErrorSummary {
  readonly count: number;
  readonly median: number;
  readonly worst: number;
  /** The session of the worst. */
  readonly of: string;
}

/** Null where no session tells. */
export function summarizeErrors(rows: readonly AccuracyRow[], line: Line): ErrorSummary | null {
  const errors = rows.flatMap(({ name, lines }) => {
    const error = lines[line]?.errorPercent ?? null;
    return error === null ? [] : [{ name, error: Math.abs(error) }];
  });
  const worst = errors.toSorted((a, b) => b.error - a.error)[0];
  return worst === undefined
    ? null
    : {
        count: errors.length,
        median: median(errors.map(({ error }) => error)),
        worst: worst.error,
        of: worst.name,
      };
}

export interface FaultScore {
  /** Found of planted. */
  readonly recall: number | null;
  /** Right ones of all that speak of a fault. */
  readonly precision: number | null;
  /** Of the attributed bytes where they are known, in percent, each. */
  readonly byteErrors: readonly { readonly name: string; readonly percent: number }[];
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** Findings held to what was planted. Kinds that nobody plants belong to every run and are no claim of a fault. */
export function scoreFaults(
  rows: readonly AccuracyRow[],
  runs: readonly ManifestRun[],
): FaultScore {
  const plantable = new Set(runs.flatMap(({ finding }) => (finding ? [finding.kind] : [])));
  let planted = 0;
  let found = 0;
  let claimed = 0;
  const byteErrors: { name: string; percent: number }[] = [];
  const missed: string[] = [];
  const wrong: string[] = [];
  for (const { name, findings } of rows) {
    const truth = runs.find((run) => run.plumbline && run.name === name)?.finding ?? null;
    const claims = findings.filter(({ kind }) => plantable.has(kind));
    const right = claims.find(({ kind }) => kind === truth?.kind);
    claimed += claims.length;
    wrong.push(
      ...claims.filter(({ kind }) => kind !== truth?.kind).map(({ kind }) => `${name}: ${kind}`),
    );
    if (!truth) continue;
    planted++;
    if (!right) missed.push(`${name}: ${truth.kind}`);
    else found++;
    if (right?.bytes != null && truth.bytes)
      byteErrors.push({ name, percent: ((right.bytes - truth.bytes) / truth.bytes) * 100 });
  }
  return {
    recall: planted === 0 ? null : found / planted,
    precision: claimed === 0 ? null : (claimed - wrong.length) / claimed,
    byteErrors,
    missed,
    wrong,
  };
}

export const INVERTED = ['batch', 'seq', 'precision'] as const;
export type Inverted = (typeof INVERTED)[number];

export interface InversionScore {
  readonly field: Inverted;
  readonly recovered: number;
  readonly undetermined: number;
  /** Session, what ran, what was inferred. */
  readonly wrong: readonly string[];
}

/**
 * What the trace alone tells, held to what ran. A precision that takes the same bytes is as good: the trace cannot tell
 * fp16 from bf16. Of a generation the sequence is the prompt.
 */
export function scoreInversions(
  rows: readonly AccuracyRow[],
  runs: readonly ManifestRun[],
): InversionScore[] {
  return INVERTED.map((field) => {
    let [recovered, undetermined] = [0, 0];
    const wrong: string[] = [];
    for (const { name, inversion } of rows) {
      const workload = runs.find((run) => run.plumbline && run.name === name)?.workload;
      if (!inversion || !workload) continue;
      const inferred = field === 'seq' && workload.mode === 'generate' ? 'promptTokens' : field;
      const truth = workload[inferred];
      if (truth === undefined) continue;
      const told = inversion.estimates.find((each) => each.field === inferred);
      if (told?.estimate == null) undetermined++;
      else if (told.estimate === truth || told.alternatives.includes(truth)) recovered++;
      else wrong.push(`${name}: ${field} ${truth}, inferred ${told.estimate}`);
    }
    return { field, recovered, undetermined, wrong };
  });
}

export interface RecordingCost {
  readonly name: string;
  readonly intervalMs: number | null;
  readonly source: string;
  /** Added to a step. */
  readonly percent: number;
  /** How far repetitions without Plumbline lie apart, of their median; null where there is one. */
  readonly spreadPercent: number | null;
}

/** What recording added to a step, for each run that was made without Plumbline too, in the same call where there is one. */
export function recordingCosts(runs: readonly ManifestRun[]): RecordingCost[] {
  return runs.flatMap((run) => {
    const all = runs.filter(
      ({ key, plumbline, stepS }) =>
        !plumbline && stepS !== null && key.replace(/-\d+$/, '') === `${run.twin}.bare`,
    );
    const near = all.filter(({ call }) => call === run.call);
    const steps = (near.length > 0 ? near : all).map(({ stepS }) => stepS!);
    if (!run.plumbline || run.stepS === null || steps.length === 0) return [];
    const middle = median(steps);
    return [
      {
        name: run.name,
        intervalMs: run.intervalMs,
        source: run.environment.PLUMBLINE_SOURCE ?? 'auto',
        percent: (run.stepS / middle - 1) * 100,
        spreadPercent:
          steps.length < 2 ? null : ((Math.max(...steps) - Math.min(...steps)) / middle) * 100,
      },
    ];
  });
}
