/** Runs whose truth is known, laid over budgets that declare something else. */

import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import type { Budget } from '../../../../../src/shared/budget/types';
import { diagnose } from '../../../../../src/shared/divergence/findings/diagnose';
import { invert } from '../../../../../src/shared/divergence/inversion/inversion';
import { invertAlone } from '../../../../../src/shared/divergence/inversion/invert-undeclared';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import { buildOverlay } from '../../../../../src/shared/divergence/overlay/overlay';
import type { DiagnosisInput } from '../../../../../src/shared/divergence/overlay/types';
import { preset } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';
import type { RunSpec } from '../../../../../src/shared/model/spec';
import type { Marker, SeriesData } from '../../../../../src/shared/trace/types';
import { readColumns } from '../../../../support/columns';
import { MB, phase, series } from '../../../../support/overlay-scenario';
import { phaseSpans } from '../../../../support/phase-spans';

const NO_BASELINE = { 'gpu0.memory.used': 0 };

const spec = preset('gpt2');
const budgetFor = (run: Partial<RunSpec>) =>
  computeBudget(
    spec,
    runDefaults(spec, {
      framework: 'pytorch',
      mode: 'train',
      steps: 6,
      batch: 8,
      seq: 256,
      ...run,
    }),
  );

/** What nvidia-smi would show of a run that is exactly `truth`, in whole MiB, with markers of its phases. */
function recorded(
  truth: Budget,
  declared: Budget | null,
  more: { offset?: number; markers?: boolean } = {},
): DiagnosisInput {
  const { timeline } = truth.tiers.refined;
  const { offset = 0 } = more;
  const steps = timeline.filter(({ step }) => step !== null);
  const rows = [
    ...timeline
      .filter(({ step }) => step === null)
      .map((row) => ({ row, step: null as number | null })),
    ...Array.from({ length: steps.length === 0 ? 0 : truth.run.steps }, (_, i) => i + 1).flatMap(
      (step) =>
        steps
          .filter((row) => row.step! <= step && step <= row.lastStep!)
          .map((row) => ({ row, step: step as number | null })),
    ),
  ];
  let held = 0;
  const markers: Marker[] = [];
  const points: [number, number][] = [[0, 0]];
  rows.forEach(({ row, step }, i) => {
    held = Math.max(held, row.total + offset);
    for (let k = 0; k < 10; k++)
      points.push([1000 + i * 1000 + k * 100, Math.round(held / MB) * MB]);
    markers.push(...phase(row.phase, step, 1000 + i * 1000, 1990 + i * 1000));
  });
  const all: SeriesData[] = [series('gpu0.memory.used', points)];
  const durationUs = (rows.length + 1) * 1_000_000;
  const used = more.markers === false ? [] : markers;
  const { spans } = phaseSpans(used, durationUs);
  const common = {
    lines: deriveLines(all, NO_BASELINE),
    markers: used,
    spans,
    durationUs,
    budget: declared,
    mustMatchExactly: false,
  };
  return {
    ...common,
    overlay: buildOverlay({ ...common, baselines: NO_BASELINE }),
    logs: [],
    exitCode: 0,
    signal: null,
  };
}

describe('a declared run', () => {
  it('is borne out where the trace is its own, with intervals that hold the truth', () => {
    const input = recorded(budgetFor({}), budgetFor({}));
    const diagnosis = diagnose(input);
    const { findings } = diagnosis;
    expect(findings).toEqual([]);
    const inversion = invert(diagnosis)!;
    expect(inversion.contradicted).toBeNull();
    const batch = inversion.estimates.find(({ field }) => field === 'batch')!;
    expect(batch).toMatchObject({ verdict: 'agrees', estimate: 8 });
    expect(batch.interval![0]).toBeLessThanOrEqual(8);
    expect(batch.interval![1]).toBeGreaterThanOrEqual(8);
    expect(batch.interval![1] - batch.interval![0]).toBeLessThan(4);
    expect(batch.runnerUp!.misfit).toBeGreaterThan(1);
    // The value next to an interval does not fit, however far the interval reaches.
    const seq = inversion.estimates.find(({ field }) => field === 'seq')!;
    const [first, last] = seq.interval!;
    expect(last - first).toBeGreaterThan(3);
    expect([first - 1, last + 1]).toContain(seq.runnerUp!.value);
    expect(seq.runnerUp!.misfit).toBeGreaterThan(1);
    // Every other word was tried, and none fits.
    const precision = inversion.estimates.find(({ field }) => field === 'precision')!;
    expect(precision).toMatchObject({ verdict: 'agrees', alternatives: [] });
    expect(precision.runnerUp!.misfit).toBeGreaterThan(1);
  });

  it.each([
    [
      'precision',
      { precision: 'fp32' as const },
      { precision: 'fp16' as const },
      'dtype_mismatch',
      'fp32',
    ],
    ['checkpointing', { checkpointing: 'full' as const }, {}, 'checkpointing_mismatch', 'full'],
    [
      'batch',
      { batch: 24, attention: 'eager' as const, seq: 512 },
      { attention: 'eager' as const, seq: 512 },
      'batch_mismatch',
      24,
    ],
  ])('is contradicted in its %s', (field, truth, declared, kind, value) => {
    const input = recorded(budgetFor({ ...declared, ...truth }), budgetFor(declared));
    const diagnosis = diagnose(input);
    const { findings } = diagnosis;
    expect(findings.map((one) => one.kind)).toEqual([kind]);
    expect(findings[0]!.setting).toMatchObject({ field, fits: value });
    const inversion = invert(diagnosis)!;
    expect(inversion.contradicted).toMatchObject({ field, fits: value });
    expect(inversion.estimates.find((one) => one.field === field)).toMatchObject({
      verdict: 'contradicts',
      estimate: value,
    });
    expect(inversion.summary).toMatch(/contradicts/);
  });

  it('is undetermined where twice the batch and twice the sequence take the same bytes', () => {
    const flash = { attention: 'sdpa' as const };
    const input = recorded(budgetFor({ ...flash, batch: 16 }), budgetFor(flash));
    const diagnosis = diagnose(input);
    const { findings } = diagnosis;
    expect(findings).toMatchObject([
      {
        kind: 'batch_mismatch',
        confidence: 'low',
        setting: { field: 'batch', fits: 16, or: [{ field: 'seq', declared: 256, fits: 512 }] },
      },
    ]);
    expect(findings[0]!.title).toMatch(
      /batch 16 instead of 8, or sequence length 512 instead of 256/,
    );
    const inversion = invert(diagnosis)!;
    expect(inversion.contradicted).toBeNull();
    expect(inversion.summary).toMatch(/cannot tell which: undetermined/);
    for (const field of ['batch', 'seq'])
      expect(inversion.estimates.find((one) => one.field === field)).toMatchObject({
        verdict: 'undetermined',
        estimate: null,
      });
  });

  it('is not blamed for a context larger than assumed', () => {
    const input = recorded(budgetFor({}), budgetFor({}), { offset: 600 * MB });
    const diagnosis = diagnose(input);
    const { findings } = diagnosis;
    expect(findings.map(({ kind }) => kind)).toEqual(['context']);
    expect(Math.abs(findings[0]!.bytes! - 600 * MB)).toBeLessThan(2 * MB);
  });

  it.each([true, false])(
    'is not blamed for what a recording that ended early has not seen (markers: %s)',
    (markers) => {
      const whole = recorded(budgetFor({}), budgetFor({}), { markers });
      for (const part of [0.2, 0.35, 0.5, 0.7]) {
        const durationUs = whole.durationUs * part;
        const all = whole.lines.map(readColumns).map((one) => ({
          ...one,
          times: one.times.filter((t) => t <= durationUs),
          values: one.values.slice(0, one.times.filter((t) => t <= durationUs).length),
        }));
        const kept = whole.markers.filter(({ t }) => t <= durationUs);
        const { spans } = phaseSpans(kept, durationUs);
        const common = {
          lines: deriveLines(all, NO_BASELINE),
          markers: kept,
          spans,
          durationUs,
          budget: whole.budget,
          mustMatchExactly: false,
        };
        const input = {
          ...common,
          overlay: buildOverlay({ ...common, baselines: NO_BASELINE }),
          logs: [],
          exitCode: null,
          signal: 'SIGKILL',
        };
        const findings = diagnose(input).findings.filter(({ kind }) => kind !== 'out_of_memory');
        expect(
          findings.filter(({ confidence }) => confidence !== 'low'),
          `${part}`,
        ).toEqual([]);
        expect(
          findings.some(({ setting }) => setting !== undefined),
          `${part}`,
        ).toBe(false);
      }
    },
  );

  it('of another model altogether gives one word, unexplained, and no setting', () => {
    const other = preset('gpt2-large');
    const declared = computeBudget(
      other,
      runDefaults(other, { framework: 'pytorch', mode: 'train', steps: 6, batch: 1, seq: 128 }),
    );
    const input = recorded(budgetFor({}), declared);
    const diagnosis = diagnose(input);
    expect(diagnosis.findings.filter(({ setting }) => setting)).toEqual([]);
    expect(() => invert(diagnosis)).not.toThrow();
  });
});

describe('a trace alone', () => {
  const truth = { attention: 'eager' as const, precision: 'bf16' as const, batch: 8, seq: 512 };
  const bare = (run: Partial<RunSpec>, more: Parameters<typeof recorded>[2] = {}) => ({
    ...recorded(budgetFor(run), null, more),
    baselines: NO_BASELINE,
  });

  it('tells precision, optimizer and checkpointing, and the tokens that batch and sequence share', () => {
    const inversion = invertAlone(
      spec,
      { attention: 'sdpa' },
      bare({ ...truth, attention: 'sdpa' }),
    )!;
    const of = (field: string) => inversion.estimates.find((one) => one.field === field)!;
    expect([
      of('precision').estimate,
      of('optimizer').estimate,
      of('checkpointing').estimate,
    ]).toEqual(['bf16', 'adamw', 'none']);
    expect(of('batch').estimate).toBeNull();
    expect(of('batch').alternatives).toContain(8);
    expect(inversion.summary).toMatch(/All of them hold 4,096 tokens a batch/);
  });

  it('tells the batch of a sequence that is certain, and both where scores grow with the square', () => {
    const given = invertAlone(spec, { seq: 512 }, bare(truth))!;
    expect(given.estimates.find(({ field }) => field === 'batch')).toMatchObject({
      estimate: 8,
      declared: null,
    });
    const both = invertAlone(spec, {}, bare(truth))!;
    expect(both.estimates.map(({ field, estimate }) => [field, estimate])).toEqual([
      ['batch', 8],
      ['seq', 512],
      ['precision', 'bf16'],
      ['optimizer', 'adamw'],
      ['checkpointing', 'none'],
    ]);
    expect(both.summary).toMatch(/^The trace tells batch 8, seq 512/);
  });

  it('without phases reads the staircase, once it is said what kind of run it was', () => {
    expect(invertAlone(spec, {}, bare(truth, { markers: false }))).toBeNull();
    const inversion = invertAlone(
      spec,
      { mode: 'train', seq: 512, attention: 'eager' },
      bare(truth, { markers: false }),
    )!;
    expect(inversion.estimates.find(({ field }) => field === 'batch')!.interval).toEqual([8, 8]);
  });

  it('of another model fits nothing, and says so', () => {
    const inversion = invertAlone(preset('gpt2-xl'), { mode: 'train' }, bare(truth))!;
    expect(inversion.estimates.every(({ estimate }) => estimate === null)).toBe(true);
    expect(inversion.summary).toMatch(/^No combination/);
  });
});

describe('next to nothing', () => {
  it.each([0, 1, 2])('%i samples give no inversion, no finding and no crash', (count) => {
    const budget = budgetFor({});
    const all = [
      series(
        'gpu0.memory.used',
        [
          [0, 100 * MB],
          [10, 120 * MB],
        ].slice(0, count) as [number, number][],
      ),
    ];
    const common = {
      lines: deriveLines(all, NO_BASELINE),
      markers: [],
      spans: [],
      durationUs: 1_000_000,
      budget,
      mustMatchExactly: false,
    };
    const input: DiagnosisInput = {
      ...common,
      overlay: buildOverlay({ ...common, baselines: {} }),
      logs: [],
      exitCode: 0,
      signal: null,
    };
    const diagnosis = diagnose(input);
    const { findings } = diagnosis;
    expect(findings).toEqual([]);
    expect(invert(diagnosis)).toBeNull();
  });
});
