import { describe, expect, it } from 'vitest';
import { checkRoom } from '../../../../src/main/engine/bundled-room';
import { Failure } from '../../../../src/shared/base/failure';
import { GiB } from '../../../../src/shared/base/units';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { RunSpec } from '../../../../src/shared/model/spec';

const model = preset('gpt2-nano');
const train = (more: Partial<RunSpec>) =>
  runDefaults(model, { mode: 'train', framework: 'tfjs', backend: 'wasm', seq: 64, ...more });
const refusal = (run: RunSpec, memory = 64 * GiB): Failure | null => {
  try {
    checkRoom(model, run, memory);
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
};

describe('a bundled run that cannot fit its backend', () => {
  it('is refused with the largest batch that would, and that one is not', () => {
    const refused = refusal(train({ batch: 1024 }));
    expect(refused).toMatchObject({ code: 'unavailable', exitCode: 3 });
    expect(refused?.message).toMatch(/WebAssembly holds at most 4 GiB/);
    const batch = Number(/--batch (\d+)/.exec(refused?.remedy ?? '')?.[1]);
    expect(refusal(train({ batch }))).toBeNull();
    expect(peakBytes(model, train({ batch }))).toBeLessThanOrEqual(4 * GiB);
    expect(peakBytes(model, train({ batch: batch + 1 }))).toBeGreaterThan(4 * GiB);
  });

  it('is held to the memory there is on the CPU, and to nothing on a GPU that is not known yet', () => {
    const [small, large] = [8 * GiB, 512 * GiB];
    expect(refusal(train({ backend: 'cpu', batch: 1024 }), small)?.message).toMatch(/8\.00 GiB/);
    expect(refusal(train({ backend: 'cpu', batch: 1024 }), large)).toBeNull();
    expect(refusal(train({ backend: 'webgpu', batch: 1024 }), small)).toBeNull();
  });

  it('says so where not one sequence fits', () => {
    expect(refusal(train({ backend: 'cpu', batch: 2 }), GiB / 64)?.remedy).toMatch(
      /Not one sequence/,
    );
  });
});
