import { describe, expect, it } from 'vitest';
import { checkAdapter, checkRoom } from '../../../../src/main/engine/bundled-room';
import { Failure } from '../../../../src/shared/base/failure';
import { GiB, MiB } from '../../../../src/shared/base/units';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { tfjsLargestBuffer } from '../../../../src/shared/budget/tfjs';
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

  it('is told what of one sequence fits, and that is so', () => {
    const told = (run: RunSpec, memory: number) => {
      const remedy = refusal(run, memory)?.remedy ?? '';
      expect(remedy).toMatch(/Not one sequence fits as it is: use --batch 1/);
      const seq = Number(/--seq (\d+)/.exec(remedy)?.[1] ?? run.seq);
      const optimizer = /--optimizer (momentum|sgd)/.exec(remedy)?.[1] as RunSpec['optimizer'];
      const checkpointing = remedy.includes('--checkpointing full') ? 'full' : run.checkpointing;
      return { ...run, batch: 1, seq, checkpointing, optimizer: optimizer ?? run.optimizer };
    };
    const asked = train({ backend: 'cpu', batch: 2 });
    for (const megabytes of [10, 16, 20]) {
      const one = told(asked, megabytes * MiB);
      expect(refusal(one, megabytes * MiB)).toBeNull();
      if (one.seq < asked.seq)
        expect(refusal({ ...one, seq: one.seq + 1 }, megabytes * MiB)).not.toBeNull();
    }
    expect(refusal(asked, 1 * MiB)?.remedy).toMatch(/choose a smaller model/);
  });

  it('is sent to no backend that cannot hold it either', () => {
    const large = train({ batch: 1024 });
    expect(refusal(large, 64 * GiB)?.remedy).toContain('--backend cpu or webgpu');
    expect(refusal(large, 5 * GiB)?.remedy).toContain('--backend webgpu');
  });

  describe('on WebGPU', () => {
    const adapter = (largestBuffer: number) => async () =>
      ({ backend: 'webgpu', adapter: 'an adapter', largestBuffer }) as const;
    const large = train({ backend: 'webgpu', batch: 1024 });

    it('is held to the largest buffer of the adapter: the logits, a number a token and word', async () => {
      const logits = 4 * large.batch * large.seq * model.vocab;
      expect(tfjsLargestBuffer(model, large)).toBe(logits);
      const refused = checkAdapter(model, large, adapter(logits - 1));
      await expect(refused).rejects.toMatchObject({
        code: 'unavailable',
        remedy: expect.stringContaining('--batch 1023,'),
      });
      await checkAdapter(model, large, adapter(logits));
      await expect(checkAdapter(model, large, adapter(1 * MiB))).rejects.toMatchObject({
        remedy: expect.stringContaining('--batch 4,'),
      });
    });

    it('is not asked of the adapter where every adapter holds it', async () => {
      const small = train({ backend: 'webgpu', batch: 4 });
      await checkAdapter(model, small, () => Promise.reject(new Error('was asked')));
    });

    it('is held to what the backend holds that is taken where none was asked for', async () => {
      const open = { ...large, backend: null };
      const wasm = async () => ({ backend: 'wasm', adapter: null, largestBuffer: null }) as const;
      await expect(checkAdapter(model, open, wasm)).rejects.toThrow(/WebAssembly holds at most/);
    });
  });
});
