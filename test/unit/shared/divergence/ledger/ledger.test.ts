/** The ledger closes: whatever the sources say, entries add up to the measured bytes. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../../../src/shared/divergence/findings/diagnose';
import { buildLedger } from '../../../../../src/shared/divergence/ledger/ledger';
import { deriveLines } from '../../../../../src/shared/divergence/overlay/lines';
import type { LedgerRow } from '../../../../../src/shared/divergence/overlay/types';
import {
  budgetWith,
  MB,
  overlayOf,
  overlayWithLedger,
  phase,
  series,
  training,
} from '../../../../support/overlay-scenario';
import { phaseSpans } from '../../../../support/phase-spans';

const sum = ({ entries }: LedgerRow) => entries.reduce((total, { bytes }) => total + bytes, 0);
const of = (row: LedgerRow, kind: string) =>
  row.entries.filter((one) => one.kind === kind).reduce((total, { bytes }) => total + bytes, 0);
const flat = (value: number) => Array.from({ length: 11 }, (_, i) => [i * 100, value] as const);

describe('the ledger', () => {
  it('is the prediction alone where framework bytes equal it', () => {
    const { ledger, phases } = overlayWithLedger({ ...training(3), mustMatchExactly: true });
    expect(ledger!.phases).toHaveLength(phases.length);
    for (const row of ledger!.phases) {
      expect(row.entries.every(({ kind }) => kind === 'predicted')).toBe(true);
      expect(sum(row)).toBe(row.measured);
    }
    expect(ledger!.peak.entries.map(({ component, bytes }) => [component, bytes / MB])).toEqual([
      ['params', 100],
      ['gradients', 100],
      ['adam_m', 100],
      ['adam_v', 100],
      ['activations', 50],
    ]);
  });

  it('calls what no source counts unexplained, to the byte', () => {
    const { ledger } = overlayWithLedger({ ...training(3, 4096), mustMatchExactly: true });
    for (const row of ledger!.phases) expect(sum(row)).toBe(row.measured);
    const last = ledger!.phases.at(-1)!;
    expect([last.phase, last.step, of(last, 'unexplained')]).toEqual(['optimizer', 3, 2 * 4096]);
  });

  it('splits a device’s line into tensors, rounding, cached blocks, fragments, context, other processes and the rest', () => {
    const budget = budgetWith(
      [
        [
          'forward',
          null,
          null,
          { params: 600 * MB, context: 400 * MB, reserve: 20 * MB },
          { params: 600 * MB, context: 400 * MB, reserve: 20 * MB },
        ],
      ],
      { framework: 'pytorch' },
    );
    const all = [
      // 1000 others and idle before launch; reserved 900, of which 650 live, 700 at most ever; context 300; others +50; 7 left.
      series('gpu0.memory.used', flat((1000 + 900 + 300 + 50 + 7) * MB)),
      series('gpu0.process.memory', flat(1200 * MB)),
      series('gpu0.other.memory', [
        [0, 500 * MB],
        [50, 550 * MB],
      ]),
      series(
        'framework.requested',
        [
          [0, 600 * MB],
          [20, 600 * MB],
          [40, 600 * MB],
          [1000, 600 * MB],
        ],
        null,
      ),
      series(
        'framework.allocated',
        [
          [0, 650 * MB],
          [20, 700 * MB],
          [40, 650 * MB],
          [1000, 650 * MB],
        ],
        null,
      ),
      series(
        'framework.reserved',
        [
          [0, 900 * MB],
          [1000, 900 * MB],
        ],
        null,
      ),
    ];
    const overlay = overlayWithLedger({
      budget,
      series: all,
      markers: phase('forward', 1, 60, 1000),
      baselines: { 'gpu0.memory.used': 1000 * MB },
      use: 'gpu0.memory.used',
    });
    const [row] = overlay.ledger!.phases;
    expect(sum(row!)).toBe(row!.measured);
    const parts = [
      'predicted',
      'allocator_rounding',
      'allocator_reserve',
      'fragmentation',
      'context',
      'other_process',
      'unexplained',
    ].map((kind) => of(row!, kind) / MB);
    expect(parts).toEqual([600, 50, 50, 200, 300, 50, 7]);
  });

  it('holds the framework’s own line against what a framework counts, without reserve and context', () => {
    const parts = { params: 600 * MB, context: 400 * MB, reserve: 20 * MB };
    const budget = budgetWith([['forward', 1, 1, parts, parts]], { framework: 'pytorch' });
    const overlay = overlayWithLedger({
      budget,
      markers: phase('forward', 1, 0, 900, { allocated: 600 * MB }),
      series: [series('framework.allocated', [[900, 600 * MB]], null)],
    });
    expect(overlay.residualBytes).toBe(0);
    expect(overlay.phases[0]).toMatchObject({ residualBytes: 0, flagged: false });
    expect(overlay.ledger!.peak.entries.map(({ component }) => component)).toEqual(['params']);
  });

  it('names a pool that was taken at once and kept', () => {
    const budget = budgetWith([
      ['decode', null, null, { params: 1000 * MB }, { params: 1000 * MB }],
    ]);
    const points = Array.from(
      { length: 60 },
      (_, i) => [i * 100, i < 5 ? 300 * MB : 20_000 * MB] as const,
    );
    const overlay = overlayWithLedger({
      budget,
      series: [series('gpu0.memory.used', points)],
      durationUs: 6_000_000,
      deviceBytes: { gpu0: 24_000 * MB },
    });
    expect(of(overlay.ledger!.peak, 'preallocated_pool')).toBe(19_000 * MB);
    expect(sum(overlay.ledger!.peak)).toBe(overlay.measuredPeak!.bytes);
  });

  it('is left out where nothing was predicted or nothing measured', () => {
    expect(overlayWithLedger({ ...training(2), budget: null }).ledger).toBeUndefined();
    expect(overlayWithLedger({ ...training(2), series: [] }).ledger).toBeUndefined();
  });
});

describe('what findings name', () => {
  it('leaves the unexplained, and every row still adds up', () => {
    const session = training(6, 3 * MB);
    const { spans } = phaseSpans(session.markers, session.durationUs);
    const common = { ...session, spans, mustMatchExactly: true };
    const input = {
      ...common,
      lines: deriveLines(session.series, {}),
      overlay: overlayOf(common),
      logs: [],
      exitCode: 0,
      signal: null,
    };
    const ledger = buildLedger(input, diagnose(input))!;
    for (const row of [...ledger.phases, ledger.peak]) {
      expect(sum(row)).toBe(row.measured);
      expect(of(row, 'unexplained')).toBe(0);
    }
    expect(
      of(ledger.phases.find(({ phase, step }) => phase === 'optimizer' && step === 5)!, 'leak'),
    ).toBe(4 * 3 * MB);
    expect(
      of(ledger.phases.find(({ phase, step }) => phase === 'forward' && step === 1)!, 'leak'),
    ).toBe(0);
  });
});
