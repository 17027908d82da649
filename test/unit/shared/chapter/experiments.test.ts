import { describe, expect, it } from 'vitest';
import { experimentListText, experimentText } from '../../../../src/main/hosts/cli/text/experiment';
import { Failure } from '../../../../src/shared/base/failure';
import { chapterClaims } from '../../../../src/shared/chapter/claims';
import { EXPERIMENTS, experimentByName } from '../../../../src/shared/chapter/experiments';
import {
  describeOutcome,
  findMeasurement,
  MEASUREMENTS,
  type Measurement,
  nameSession,
  recordedExperiment,
  withMeasured,
} from '../../../../src/shared/chapter/experiments/measured';
import { BUNDLED_SWEEPS } from '../../../../src/shared/chapter/sweeps/bundled';
import { notBundled } from '../../../../src/shared/model/bundled';
import { preset } from '../../../../src/shared/model/presets';
import { checkRun } from '../../../../src/shared/model/validate';
import type { SessionDocument } from '../../../../src/shared/session/session-document';

const claims = chapterClaims();
const steps = EXPERIMENTS.flatMap((experiment) =>
  experiment.steps().map((step) => ({ experiment, step })),
);

describe('the ready scenarios', () => {
  it('have names of their own, and are found by them', () => {
    expect(new Set(EXPERIMENTS.map(({ name }) => name)).size).toBe(EXPERIMENTS.length);
    for (const experiment of EXPERIMENTS)
      expect(experimentByName(experiment.name)).toBe(experiment);
    expect(() => experimentByName('gpt5-forward')).toThrow(Failure);
  });

  it.each([
    'gpt3-forward',
    'gpt3-generate-100',
    'gpt3-train-1t',
    'fit-1.3b-on-a100',
    'kv-cache-speedup',
    'chinchilla-1e24',
    'hardware-table',
    'max-batch',
  ])('include %s', (name) => {
    expect(experimentByName(name).steps().length).toBeGreaterThan(5);
  });

  it('bring every claim of the exercises and of the hardware table, but for inputs and figures printed twice', () => {
    const brought = new Set(
      steps.flatMap(({ step }) =>
        step.claim === null ? [] : [step.claim.quote + step.claim.printedText],
      ),
    );
    const wanted = claims.filter(
      ({ section, id }) =>
        (/^Exercise/.test(section) || id.startsWith('hardware-')) &&
        !/^table-|-summary$|-coefficient$/.test(id),
    );
    const missing = wanted
      .filter(({ quote, printedText }) => !brought.has(quote + printedText))
      .map(({ id }) => id);
    // What an exercise starts from, or repeats of an earlier line.
    expect(missing.filter((id) => !INPUTS.has(id))).toEqual([]);
  });

  it('show in every step a figure, or say that it has to be measured', () => {
    for (const {
      experiment,
      step: { what, formula, value, unit, claim },
    } of steps) {
      const at = `${experiment.name}: ${what}`;
      expect(value === null ? claim?.verdict : Number.isFinite(value), at).toBe(
        value === null ? 'not-computable' : true,
      );
      expect(formula, at).not.toBe('');
      expect(unit === '' ? claim?.id : unit, at).toBeTruthy();
    }
  });

  // Worked by hand from the definitions.
  it.each([
    ['bert-flops', 'attention = rest of layer', 6 * 768],
    ['bert-parameters', 'a layer', (12 * 768 ** 2 + 13 * 768) / 1e6],
    [
      'activation-memory',
      'quadratic part, n = 512',
      (100 * 12 * 512 ** 2) / (12 * 512 ** 2 + 7 * 512 * 768 + 512 * 3072),
    ],
    ['padding', 'in pairs of like length', (100 * (256 + 64)) / (512 * 2 + 128 * 2)],
    ['padding', 'in buckets', (100 * 64) / 1024],
    ['padding', 'packed', (100 * 64) / 1024],
    ['quantization', 'bits a weight, int4 groups', 4 + 20 / 128],
    ['quantization', 'error of int8, symmetric', 50 / 127],
    ['chinchilla-1e24', 'by Kaplan et al. 2020', 1.3 * (1e24 / 8.64e19) ** 0.73],
  ])('%s: %s comes to %d', (name, what, value) => {
    expect(
      experimentByName(name)
        .steps()
        .find((step) => step.what === what)?.value,
    ).toBeCloseTo(value, 6);
  });

  it('print within 100 columns', () => {
    const texts = [
      experimentListText(
        EXPERIMENTS.map((one) => ({ ...one, runs: findMeasurement(one.name)?.scope ?? null })),
        BUNDLED_SWEEPS,
      ),
      ...EXPERIMENTS.map((one) =>
        experimentText(one, one.steps(), findMeasurement(one.name), null),
      ),
    ];
    for (const line of texts.join('\n').split('\n'))
      expect([...line].length, line).toBeLessThanOrEqual(100);
  });
});

const INPUTS = new Set([
  'gpt3-parameters',
  'gpt3-layers',
  'gpt3-width',
  'gpt3-heads',
  'gpt3-ffn-width',
  'gpt3-ffn-ratio',
  'gpt3-attention-share-printed',
  'gpt3-trillion',
  'gpt3-hourly-price',
  'gpt3-peak-each',
  'gpt3-utilization',
  'gpt3-cached-tera',
  'xl-parameters',
  'xl-ffn-width',
  'xl-first-moment',
  'xl-second-moment',
  'xl-requirement',
  'xl-reduction',
  'xl-batch-16',
  'xl-batch-8',
  'xl-mixed-parameters',
  'xl-mixed-activations',
  'xl-zero-parameters',
  'xl-zero-activations',
  'bench-parameters',
  'bench-unit',
  'bench-theory-numerator',
  'bench-formula',
  'bench-actual',
  'bench-vocabulary',
  'optimum-exponent',
  'optimum-divisor',
  'optimum-n',
  'optimum-d-quotient',
  'optimum-d',
  'gpt3-used-n',
  'gpt3-used-d',
  'undertrained-used',
  'loss-alpha',
  'loss-beta',
  'loss-floor',
  'loss-a',
  'loss-b',
]);

describe('the experiments that run', () => {
  it.each(MEASUREMENTS.map((one) => [one.experiment, one] as const))(
    '%s asks for nothing the bundled workload cannot do, small or full',
    (name, measurement) => {
      expect(experimentByName(name).name).toBe(name);
      for (const full of [false, true]) {
        const recordings = measurement.recordings(full);
        expect(new Set(recordings.map(({ role }) => role)).size).toBe(recordings.length);
        for (const { role, model, run } of recordings) {
          expect(() => checkRun(model, run), role).not.toThrow();
          expect(notBundled(model), role).toBeNull();
          const part = { id: name, full, role };
          expect(recordedExperiment({ name: nameSession(part) })).toEqual(part);
          expect(recordedExperiment({ name: 'renamed', experiment: part })).toEqual(part);
        }
      }
    },
  );

  it("are known by the session's name where it stores no experiment", () => {
    for (const name of [
      'demo: GPT-2',
      'experiment',
      'experiment Kv: x',
      'my experiment kv-cache-speedup: with a cache',
    ])
      expect(recordedExperiment({ name })).toBeNull();
  });

  const session = (
    id: string,
    cpu: string,
    status: SessionDocument['status'] = 'complete',
    share = 100_000,
  ) =>
    ({
      id,
      name: id,
      status,
      simulated: false,
      durationUs: 2e6,
      model: {},
      run: { mode: 'generate', promptTokens: 1, tokens: 2, precision: 'fp32' },
      markers: [],
      series: [{ id: 'tree.cpu', mean: share }],
      overlay: { phases: [] },
      environment: { cpu, cores: 2, os: 'Linux', gpus: [], workload: { backend: 'wasm' } },
    }) as unknown as SessionDocument;
  const [measurement] = MEASUREMENTS;

  it('say nothing where sessions are of different machines or did not end well', () => {
    expect(describeOutcome(measurement!, false, [session('a', 'A'), session('b', 'B')])).toBeNull();
    expect(
      describeOutcome(measurement!, false, [session('a', 'A'), session('b', 'A', 'failed')]),
    ).toBeNull();
    expect(
      describeOutcome(measurement!, false, [session('a', 'A'), session('b', 'A')])?.sessions,
    ).toEqual([
      { id: 'a', name: 'a' },
      { id: 'b', name: 'b' },
    ]);
  });

  it('let no time count that was taken on a processor shared with others', () => {
    const timed: Measurement = {
      ...measurement!,
      figures: () => [
        { what: 'time', value: 2, unit: 's', predicted: [], claims: ['bench-cached'], timed: true },
        { what: 'bytes', value: 3, unit: 'MB', predicted: [], claims: ['bench-cache'] },
      ],
    };
    const claimsOf = (share: number) =>
      describeOutcome(timed, true, [session('a', 'A', 'complete', share)])!.figures.map(
        ({ claims: ids }) => ids,
      );
    expect(claimsOf(98_000)).toEqual([['bench-cached'], ['bench-cache']]);
    expect(claimsOf(35_000)).toEqual([[], ['bench-cache']]);
  });

  it("take a student's speed from the shortest pass after the first, in the chapter's size", () => {
    const passes = (name: string, seq: number, ends: readonly number[]) =>
      ({
        ...session(name, 'A'),
        model: preset(name),
        run: { mode: 'infer', seq, precision: 'fp32' },
        markers: ends.flatMap((end, index) =>
          (['begin', 'end'] as const).map((event) => ({
            type: 'step',
            step: index + 1,
            event,
            t: event === 'begin' ? 0 : end,
          })),
        ),
      }) as unknown as SessionDocument;
    for (const [seq, claimed] of [
      [128, ['distilbert-speed', 'summary-distil-speed-low']],
      [16, []],
    ] as const) {
      const { figures } = describeOutcome(findMeasurement('distillation')!, false, [
        passes('bert-base', seq, [1, 900, 800]),
        passes('distilbert', seq, [1, 400, 500]),
      ])!;
      expect(figures.find(({ what }) => what === 'a pass, distilbert')).toMatchObject({
        value: 2,
        claims: claimed,
      });
    }
  });

  it('tell of quantization what was lost on a text that training never saw, and of the full size, untrained, nothing of it', () => {
    const quantization = findMeasurement('quantization')!;
    const docs = quantization.recordings(false).map(({ model, run, role }, at) => ({
      ...session(role, 'A'),
      model,
      run,
      // As the workload announces it: the perplexity last, after what it was told to do.
      markers:
        run.mode === 'infer'
          ? [
              { type: 'run', t: 0, fields: { ...run } },
              {
                type: 'run',
                t: 1,
                fields: { perplexity: 20 + at, frequencyPerplexity: 150, scoredTokens: 7 },
              },
            ]
          : [],
    })) as unknown as SessionDocument[];
    const told = quantization
      .figures(docs)
      .filter(({ what }) => /unseen|above/.test(what))
      .map(({ what, value, unit }) => [what.trim(), Number(value.toFixed(3)), unit]);
    expect(told).toEqual([
      ['unseen text, by frequencies', 150, 'perplexity'],
      ['unseen text, fp32', 25, 'perplexity'],
      ['unseen text, fp16', 26, 'perplexity'],
      ['above fp32, fp16', 4, '%'],
      ['unseen text, int8', 27, 'perplexity'],
      ['above fp32, int8', 8, '%'],
      ['unseen text, int4', 28, 'perplexity'],
      ['above fp32, int4', 12, '%'],
    ]);
    expect(
      quantization
        .recordings(true)
        .every(({ weights, run }) => weights === undefined && run.mode === 'generate'),
    ).toBe(true);
  });

  it('train first what later ones take the weights of', () => {
    for (const { experiment, recordings } of MEASUREMENTS) {
      const roles = recordings(false).map(({ weights, run }) =>
        weights === 'kept' ? `kept by ${run.mode}` : (weights ?? ''),
      );
      const first = roles.findIndex((role) => role === 'taken');
      if (first >= 0) expect(roles.slice(0, first), experiment).toContain('kept by train');
    }
  });

  it('fill what was measured of a claim, of several outcomes the first', () => {
    const outcome = (value: number) => ({
      experiment: 'x',
      full: false,
      conditions: 'here',
      crowded: false,
      sessions: [{ id: `s${value}`, name: '' }],
      figures: [{ what: '', value, unit: '×', predicted: [], claims: ['layer-attention-growth'] }],
    });
    const filled = withMeasured(claims, [outcome(16), outcome(4)]);
    expect(filled.find(({ id }) => id === 'layer-attention-growth')?.measured).toEqual({
      value: 16,
      unit: '×',
      sessions: ['s16'],
      conditions: 'here',
    });
    expect(filled.filter(({ measured }) => measured !== null)).toHaveLength(1);
  });
});
