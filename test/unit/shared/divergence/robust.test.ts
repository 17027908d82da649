/** Whatever a workload announces and a driver reports, the analysis answers in words: it neither crashes nor prints NaN. */
import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../src/shared/budget/budget';
import { diagnose } from '../../../../src/shared/divergence/findings/diagnose';
import { invert } from '../../../../src/shared/divergence/inversion/inversion';
import { buildLedger } from '../../../../src/shared/divergence/ledger/ledger';
import { deriveLines } from '../../../../src/shared/divergence/overlay/lines';
import { buildOverlay } from '../../../../src/shared/divergence/overlay/overlay';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { Marker } from '../../../../src/shared/trace/types';
import { Random } from '../../../bench/divergence/random';
import { MB, series } from '../../../support/overlay-scenario';
import { phaseSpans } from '../../../support/phase-spans';

const spec = preset('gpt2');
const budgets = (['train', 'generate', 'infer'] as const).map((mode) =>
  computeBudget(spec, runDefaults(spec, { mode, framework: 'pytorch', batch: 4 })),
);
const NAMES = ['load', 'prefill', 'decode', 'forward', 'backward', 'optimizer', 'idle', 'nonsense'];

/** Markers in any order, ends without beginnings, bytes of any size; series with one sample, none, or jumps. */
function nonsense(seed: number) {
  const random = new Random(seed);
  const bytes = () => random.pick([0, 1, 512, Math.floor(random.between(0, 4000 * MB)), 2 ** 45]);
  const markers = Array.from({ length: random.integer(0, 40) }, (): Marker => {
    const base = {
      t: random.integer(0, 2_000_000),
      rank: random.integer(0, 1),
      step: random.pick([null, 0, 1, 2, 3, 7]),
    };
    const name = random.pick(NAMES);
    return random.chance(0.6)
      ? { ...base, type: 'phase', name, event: random.pick(['begin', 'end']) }
      : random.chance(0.3)
        ? { ...base, type: 'token', index: random.integer(0, 50) }
        : {
            ...base,
            type: 'memory',
            phase: random.pick([null, name]),
            memory: {
              allocated: bytes(),
              ...(random.chance(0.5)
                ? { peak: bytes(), reserved: bytes(), requested: bytes() }
                : {}),
              ...(random.chance(0.3) ? { components: { kv_cache: bytes(), params: bytes() } } : {}),
            },
          };
  });
  const ids = [
    'gpu0.memory.used',
    'gpu0.process.memory',
    'gpu0.other.memory',
    'framework.allocated',
    'framework.reserved',
    'framework.requested',
    'tree.rss',
    'gpu1.memory.used',
  ];
  const all = ids
    .filter(() => random.chance(0.6))
    .map((id) => {
      return series(
        id,
        Array.from(
          { length: random.pick([0, 1, 2, 30, 200]) },
          (_, i) => [i * 40 + random.integer(1, 40), bytes()] as const,
        ),
        random.pick([null, 10]),
      );
    });
  return {
    markers,
    all,
    budget: random.pick([null, ...budgets]),
    mustMatchExactly: random.chance(0.3),
  };
}

describe('nonsense', () => {
  it('of two hundred kinds gives an overlay, findings with finite bytes, a ledger that closes and no crash', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { markers, all, budget, mustMatchExactly } = nonsense(seed);
      const durationUs = 2_000_000;
      const { spans } = phaseSpans(markers, durationUs);
      const baselines = { 'gpu0.memory.used': 100 * MB };
      const common = {
        lines: deriveLines(all, baselines),
        markers,
        spans,
        durationUs,
        budget,
        mustMatchExactly,
      };
      const overlay = buildOverlay({ ...common, baselines, deviceBytes: { gpu0: 8000 * MB } });
      const input = { ...common, overlay, logs: [], exitCode: 0, signal: null };
      const diagnosis = diagnose(input);
      const { findings } = diagnosis;
      invert(diagnosis);
      const plain = buildLedger(input, null);
      const named = buildLedger(input, diagnosis);
      for (const one of findings) {
        expect(one.bytes === null || Number.isFinite(one.bytes), `seed ${seed}, ${one.kind}`).toBe(
          true,
        );
        expect([one.title, ...one.evidence].join(' '), `seed ${seed}`).not.toMatch(
          /NaN|undefined|Infinity/,
        );
      }
      for (const row of [
        ...[plain, named].flatMap((ledger) => (ledger ? [...ledger.phases, ledger.peak] : [])),
      ]) {
        expect(
          row.entries.reduce((sum, { bytes }) => sum + bytes, 0),
          `seed ${seed}`,
        ).toBe(row.measured);
      }
    }
  });
});
