/** The answer first: the figures and the cause in one sentence, without a unit said twice. */
import { expect, test } from 'vitest';
import { answer } from '../../../../src/shared/present/answer';
import { headline } from '../../../../src/shared/present/headline';
import { whyNoGpu } from '../../../../src/shared/present/method';
import { noFindings } from '../../../../src/shared/present/no-findings';
import { fixtureLibrary } from '../../../support/fixture-sessions';

const { document } = fixtureLibrary()[0]!;
const MiB = 2 ** 20;
const overlay = {
  ...document.overlay,
  series: 'framework.allocated',
  measuredPeak: { bytes: 255 * MiB, at: 1, intervalUs: null },
  predictedPeak: { textbook: 200 * MiB, refined: 236 * MiB },
  residualBytes: 19 * MiB,
  residualPercent: 8,
} as typeof document.overlay;
const leak = {
  ...document.findings[0]!,
  kind: 'leak' as const,
  slope: { bytes: 4_000_000, per: 'step' as const, since: 2 },
};

test('a leak is told by what a step adds and since when', () => {
  expect(answer({ ...document, status: 'complete', overlay, findings: [leak] })).toBe(
    '255 MiB where 236 were predicted: a leak of 3.81 MiB a step since step 2.',
  );
});

test('where both figures read the same a cause is told as what was found all the same', () => {
  const peak = 255 * MiB;
  const tell = (residualBytes: number, status: 'complete' | 'recording' = 'complete') => {
    const predictedPeak = { textbook: 200 * MiB, refined: peak - residualBytes };
    const alike = { ...overlay, predictedPeak, residualBytes } as typeof overlay;
    return answer({ ...document, status, overlay: alike, findings: [{ ...leak, bytes: null }] });
  };
  const cause = 'a leak of 3.81 MiB a step since step 2.';
  expect(tell(0)).toBe(`255 MiB, as predicted, but ${cause}`);
  expect(tell(1000)).toBe(`255 MiB, about as predicted, but ${cause}`);
  expect(tell(1000, 'recording')).toBe(`255 MiB so far where 255 are predicted: ${cause}`);
});

test('while it is recorded the figures are so far, and what is out of bounds without a cause is no agreement', () => {
  const live = { ...document, status: 'recording' as const, overlay, findings: [] };
  const tell = (flagged: number) => {
    const [first] = live.phaseKinds;
    const told = { ...live, phaseKinds: first ? [{ ...first, flagged }] : [] };
    return [answer(told), noFindings(told)];
  };
  const figures = '255 MiB so far where 236 are predicted at the peak.';
  expect(tell(0)).toEqual([
    `${figures} No divergence so far.`,
    'No divergence so far. Phases are looked at as they end.',
  ]);
  expect(tell(2)[0]).toBe(
    `${figures} 2 phases are out of bounds so far; the cause is not sure yet.`,
  );
  expect(tell(2)[1]).not.toContain('No divergence');
});

test('a run within bounds is not left without a cause, and one that holds more than all of it was to agrees with nothing', () => {
  const phaseKinds = document.phaseKinds.map((kind) => ({ ...kind, flagged: 0 }));
  const sound = { ...document, phaseKinds, overlay, findings: [] };
  expect(answer({ ...sound, status: 'complete' })).toBe(
    '255 MiB where 236 were predicted, +19.0 MiB; all phases are within bounds.',
  );
  const predictedPeak = { textbook: 80 * MiB, refined: 100 * MiB };
  const over = { ...overlay, predictedPeak, residualBytes: 155 * MiB } as typeof overlay;
  expect(answer({ ...sound, status: 'recording', overlay: over })).toBe(
    '255 MiB so far where 100 are predicted at the peak. The cause is not sure yet.',
  );
});

test('what costs time is the cause of no byte: it is told by itself, and where there is a prediction below', () => {
  const throttled = { ...leak, kind: 'throttled' as const, title: 'The clocks were held back' };
  const slow = { ...document, status: 'complete' as const, overlay, findings: [throttled] };
  expect(answer(slow)).toBe('255 MiB where 236 were predicted, +19.0 MiB; no cause stands out.');
  expect(answer({ ...slow, findings: [throttled, leak] })).toContain(': a leak of 3.81 MiB a step');
  const unpredicted = { ...overlay, predictedPeak: { textbook: null, refined: null } };
  expect(
    answer({ ...slow, overlay: { ...unpredicted, residualBytes: null } as typeof overlay }),
  ).toBe('255 MiB at the peak. The clocks were held back.');
});

test('of a run too short to tell what grows nothing is said to be steady', () => {
  const predictedPeak = { textbook: null, refined: null };
  const plain = { ...document, status: 'complete' as const, objects: undefined, findings: [] };
  const unpredicted = { ...plain, overlay: { ...overlay, predictedPeak, observed: undefined } };
  const tell = (durationUs: number, count = 300) =>
    noFindings({ ...unpredicted, durationUs, series: [{ id: overlay.series, count }] } as never);
  expect(tell(6e6)).toMatch(/6\.00 s is too short to tell memory that grows/);
  expect(tell(60e6)).toContain('no line goes on growing');
  expect(tell(60e6)).not.toContain('left alone');
  // What a workload holds of a device is derived from what is read of all of it.
  const derived = { ...unpredicted.overlay, series: 'gpu0.workload.memory' };
  const read = [{ id: 'gpu0.memory.used', count: 300 }];
  expect(
    noFindings({ ...unpredicted, overlay: derived, durationUs: 60e6, series: read } as never),
  ).toContain('no line goes on growing');
  expect(tell(21e6, 20)).toMatch(
    /20 readings are too few to tell .*: --interval 210 takes a hundred/,
  );
  const workload = { ...document.workload, terms: { instrument: 'none' as const } };
  expect(noFindings({ ...unpredicted, workload } as never)).toContain('was left alone');
});

test('why its own steps let one expect nothing is told: too few of them, too few readings, or inputs of many shapes', () => {
  const row = (step: number, us: number, measured: number | null) => ({
    ...overlay.phases[0]!,
    step,
    rank: 0,
    inferred: false,
    span: [step * us, step * us + us],
    measured,
  });
  const tell = (
    steps: number,
    us: number,
    isRead: (step: number) => boolean,
    stepOf: (i: number) => number | null = (i) => i,
  ) =>
    noFindings({
      ...document,
      status: 'complete',
      objects: {},
      overlay: {
        ...overlay,
        predictedPeak: { textbook: null, refined: null },
        observed: undefined,
        measuredPeak: { bytes: MiB, at: 0, intervalUs: 100_000 },
        phases: Array.from({ length: steps }, (_, i) => ({
          ...row(i, us, isRead(i) ? MiB : null),
          step: stepOf(i),
        })),
      },
    } as never);
  // Passes that belong to no step, as a policy asked for each action, are not called steps.
  expect(
    tell(
      159,
      200,
      () => false,
      (i) => (i === 9 ? 0 : null),
    ),
  ).toContain('read in 0 of its 159 load phases');
  expect(tell(3, 1e6, () => true)).toContain('it took 3 steps: the first 4 are');
  expect(tell(40, 30_000, (i) => i % 20 === 0)).toContain(
    'read in 2 of its 40 steps, which last 30.0 ms each: --interval 10 reads it in every one',
  );
  expect(tell(4000, 800, () => false)).toContain('read in 0 of its 4,000 steps, which last 800 µs');
  expect(tell(4000, 800, () => false)).not.toContain('--interval');
  expect(tell(40, 1e6, () => true)).toContain('inputs differ too much in shape');
});

test('a run that ended before it was read is told how to be read, and a log that holds no memory is not', () => {
  const predictedPeak = { textbook: null, refined: null };
  const unread = { ...overlay, series: null, predictedPeak, observed: undefined };
  const plain = { ...document, status: 'complete' as const, objects: undefined, overlay: unread };
  const kind = (kind: string) => ({ ...document.workload, kind });
  const tell = (durationUs: number, workload: object) =>
    noFindings({ ...plain, durationUs, workload } as never);
  expect(tell(4e5, kind('command'))).toContain('--interval 10');
  expect(tell(4e5, kind('import'))).toBe('There is nothing to compare.');
  expect(tell(4e6, kind('command'))).toBe('There is nothing to compare.');
});

test('what is not why there was more is not told as the cause of it', () => {
  const missed = { ...leak, kind: 'unexplained' as const, title: 'Missed', bytes: -300 * MiB };
  const told = (findings: (typeof leak | typeof missed)[]) =>
    answer({ ...document, status: 'complete', overlay, findings });
  expect(told([missed])).toBe('255 MiB where 236 were predicted, +19.0 MiB; no cause stands out.');
  expect(told([{ ...missed, bytes: 19 * MiB, title: 'More was there' }])).toContain(
    ': more was there',
  );
});

test('a failure is told first, with its cause where one is known', () => {
  const failed = { ...document, status: 'failed' as const, exitCode: 3, overlay, findings: [leak] };
  expect(answer(failed)).toBe(
    'Failed with exit code 3. 255 MiB where 236 were predicted: a leak of 3.81 MiB a step since step 2.',
  );
  const oom = { ...leak, kind: 'out_of_memory' as const, title: 'The workload ran out of memory' };
  expect(answer({ ...failed, signal: 'SIGKILL', findings: [oom] })).toMatch(
    /^Failed, signal SIGKILL: the workload ran out of memory\. /,
  );
});

test('a failed run never agrees, and its cause is said once', () => {
  const exact = { ...overlay, residualBytes: 0 } as typeof overlay;
  const failed = { ...document, status: 'failed' as const, exitCode: 1, overlay: exact };
  const oom = { ...leak, kind: 'out_of_memory' as const, title: 'The workload ran out of memory' };
  expect(answer({ ...failed, findings: [oom] })).toBe(
    'Failed with exit code 1: the workload ran out of memory. Until then 255 MiB where 236 were predicted.',
  );
  const unexplained = { ...leak, kind: 'unexplained' as const };
  expect(answer({ ...failed, findings: [oom, unexplained] })).toBe(
    answer({ ...failed, findings: [oom] }),
  );
  for (const words of [answer({ ...failed, findings: [] }), headline(failed), noFindings(failed)])
    expect(words).not.toMatch(/agree|as predicted|no divergence/i);
});

test('units that differ are both said, and agreement to the byte is said as such', () => {
  const small = {
    ...overlay,
    predictedPeak: { textbook: null, refined: 900 * 1024 },
  } as typeof overlay;
  expect(answer({ ...document, status: 'complete', overlay: small, findings: [leak] })).toContain(
    '255 MiB where 900 KiB were predicted',
  );
  const exact = { ...overlay, residualBytes: 0 } as typeof overlay;
  expect(answer({ ...document, status: 'complete', overlay: exact, findings: [] })).toBe(
    '255 MiB, as predicted to the byte.',
  );
});

test('what is not measured yet is not told as never measured', () => {
  const unread = { ...overlay, measuredPeak: null, residualBytes: null } as typeof overlay;
  const tell = (status: 'recording' | 'complete') =>
    answer({ ...document, status, overlay: unread, findings: [] });
  expect(tell('recording')).toMatch(/^No memory is measured yet; .* are predicted at the peak\.$/);
  const toldTensors = /^It ended before it made a tensor; .* were predicted\.$/;
  expect(tell('complete')).toMatch(toldTensors);
  const unmeasured = { ...document, status: 'complete', overlay: unread, findings: [] } as const;
  expect(answer({ ...unmeasured, series: [] })).toMatch(
    /^No memory was measured; .* were predicted\.$/,
  );
});

test('what only may be is told after what is, and as what may be', () => {
  const doubtful = {
    ...leak,
    kind: 'retained' as const,
    confidence: 'low' as const,
    title: 'Memory stays after the last step',
  };
  const tell = (...findings: (typeof document.findings)[number][]) =>
    answer({ ...document, status: 'complete', overlay, findings });
  expect(tell(doubtful, leak)).toMatch(/predicted: a leak of /);
  expect(tell(doubtful)).toMatch(/predicted: perhaps memory stays after the last step\.$/);
});

test('that a script ran on the CPU of a machine with a GPU is said, and of one without it is no matter', () => {
  const { environment } = document;
  const on = (device: string | undefined, gpus: typeof environment.gpus) =>
    whyNoGpu({
      ...document,
      overlay,
      environment: { ...environment, gpus, workload: { ...environment.workload, device } },
    } as typeof document);
  const gpus = environment.gpus.slice(0, 1);
  expect(gpus).toHaveLength(1);
  expect(on('cpu', gpus)).toContain('ran on the CPU');
  expect(on('cpu', [])).toBeNull();
  expect(on(undefined, gpus)).toBeNull();
});

test('host memory beside the budget of a GPU is told as neither too much nor too little', () => {
  const host = {
    ...overlay,
    series: 'tree.rss',
    hostBesideGpu: true,
    residualBytes: null,
    residualPercent: null,
  } as typeof overlay;
  const tell = (own: Partial<typeof host>, gpus = document.environment.gpus) =>
    answer({
      ...document,
      status: 'complete',
      environment: { ...document.environment, gpus },
      overlay: { ...host, ...own } as typeof overlay,
      findings: [],
    });
  const figures = 'Host memory peaked at 255 MiB. The 236 MiB predicted are of a GPU';
  expect(tell({}, [])).toBe(`${figures}, and none was read on this machine.`);
  expect(tell({ usedNoGpu: true })).toBe(`${figures}, and none was used.`);
  expect(tell({})).toBe(`${figures}, which this line is not of.`);
  expect(noFindings({ ...document, status: 'complete', overlay: host })).toMatch(
    /^No GPU memory was measured/,
  );
});
