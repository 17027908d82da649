/** Gradient accumulation and activation checkpointing in the bundled workload: the same numbers, for other memory and time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runJson, temporaryHome } from '../support/cli';
import {
  buildWorkload,
  runWorkload,
  tinyModel,
  tinyRun,
  type WorkloadResult,
} from './workload-process';

const losses = ({ stdout }: WorkloadResult): number[] =>
  [...stdout.matchAll(/loss ([\d.]+)/g)].map((match) => Number(match[1]));
const peak = ({ lines }: WorkloadResult, phase: string): number =>
  Math.max(
    ...lines
      .filter((line) => line.type === 'memory' && line.phase === phase)
      .map((line) => line.peak!),
  );
const same = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  for (const [index, loss] of a.entries()) expect(Math.abs(loss - b[index]!)).toBeLessThan(2e-4);
};

describe('checkpointing of the bundled workload', () => {
  beforeAll(buildWorkload);
  const model = tinyModel({ layers: 6 });
  const run = tinyRun({ steps: 4, seq: 16, batch: 4 });

  it.each(['full', 'every=2', 'every=4'] as const)(
    'with %s trains to the losses of plain training',
    async (checkpointing) => {
      same(
        losses(await runWorkload(model, { ...run, checkpointing })),
        losses(await runWorkload(model, run)),
      );
    },
  );

  it('trains to the same losses on cpu', async () => {
    same(
      losses(await runWorkload(model, { ...run, checkpointing: 'every=2', backend: 'cpu' })),
      losses(await runWorkload(model, run)),
    );
  });

  it('keeps less through forward, the less the more layers share a checkpoint, and learns', async () => {
    const [plain, two, three] = await Promise.all(
      (['none', 'full', 'every=3'] as const).map((checkpointing) =>
        runWorkload(model, { ...run, checkpointing, steps: 6 }),
      ),
    );
    const kept = (result: WorkloadResult): number =>
      result.lines.find((line) => line.type === 'memory' && line.phase === 'forward')!.components!
        .activations!;
    expect(kept(two!)).toBeLessThan(kept(plain!) / 4);
    expect(kept(three!)).toBeLessThan(kept(two!));
    expect(peak(two!, 'backward')).toBeLessThan(peak(plain!, 'backward') / 2);
    expect(losses(two!).at(-1)).toBeLessThan(losses(two!)[0]!);
  });
});

describe('gradient accumulation of the bundled workload', () => {
  beforeAll(buildWorkload);

  it('trains to the losses of one batch of the same sequences', async () => {
    const whole = await runWorkload(tinyModel(), tinyRun({ batch: 4, steps: 4 }));
    const parts = await runWorkload(tinyModel(), tinyRun({ batch: 2, gradAccum: 2, steps: 4 }));
    const single = await runWorkload(tinyModel(), tinyRun({ batch: 1, gradAccum: 4, steps: 4 }));
    same(losses(parts), losses(whole));
    same(losses(single), losses(whole));
  });

  it('announces forward and backward of each micro-batch and one optimizer phase a step', async () => {
    const { lines } = await runWorkload(tinyModel(), tinyRun({ gradAccum: 2, steps: 1 }));
    expect(
      lines
        .filter((line) => line.type === 'phase' && line.event === 'begin')
        .map((line) => line.name),
    ).toEqual(['load', 'forward', 'backward', 'forward', 'backward', 'optimizer']);
  });

  it('needs less for activations than one batch of the same sequences', async () => {
    const model = tinyModel({ vocab: 211 });
    const whole = await runWorkload(model, tinyRun({ batch: 8, seq: 16, steps: 1 }));
    const parts = await runWorkload(model, tinyRun({ batch: 1, gradAccum: 8, seq: 16, steps: 1 }));
    expect(peak(parts, 'backward')).toBeLessThan(peak(whole, 'backward') / 2);
  });
});

describe('a recording of checkpointing and accumulation together', () => {
  it('shows no residual in any phase', async () => {
    const home = temporaryHome();
    try {
      const config = {
        model_type: 'gpt2',
        n_layer: 3,
        n_embd: 12,
        n_head: 3,
        vocab_size: 31,
        n_positions: 16,
        activation_function: 'gelu_new',
      };
      const path = join(home.dir, 'config.json');
      writeFileSync(path, JSON.stringify(config));
      const { document } = await runJson<SessionDocument>(
        [
          'record',
          '--bundled',
          'gpt2',
          '--model',
          path,
          '--mode',
          'train',
          '--backend',
          'wasm',
          '--seq',
          '8',
          '--steps',
          '2',
          '--grad-accum',
          '2',
          '--checkpointing',
          'every=2',
          '--data',
          'text',
        ],
        home.dir,
      );
      expect(document.overlay.phases).toHaveLength(1 + 2 * 5);
      expect(document.overlay.phases.filter(({ residualBytes }) => residualBytes !== 0)).toEqual(
        [],
      );
    } finally {
      home.dispose();
    }
  });
});
