/**
 * From a trace to its findings: divergences with a name, bytes, evidence and confidence. A clean or an empty trace has
 * none. Each file beside this looks for one kind; what it needs to know of the others it is given here, by name.
 *
 * A further kind of finding is a file that exports one function, its line in `diagnose`, and its name in the vocabulary.
 */

import type { FoundSpans } from '../../trace/found-spans';
import { type JudgedRun, judgeDeclaredRun } from '../fit/judged-run';
import { clearWinner, type Winner } from '../fit/winner';
import { frameworkOverlay } from '../overlay/overlay';
import type { DiagnosisInput, Finding, Overlay } from '../overlay/types';
import { listLevels } from '../shapes/found-spans';
import type { Period } from '../shapes/period';
import { findAllocatorOverhead } from './allocator';
import { findBeyondObserved } from './beyond-observed';
import { findChangedBatch } from './changed-batch';
import { findContext } from './context';
import { findFilled } from './filled';
import { findFirstStep } from './first-step';
import { forecastOutOfMemory } from './forecast';
import { findGrowth } from './growth';
import { findIdleStretches } from './idle';
import { findKvCacheMismatch } from './kv-cache';
import { findLeak, type Leak } from './leak';
import { findOddBlock, type OddBlock } from './odd-block';
import { findOtherProcesses } from './other-process';
import { findOutOfMemory } from './out-of-memory';
import { findPlateaus } from './plateau';
import { findPreallocatedPool } from './preallocated-pool';
import { findRetained } from './retained';
import { findSettingMismatch } from './settings';
import { findSpikesOfLines } from './spike';
import { findThrottling } from './throttled';
import { findUnexplained } from './unexplained';
import { type LineFinding, type Watched, watchLines } from './watched';

export interface Diagnosis {
  /** In the order in which they are shown. */
  readonly findings: readonly Finding[];
  /** The finding of a declared setting that the trace contradicts. */
  readonly setting: Finding | null;
  readonly leak: Leak | null;
  /** The declared run held against the trace, less what a leak added; null where nothing can be told of it. */
  readonly judged: JudgedRun | null;
  /** The changed setting that stands out, if not on what a leak leaves then on the trace as it is. */
  readonly winner: Winner | null;
  /** Of the line that is shown; null where steps are announced or it does not repeat. */
  readonly period: Period | null;
  /** What the line that is shown tells of a run that announced nothing; null where it did, or nothing is found. */
  readonly found: FoundSpans | null;
}

export function diagnose(input: DiagnosisInput): Diagnosis {
  const framework = frameworkOverlay(input);
  const outOfMemory = findOutOfMemory(input);
  // A pool taken at start hides what the run holds in it, so neither settings nor growth can be told beside one.
  const pool = findPreallocatedPool(input);
  const all = watchLines(input);
  const watched = all.filter(({ of }) => pool === null || of !== 'device');
  const rises = findGrowth(input, watched);
  const hasSlope = rises.some(({ of, finding }) => of !== 'host' && finding.slope?.per !== 'step');
  const named = nameSettings(input, framework, { hasPool: pool !== null, hasSlope });
  const { settingOfAll, leak, settingOfRest, cache, judged, winner } = named;

  const setting = settingOfAll ?? settingOfRest ?? cache;
  const context = pool === null ? findContext(input, judged, setting) : [];
  // Of a run with another setting, its own reserve is the one to expect.
  const running = (setting !== null && winner?.best.budget) || input.budget;
  const allocator = findAllocatorOverhead(input, framework, running);
  const isNamed = leak !== null || setting !== null;
  const odd = findOddBlock(input);
  const origin = leak !== null && odd !== null && isOriginOf(odd, leak) ? odd : null;
  const beside = origin === null && odd !== null ? [odd.finding] : [];
  const byThemselves = [...beside, ...findShapes(input, { framework, watched, rises, isNamed })];
  const changedBatch = findChangedBatch(input);
  const isTold = isNamed || changedBatch !== null || byThemselves.length > 0;
  const shapes = isTold ? byThemselves : findMilder(input, watched);
  // Other runs that would fit matter only where none of them has been named.
  const rivals = (setting === null && !hasSlope && judged?.mismatch?.fitting) || [];
  const findings = [
    outOfMemory,
    pool,
    settingOfAll,
    changedBatch,
    leak && origin ? addOrigin(leak.finding, origin) : leak?.finding,
    settingOfRest,
    cache,
    ...shapes,
    ...context,
    ...allocator,
    ...findOtherProcesses(input),
    outOfMemory === null && pool === null ? forecastOutOfMemory(input, leak?.growth ?? null) : null,
    findUnexplained(input, { setting, pool, leak, shapes, context, allocator, rivals }),
    findIdleStretches(input),
    findThrottling(input),
  ];
  return {
    findings: findings.filter((one) => one != null),
    setting,
    leak,
    judged,
    winner: winner ?? clearWinner(named.asRecorded?.mismatch),
    ...findSpans(input, all),
  };
}

/** How the line that is shown repeats, and the spans that are found in it. */
function findSpans(
  { overlay, spans }: DiagnosisInput,
  watched: readonly Watched[],
): Pick<Diagnosis, 'period' | 'found'> {
  const shown = watched.find(({ line }) => line.info.id === overlay.series);
  if (shown === undefined) return { period: null, found: null };
  const { period, periods, floors } = shown;
  const levels = floors[0] ? listLevels(floors[0]) : [];
  const isEmpty = spans.length > 0 || levels.length + periods.length === 0;
  return { period, found: isEmpty ? null : { levels, periods } };
}

/**
 * A setting that accounts for everything comes before a leak, since a cache twice as large also grows with every token.
 * Where none does, growth is named first and settings are tried on what it leaves. Where no step is announced growth is
 * no setting's: no batch and no logits make a slope.
 */
function nameSettings(
  input: DiagnosisInput,
  framework: Overlay | null,
  { hasPool, hasSlope }: { readonly hasPool: boolean; readonly hasSlope: boolean },
) {
  const asRecorded = hasPool ? null : judgeDeclaredRun(input, framework, null);
  const settingOfAll = hasSlope ? null : findSettingMismatch(input, asRecorded);
  const canLeak = !hasPool && !(input.mustMatchExactly && settingOfAll !== null);
  const leak = canLeak ? findLeak(input, framework) : null;
  const growth = leak?.growth ?? null;
  const judged = growth === null ? asRecorded : judgeDeclaredRun(input, framework, growth);
  const settingOfRest =
    settingOfAll === null && growth !== null ? findSettingMismatch(input, judged) : null;
  const isOpen = !hasSlope && settingOfAll === null && settingOfRest === null;
  const cache = isOpen ? findKvCacheMismatch(input) : null;
  const winner = clearWinner(judged?.mismatch);
  return { asRecorded, settingOfAll, leak, settingOfRest, cache, judged, winner };
}

/** A block that keeps in each pass what each step leaks is where the leak begins. */
function isOriginOf({ bytes, stays }: OddBlock, { finding }: Leak): boolean {
  const each = finding.slope?.per === 'step' ? finding.slope.bytes : 0;
  return stays && Math.abs(bytes - each) <= 0.1 * each;
}

const addOrigin = (leak: Finding, { words, finding }: OddBlock): Finding => ({
  ...leak,
  title: `${leak.title}, from ${words} on`,
  evidence: [...leak.evidence, ...finding.evidence],
});

interface Beside {
  readonly framework: Overlay | null;
  readonly watched: readonly Watched[];
  readonly rises: readonly LineFinding[];
  /** A leak by the step or a setting accounts for what all lines but the host's do. */
  readonly isNamed: boolean;
}

/** What is told only of a run of which nothing else is. */
function findMilder(input: DiagnosisInput, watched: readonly Watched[]): Finding[] {
  const beyond = findBeyondObserved(input);
  return beyond === null ? findFilled(input, watched).map(({ finding }) => finding) : [beyond];
}

/** Lines that stepped up; one that rose bit by bit is told as what it was. */
function findSteps(input: DiagnosisInput, watched: readonly Watched[]): LineFinding[] {
  const steps = findPlateaus(input, watched);
  const fills = steps.length === 0 ? [] : findFilled(input, watched);
  const bytes = ({ finding }: LineFinding) => finding.bytes ?? 0;
  return steps.map(
    (step) =>
      fills.find((fill) => fill.of === step.of && bytes(fill) >= 0.95 * bytes(step)) ?? step,
  );
}

/** What lines do by themselves, with no budget to hold them against. */
function findShapes(
  input: DiagnosisInput,
  { framework, watched, rises, isNamed }: Beside,
): Finding[] {
  const isOpen = ({ of }: { readonly of: Watched['of'] }) => !isNamed || of === 'host';
  const free = watched.filter(isOpen);
  const retained = isNamed || rises.length > 0 ? null : findRetained(input, framework);
  const steps = retained === null && rises.length === 0 ? findSteps(input, free) : [];
  const spikes = findSpikesOfLines(input, free);
  return [
    ...[...rises.filter(isOpen), ...steps, ...spikes].map(({ finding }) => finding),
    retained,
    isNamed ? null : findFirstStep(input, framework, watched),
  ].filter((one) => one !== null);
}
