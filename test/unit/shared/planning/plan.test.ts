import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addSpecOptions, resolveSpec } from '../../../../src/main/hosts/cli/options/spec-options';
import { peakBytes } from '../../../../src/shared/budget/peak';
import { rankCount } from '../../../../src/shared/budget/sharding/shard';
import { GPUS } from '../../../../src/shared/hardware/gpus';
import { preset } from '../../../../src/shared/model/presets';
import { runDefaults } from '../../../../src/shared/model/run';
import type { ModelSpec, RunSpec } from '../../../../src/shared/model/spec';
import { checkRun } from '../../../../src/shared/model/validate';
import { changesThatFit } from '../../../../src/shared/planning/changes';
import {
  fitsOn,
  largestBatch,
  largestThat,
  longestContext,
} from '../../../../src/shared/planning/fits';
import { fewestGpus } from '../../../../src/shared/planning/gpu-layouts';
import { buildPlan } from '../../../../src/shared/planning/plan';

const GiB = 2 ** 30;
const gpt2 = preset('gpt2');
const llama = preset('llama-2-7b');
const train = (given: Partial<RunSpec> = {}) =>
  runDefaults(gpt2, { framework: 'pytorch', mode: 'train', seq: 1024, ...given });

describe('the largest value that holds', () => {
  it.each([0, 1, 2, 3, 7, 8, 1000, 1024])('is found where it is %d', (limit) => {
    expect(largestThat((value) => value <= limit)).toBe(limit);
  });
  it('stops at the bound', () => {
    expect(largestThat(() => true, 300)).toBe(300);
  });
});

describe('the largest batch', () => {
  it('fits, and one sequence more does not', () => {
    for (const memory of [8 * GiB, 24 * GiB, 80 * GiB]) {
      const batch = largestBatch(gpt2, train(), memory);
      expect(batch).toBeGreaterThan(0);
      expect(peakBytes(gpt2, train({ batch }))).toBeLessThanOrEqual(memory);
      expect(peakBytes(gpt2, train({ batch: batch + 1 }))).toBeGreaterThan(memory);
    }
  });

  it('is 0 where not one sequence fits', () => {
    expect(
      largestBatch(llama, runDefaults(llama, { framework: 'pytorch', mode: 'train' }), 24 * GiB),
    ).toBe(0);
  });
});

describe('the longest context', () => {
  it('fits, and one token more does not', () => {
    const run = runDefaults(llama, {
      framework: 'pytorch',
      mode: 'generate',
      precision: 'bf16',
      tokens: 16,
      batch: 16,
      attention: 'sdpa',
    });
    const longest = longestContext(llama, run, 24 * GiB);
    const at = (seq: number) => peakBytes(llama, { ...run, promptTokens: seq - 16, seq });
    expect(at(longest)).toBeLessThanOrEqual(24 * GiB);
    expect(at(longest + 1)).toBeGreaterThan(24 * GiB);
  });

  it('has fewer new tokens where not even those asked for fit', () => {
    const long = preset('llama-3.1-8b');
    const run = runDefaults(long, { mode: 'generate', promptTokens: 16, tokens: 131_056 });
    const longest = longestContext(long, run, 24 * GiB);
    const at = (seq: number) => peakBytes(long, { ...run, promptTokens: 1, tokens: seq - 1, seq });
    expect(longest).toBeGreaterThan(1024);
    expect(at(longest)).toBeLessThanOrEqual(24 * GiB);
    expect(at(longest + 1)).toBeGreaterThan(24 * GiB);
    expect(longestContext(long, run, GiB)).toBe(0);
  });

  it('is at most the positions of the model', () => {
    expect(longestContext(gpt2, train(), 10_000 * GiB)).toBe(1024);
  });
});

describe('a catalogue of GPUs', () => {
  it('is answered one by one, headroom being memory less peak', () => {
    const run = train({ batch: 8 });
    for (const fit of fitsOn(gpt2, run, GPUS)) {
      expect(fit.fits).toBe(fit.headroomBytes >= 0);
      expect(fit.memoryBytes - fit.headroomBytes).toBe(peakBytes(gpt2, { ...run, gpu: fit.gpu }));
      expect(fit.fits).toBe(fit.maxBatch >= 8);
    }
  });

  it('also answers the bundled workload, which knows no context', () => {
    const nano = preset('gpt2-nano');
    const [fit] = fitsOn(nano, runDefaults(nano, { mode: 'infer' }), [
      { name: 'a', memoryBytes: GiB },
    ]);
    expect(fit).toMatchObject({ gpu: 'a', fits: true });
    expect(fit!.maxBatch).toBeGreaterThan(1);
  });
});

describe('what makes a run fit', () => {
  const memory = 24 * GiB;
  const run = runDefaults(llama, {
    framework: 'pytorch',
    mode: 'train',
    batch: 4,
    seq: 2048,
    attention: 'eager',
  });

  it('is valid, fits, and comes cheapest first', () => {
    const changes = changesThatFit(llama, run, memory);
    expect(changes.length).toBeGreaterThan(0);
    for (const change of changes) {
      expect(() => checkRun(llama, change.run)).not.toThrow();
      expect(peakBytes(llama, change.run)).toBe(change.peakBytes);
      expect(change.peakBytes).toBeLessThanOrEqual(memory);
      expect(change.savedBytes).toBe(peakBytes(llama, run) - change.peakBytes);
    }
    expect(changes.map(({ cost }) => cost)).toEqual(
      changes.map(({ cost }) => cost).sort((a, b) => a - b),
    );
  });

  it('is nothing where the run fits already', () => {
    expect(changesThatFit(gpt2, train(), 80 * GiB)).toEqual([]);
  });

  it('can be free: attention that stores no scores', () => {
    const eager = train({ batch: 8, attention: 'eager' });
    const [first] = changesThatFit(gpt2, eager, peakBytes(gpt2, eager) - GiB);
    expect(first).toMatchObject({ options: ['--attention sdpa'], cost: 0 });
  });

  it('can be weights of one byte where the card multiplies such, and nowhere else', () => {
    const offers = (gpu: string) => {
      const serving = runDefaults(llama, { framework: 'pytorch', mode: 'serve', gpu });
      const changes = changesThatFit(llama, serving, 0.75 * peakBytes(llama, serving));
      return changes.some(({ options }) => options.includes('--precision fp8'));
    };
    for (const { name, peak } of GPUS)
      expect([name, offers(name)]).toEqual([name, peak.fp8 !== null]);
  });

  it('can be more GPUs, no fewer of which would do', () => {
    const found = fewestGpus(
      llama,
      { ...run, batch: 1, attention: 'sdpa', precision: 'mixed-bf16' },
      80 * GiB,
    )!;
    expect(found.gpus).toBeGreaterThan(1);
    expect(found.peakBytes).toBeLessThanOrEqual(80 * GiB);
    expect(() => checkRun(llama, found.run)).not.toThrow();
    expect(fewestGpus(gpt2, train(), 80 * GiB)).toMatchObject({ gpus: 1, options: [] });
  });
});

/** The model and run that options mean. */
function typed(args: readonly string[]) {
  const command = addSpecOptions(new Command()).exitOverride();
  command.parse([...args], { from: 'user' });
  return resolveSpec(command.opts(), { model: 'gpt2', framework: 'pytorch' });
}

describe('half precision', () => {
  const bert = preset('bert-base');
  const options = (gpu: string, given: Partial<RunSpec>) => {
    const card = GPUS.find(({ name }) => name === gpu)!;
    const run = runDefaults(bert, { framework: 'pytorch', gpu, ...given });
    return changesThatFit(bert, run, card.memoryBytes, card).flatMap((each) => each.options);
  };

  it('is fp16 on a card without arithmetic in bf16, and then under autocast alone where it trains', () => {
    const training = { mode: 'train', batch: 64, seq: 512 } as const;
    const onT4 = options('T4', training);
    expect(onT4).toContain('--precision mixed-fp16');
    expect(onT4.join(' ')).not.toMatch(/bf16|--precision fp16/);
    expect(options('RTX 3060', training)).toContain('--precision mixed-bf16');
    const inferring = { mode: 'infer', batch: 1200, seq: 512 } as const;
    expect(options('T4', inferring)).toContain('--precision fp16');
  });
});

describe('the options a plan prints', () => {
  it.each([
    [24, ['--model', 'llama-2-7b', '--mode', 'train', '--batch', '4', '--seq', '2048']],
    [
      40,
      [
        '--model',
        'llama-2-7b',
        '--mode',
        'train',
        '--batch',
        '2',
        '--seq',
        '2048',
        '--precision',
        'mixed-bf16',
        '--attention',
        'sdpa',
      ],
    ],
    [
      12,
      [
        '--model',
        'llama-2-7b',
        '--mode',
        'train',
        '--batch',
        '1',
        '--seq',
        '1024',
        '--precision',
        'mixed-bf16',
      ],
    ],
    [
      16,
      [
        '--model',
        'llama-2-13b',
        '--mode',
        'generate',
        '--batch',
        '8',
        '--prompt-tokens',
        '900',
        '--tokens',
        '100',
      ],
    ],
    [6, ['--model', 'gpt2-xl', '--mode', 'infer', '--batch', '16', '--seq', '1024']],
  ] as const)(
    'do within %d GiB what is promised when they are typed in, and not one of them less does',
    async (gib, base) => {
      const { model, run } = await typed(base);
      const changes = changesThatFit(model, run, gib * GiB);
      expect(changes.length).toBeGreaterThan(0);
      for (const { options, peakBytes: promised } of changes) {
        const words = options.map((option) => option.split(' '));
        expect(
          peakBytes(model, (await typed([...base, ...words.flat()])).run),
          options.join(' '),
        ).toBe(promised);
        for (const left of words) {
          const fewer = words.filter((word) => word !== left).flat();
          expect(
            peakBytes(model, (await typed([...base, ...fewer])).run),
            `${options.join(' ')} without ${left.join(' ')}`,
          ).toBeGreaterThan(gib * GiB);
        }
      }
    },
  );
});

describe('a command without a mode', () => {
  it.each([
    ['train', ['--lora-rank', '8']],
    ['train', ['--seq', '64', '--zero', '3', '--dp', '2']],
    ['serve', ['--engine', 'sglang']],
    ['generate', ['--kv-cache', 'off']],
    ['train', ['--dp', '8']],
    ['train', ['--tp', '2', '--pp', '2', '--micro-batches', '8']],
    // Settings of one mode alone decide before those of several.
    ['generate', ['--dp', '2', '--kv-cache', 'on']],
    // A sequence length means something in several: the model's own default stands.
    ['generate', ['--seq', '64']],
  ] as const)('has %s where that is what everything typed is about', async (mode, options) => {
    const { run } = await typed(['--model', 'llama-3-8b', ...options]);
    expect(run.mode).toBe(mode);
  });
});

describe('the fewest GPUs', () => {
  // Every layout there is over fewer ranks, by brute force: ZeRO stages, tensor and pipeline ranks, alone and together.
  function fitsOver(model: typeof gpt2, given: RunSpec, gpus: number, memory: number): boolean {
    for (let tp = 1; tp <= gpus; tp++) {
      if (gpus % tp !== 0) continue;
      for (let pp = 1; pp <= gpus / tp; pp++) {
        if ((gpus / tp) % pp !== 0) continue;
        const dp = gpus / tp / pp;
        for (const zero of [0, 1, 2, 3] as const) {
          const laid: RunSpec = {
            ...given,
            tp,
            pp,
            dp,
            zero,
            ...(pp > 1 ? { microBatches: 4 * pp } : {}),
          };
          try {
            checkRun(model, laid);
          } catch {
            continue;
          }
          if (
            tp <= 8 &&
            dp > 1 === zero > 0 &&
            (dp === 1 || (tp === 1 && pp === 1)) &&
            peakBytes(model, laid) <= memory
          )
            return true;
        }
      }
    }
    return false;
  }

  it.each([
    ['gpt2', 3, { batch: 4, seq: 512 }],
    ['gpt2-xl', 20, { batch: 1, seq: 512 }],
    ['llama-2-7b', 40, { batch: 1, seq: 1024, precision: 'mixed-bf16', attention: 'sdpa' }],
  ] as const)('of %s with %d GiB each are no more than brute force finds', (name, gib, given) => {
    const model = preset(name);
    const run = runDefaults(model, { framework: 'pytorch', mode: 'train', ...given });
    const found = fewestGpus(model, run, gib * GiB)!;
    expect(found.gpus).toBeGreaterThan(1);
    expect(found.peakBytes).toBeLessThanOrEqual(gib * GiB);
    expect(() => checkRun(model, found.run)).not.toThrow();
    expect((found.run.dp ?? 1) * (found.run.tp ?? 1) * (found.run.pp ?? 1)).toBe(found.gpus);
    for (let gpus = 1; gpus < found.gpus; gpus++)
      expect(fitsOver(model, run, gpus, gib * GiB), `${gpus} GPUs`).toBe(false);
  });
});

describe('a long sequence', () => {
  const llama31 = preset('llama-3.1-8b');
  const run = runDefaults(llama31, {
    framework: 'pytorch',
    mode: 'train',
    seq: 131_072,
    zero: 3,
    dp: 8,
    checkpointing: 'full',
  });

  it('is shared over the ranks there are', () => {
    const change = changesThatFit(llama31, run, 80 * GiB).find(({ options }) =>
      options.includes('--dp 1 --cp 8'),
    )!;
    expect(rankCount(change.run)).toBe(rankCount(run));
    // An eighth of the activations, of which alone there is more than the rest.
    expect(change.peakBytes).toBeLessThan(peakBytes(llama31, run) / 4);
  });

  it('is laid out over ranks that share it, whatever layout it came with', () => {
    const found = fewestGpus(llama31, { ...run, shardGroup: 4 }, 80 * GiB)!;
    expect(found.options).toContain(`--cp ${found.gpus}`);
    expect(rankCount(found.run)).toBe(found.gpus);
    expect(() => checkRun(llama31, found.run)).not.toThrow();
  });
});

describe('the largest batch and the longest context, by brute force', () => {
  it('are those of trying one after the other', () => {
    const nano = preset('gpt2-nano');
    for (const mode of ['train', 'infer', 'generate'] as const) {
      const run = runDefaults(nano, {
        framework: 'pytorch',
        mode,
        gpu: 'T4',
        ...(mode === 'generate' ? { promptTokens: 64, tokens: 64 } : { seq: 128 }),
      });
      const memory = peakBytes(nano, { ...run, batch: 37 });
      let batch = 0;
      while (peakBytes(nano, { ...run, batch: batch + 1 }) <= memory) batch++;
      expect(largestBatch(nano, run, memory)).toBe(batch);
      const lengths = Array.from({ length: nano.maxPositions - run.tokens }, (_, i) => i + 1);
      const at = (length: number) =>
        peakBytes(
          nano,
          mode === 'generate'
            ? { ...run, batch: 37, promptTokens: length, seq: length + run.tokens }
            : { ...run, batch: 37, seq: length },
        );
      const longest = Math.max(...lengths.filter((length) => at(length) <= memory));
      expect(longestContext(nano, { ...run, batch: 37 }, memory)).toBe(
        longest + (mode === 'generate' ? run.tokens : 0),
      );
    }
  });
});

describe('a plan', () => {
  it("tells every change's cost in time, a sequence for a sequence", () => {
    const gpu = GPUS.find(({ name }) => name === 'A100 80GB')!;
    const { gpu: planned } = buildPlan(
      llama,
      runDefaults(llama, {
        framework: 'pytorch',
        mode: 'train',
        batch: 4,
        seq: 2048,
        precision: 'mixed-bf16',
      }),
      GPUS,
      gpu,
    );
    expect(planned!.seconds).toBeGreaterThan(0);
    expect(planned!.changes.length).toBeGreaterThan(0);
    for (const { options, timeRatio, run } of planned!.changes) {
      expect(timeRatio, options.join(' ')).toBeGreaterThan(0.4);
      expect(timeRatio, options.join(' ')).toBeLessThan(2);
      if (run.checkpointing === 'full' && run.loraRank === undefined && run.attention === 'eager')
        expect(timeRatio).toBeGreaterThan(1.2);
    }
  });

  it('names the smallest GPU that does, and answers for the one asked for', () => {
    const plan = buildPlan(
      llama,
      runDefaults(llama, { framework: 'pytorch', mode: 'generate', precision: 'bf16' }),
      GPUS,
      GPUS.find(({ name }) => name === 'T4')!,
    );
    expect(plan.gpu).toMatchObject({ gpu: 'T4', fits: expect.any(Boolean) });
    const holding = plan.fits.filter(({ fits }) => fits);
    expect(holding.find(({ gpu }) => gpu === plan.smallest)!.memoryBytes).toBe(
      Math.min(...holding.map(({ memoryBytes }) => memoryBytes)),
    );
  });
});

describe('the fit on each GPU', () => {
  const gpus = [...GPUS, { name: 'tiny', memoryBytes: GiB / 2 }];
  const llama8 = preset('llama-3-8b');
  const runs: readonly (readonly [string, ModelSpec, RunSpec])[] = [
    ['training', gpt2, train({ batch: 4 })],
    [
      'training with everything recomputed',
      gpt2,
      train({ batch: 32, checkpointing: 'full', precision: 'mixed-bf16', attention: 'sdpa' }),
    ],
    [
      'generation',
      llama8,
      runDefaults(llama8, {
        framework: 'pytorch',
        mode: 'generate',
        precision: 'bf16',
        promptTokens: 512,
        tokens: 64,
        batch: 8,
        attention: 'sdpa',
      }),
    ],
    [
      'generation in 4 bits',
      llama8,
      runDefaults(llama8, {
        framework: 'pytorch',
        mode: 'generate',
        precision: 'int4',
        promptTokens: 512,
        tokens: 64,
        batch: 8,
        attention: 'sdpa',
      }),
    ],
    [
      'a rank of ZeRO-3',
      llama8,
      runDefaults(llama8, {
        framework: 'pytorch',
        mode: 'train',
        precision: 'mixed-bf16',
        seq: 1024,
        zero: 3,
        dp: 8,
        attention: 'flash',
      }),
    ],
    [
      'a rank of a pipeline',
      llama8,
      runDefaults(llama8, {
        framework: 'pytorch',
        mode: 'train',
        precision: 'bf16',
        seq: 1024,
        pp: 4,
        tp: 2,
        microBatches: 8,
        attention: 'flash',
        checkpointing: 'full',
      }),
    ],
    [
      'an encoder-decoder',
      preset('t5-base'),
      runDefaults(preset('t5-base'), {
        framework: 'pytorch',
        mode: 'generate',
        promptTokens: 512,
        tokens: 64,
        batch: 16,
      }),
    ],
  ];

  it.each(runs)(
    'of %s says the same by headroom and by largest batch, exactly at the edge',
    (_, model, run) => {
      for (const { gpu, memoryBytes, fits, headroomBytes, maxBatch } of fitsOn(model, run, gpus)) {
        expect(fits).toBe(headroomBytes >= 0);
        expect(fits).toBe(maxBatch >= run.batch);
        const at = (batch: number) => peakBytes(model, { ...run, gpu, batch });
        expect(headroomBytes).toBe(memoryBytes - at(run.batch));
        if (maxBatch > 0) expect(at(maxBatch)).toBeLessThanOrEqual(memoryBytes);
        expect(at(maxBatch + 1)).toBeGreaterThan(memoryBytes);
      }
    },
  );

  it.each(runs)(
    'of %s allows no smaller batch where memory is larger, and fits exactly what it needs',
    (_, model, run) => {
      const sizes = [1, 2, 6, 12, 24, 48, 96, 192].map((size) => ({
        name: 'RTX 4090',
        memoryBytes: size * GiB,
      }));
      const batches = fitsOn(model, run, sizes).map(({ maxBatch }) => maxBatch);
      expect(batches).toEqual([...batches].sort((a, b) => a - b));
      const peak = peakBytes(model, { ...run, gpu: 'RTX 4090' });
      expect(
        fitsOn(model, run, [
          { name: 'RTX 4090', memoryBytes: peak },
          { name: 'RTX 4090', memoryBytes: peak - 1 },
        ]).map(({ fits }) => fits),
      ).toEqual([true, false]);
    },
  );
});
