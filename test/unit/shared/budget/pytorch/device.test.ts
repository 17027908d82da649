import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../../../../src/shared/budget/budget';
import {
  contextAssumed,
  contextBytes,
  cublasWorkspace,
  findGeneration,
} from '../../../../../src/shared/budget/pytorch/device';
import { GPUS } from '../../../../../src/shared/hardware/gpus';
import { preset } from '../../../../../src/shared/model/presets';
import { runDefaults } from '../../../../../src/shared/model/run';

/** NVIDIA's generations by compute capability, and AMD's by target. */
const BY_CAPABILITY: Readonly<Record<string, string>> = {
  '7.0': 'volta',
  '7.5': 'turing',
  '8.0': 'ampere',
  '8.6': 'ampere',
  '8.9': 'ada',
  '9.0': 'hopper',
  '10.0': 'blackwell',
  '12.0': 'blackwell',
  gfx942: 'cdna3',
};

describe('the generation of a GPU', () => {
  it.each(GPUS.map((gpu) => [gpu.name, gpu] as const))(
    'of %s is that of its compute capability, by every name it has',
    (name, gpu) => {
      for (const one of [name, ...gpu.deviceNames])
        expect(`${one}: ${findGeneration(one)}`).toBe(`${one}: ${BY_CAPABILITY[gpu.generation]}`);
    },
  );

  it.each([
    ['Quadro RTX 5000', 'turing'],
    ['NVIDIA RTX 5000 Ada Generation', 'ada'],
    ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 'blackwell'],
    ['NVIDIA GeForce RTX 2080 Ti', 'turing'],
    ['NVIDIA TITAN RTX', 'turing'],
    ['NVIDIA GeForce GTX 1660', 'turing'],
    ['NVIDIA GB200', 'blackwell'],
    ['NVIDIA RTX A6000', 'ampere'],
    ['NVIDIA GH200 480GB', 'hopper'],
    ['NVIDIA TITAN V', 'volta'],
    ['NVIDIA GeForce GTX 1080', 'unknown'],
  ])('of %s is %s', (name, generation) => {
    expect(findGeneration(name)).toBe(generation);
  });
});

describe('what a process holds besides tensors', () => {
  it('is PyTorch’s cuBLAS workspace: 8,519,680 B, 32 MiB from Hopper on, 128 MiB of hipBLAS on an MI300X', () => {
    for (const gpu of [undefined, 'V100 16GB', 'T4', 'A100 80GB', 'RTX 4090'])
      expect(cublasWorkspace(gpu)).toBe(8_519_680);
    for (const gpu of ['H100 SXM', 'B200', 'RTX 5090'])
      expect(cublasWorkspace(gpu)).toBe(33_554_432);
    expect(cublasWorkspace('MI300X')).toBe(134_217_728);
  });

  it('is a context that was measured, or one that stands in and is said to', () => {
    expect(contextBytes('RTX 3090')).toBe(256 * 2 ** 20);
    const assumed = (gpu?: string) => {
      const model = preset('llama-3-8b');
      return (
        computeBudget(model, runDefaults(model, { framework: 'pytorch', ...(gpu ? { gpu } : {}) }))
          .assumed ?? []
      );
    };
    for (const gpu of ['V100 16GB', 'RTX 3090', 'RTX 4090'])
      expect([contextAssumed(gpu), assumed(gpu)]).toEqual([false, []]);
    for (const gpu of ['T4', 'H100 SXM', 'B200', 'MI300X'])
      expect(assumed(gpu)).toEqual([expect.stringContaining(gpu)]);
    expect(assumed()).toEqual([expect.stringContaining('--gpu')]);
  });
});
