/** What the analysis says of labelled traces, against their labels. */

import type { FindingKind } from '../../../src/shared/base/vocabulary';
import { type Diagnosis, diagnose } from '../../../src/shared/divergence/findings/diagnose';
import { invertAlone } from '../../../src/shared/divergence/inversion/invert-undeclared';
import { deriveLines } from '../../../src/shared/divergence/overlay/lines';
import { buildOverlay } from '../../../src/shared/divergence/overlay/overlay';
import type { Finding, Overlay } from '../../../src/shared/divergence/overlay/types';
import type { RunSpec } from '../../../src/shared/model/spec';
import { phaseSpans } from '../../support/phase-spans';
import { DEVICE_BYTES, type Plan } from './plan';
import type { Trace } from './trace';

/** A finding's kind; batch and sequence that take the same bytes count as one, which a finding of either must name. */
export type Label = FindingKind | 'batch_or_seq';

export interface Judged {
  readonly plan: Plan;
  readonly overlay: Overlay;
  readonly findings: readonly Finding[];
  readonly right: readonly Label[];
  readonly missed: readonly Label[];
  readonly invented: readonly Label[];
  /** |found − planted| / planted, by kind. */
  readonly byteErrors: readonly { readonly kind: Label; readonly error: number }[];
  /** Whether the planted setting was named with its value; null where none was planted. */
  readonly setting: boolean | null;
  readonly wrongSetting: boolean;
  /** Whether the planted setting is among those that are told to fit, where none is named. */
  readonly isListed: boolean;
  /** Whether the interval of a planted leak holds it; null where none was found, or it was found to the byte. */
  readonly isLeakWithin: boolean | null;
}

export function analyse(plan: Plan, trace: Trace): { overlay: Overlay; diagnosis: Diagnosis } {
  const { spans } = phaseSpans(trace.markers, trace.durationUs);
  const common = {
    lines: deriveLines(trace.series, trace.baselines),
    markers: trace.markers,
    spans,
    durationUs: trace.durationUs,
    baselines: trace.baselines,
    budget: plan.declared,
    mustMatchExactly: false,
    deviceBytes: { gpu0: DEVICE_BYTES },
  };
  const overlay = buildOverlay(common);
  return {
    overlay,
    diagnosis: diagnose({
      ...common,
      overlay,
      logs: trace.logs,
      exitCode: trace.exitCode,
      signal: null,
    }),
  };
}

export type Told = 'right' | 'undetermined' | 'wrong';

/** What a clean trace says alone of each setting, given what kind of run it is; empty where it says nothing at all. */
export function judgeAlone(
  { model, declared: { run } }: Plan,
  trace: Trace,
): { readonly field: string; readonly told: Told }[] {
  const { spans } = phaseSpans(trace.markers, trace.durationUs);
  const inversion = invertAlone(
    model,
    { mode: run.mode },
    {
      ...trace,
      lines: deriveLines(trace.series, trace.baselines),
      spans,
      mustMatchExactly: false,
      signal: null,
      deviceBytes: { gpu0: DEVICE_BYTES },
    },
  );
  return (inversion?.estimates ?? []).map(({ field, estimate }) => ({
    field,
    told:
      estimate === null
        ? 'undetermined'
        : same(estimate, run[field as keyof RunSpec] as string | number)
          ? 'right'
          : 'wrong',
  }));
}

export function judge(plan: Plan, trace: Trace): Judged {
  const { overlay, diagnosis } = analyse(plan, trace);
  const { findings } = diagnosis;
  const isTokens = (kind: FindingKind) => kind === 'batch_mismatch' || kind === 'seq_mismatch';
  const labelOf = (kind: FindingKind): Label =>
    plan.isTwin && isTokens(kind) ? 'batch_or_seq' : kind;
  const labels = new Map([...plan.labels].map(([kind, bytes]) => [labelOf(kind), bytes]));
  const kinds = [...new Set(findings.map(({ kind }) => labelOf(kind)))];
  const wanted = [...labels.keys()];
  // A cause that was missed leaves something unexplained, and saying so is no invention.
  const invented = kinds.filter(
    (kind) => !labels.has(kind) && !(kind === 'unexplained' && wanted.length > 0),
  );
  const named = findings.find(({ setting }) => setting !== undefined)?.setting;
  const isPlanted = (one: { field: string; fits: string | number }) =>
    one.field === plan.setting?.field && same(one.fits, plan.setting.value);
  const isNamed = named !== undefined && [named, ...(named.or ?? [])].some(isPlanted);
  const right = wanted.filter(
    (kind) => kinds.includes(kind) && (kind !== 'batch_or_seq' || isNamed),
  );
  const byteErrors = right.flatMap((kind) => {
    const planted = labels.get(kind);
    const found = findings.find((one) => labelOf(one.kind) === kind)!;
    const bytes = kind === 'leak' ? found.slope?.bytes : found.bytes;
    return planted && bytes != null
      ? [{ kind, error: Math.abs(bytes - planted) / Math.abs(planted) }]
      : [];
  });
  const { low, high } = findings.find(({ slope }) => slope?.per === 'step')?.slope ?? {};
  const hasInterval = right.includes('leak') && low !== undefined && high !== undefined;
  return {
    plan,
    overlay,
    findings,
    isLeakWithin: hasInterval ? low <= plan.leakPerStep && plan.leakPerStep <= high : null,
    right,
    invented,
    byteErrors,
    missed: wanted.filter((kind) => !right.includes(kind)),
    setting: plan.setting === null ? null : isNamed,
    isListed: (diagnosis.judged?.mismatch?.fitting ?? []).some(({ field, value }) =>
      isPlanted({ field, fits: value }),
    ),
    wrongSetting: named !== undefined && plan.setting !== null && !isNamed,
  };
}

/** fp16 and bf16 take the same bytes; a batch may be one off in a hundred. */
function same(a: string | number, b: string | number): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= Math.max(0, 0.02 * b);
  const width = (name: string | number) => (name === 'bf16' ? 'fp16' : name);
  return width(a) === width(b);
}
