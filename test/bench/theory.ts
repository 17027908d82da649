/**
 * How fast the theory is: a refined training timeline of GPT-3, a search over 10,000 configurations for their peaks, and
 * the dry run of the bundled GPT-2 that a slider of the planner asks for at each of its moves. All in processor time of
 * one core, which other programs lengthen less than the clock's. Prints the figures and exits 1 where one is past its
 * limit.
 */
import { computeBudget } from '../../src/shared/budget/budget';
import { pytorchBudget, pytorchPeak } from '../../src/shared/budget/pytorch';
import { preset } from '../../src/shared/model/presets';
import { runDefaults } from '../../src/shared/model/run';
import type { RunSpec } from '../../src/shared/model/spec';

const TIMELINE_LIMIT_US = 100;
const SEARCH_LIMIT_MS = 200;
const CONFIGURATIONS = 10_000;
/** A frame. */
const MOVE_LIMIT_MS = 16;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Milliseconds of processor time that `f` takes. */
function processorMilliseconds(f: () => void): number {
  const start = process.threadCpuUsage();
  f();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

function timelineMicroseconds(): number {
  const model = preset('gpt3');
  const run = runDefaults(model, {
    mode: 'train',
    framework: 'pytorch',
    batch: 1,
    seq: 2048,
    precision: 'mixed-bf16',
    attention: 'flash',
  });
  for (let i = 0; i < 20_000; i++) pytorchBudget(model, run);
  return median(
    Array.from(
      { length: 50 },
      () =>
        processorMilliseconds(() => {
          for (let i = 0; i < 200; i++) pytorchBudget(model, run);
        }) *
        (1000 / 200),
    ),
  );
}

/** Milliseconds for the peaks of 10,000 runs that differ in batch, sequence, precision, attention and checkpointing. */
function searchMilliseconds(): number {
  const model = preset('gpt3');
  const runs: RunSpec[] = [];
  for (let i = 0; runs.length < CONFIGURATIONS; i++) {
    runs.push(
      runDefaults(model, {
        mode: 'train',
        framework: 'pytorch',
        batch: 1 + (i % 64),
        seq: 128 * (1 + (Math.floor(i / 64) % 16)),
        precision: (['fp32', 'bf16', 'mixed-bf16'] as const)[i % 3]!,
        attention: i % 2 === 0 ? 'sdpa' : 'eager',
        checkpointing: (['none', 'full', 'selective', 'every=4'] as const)[
          Math.floor(i / 1024) % 4
        ]!,
      }),
    );
  }
  return median(
    Array.from({ length: 7 }, () =>
      processorMilliseconds(() => {
        let most = 0;
        for (const run of runs) most = Math.max(most, pytorchPeak(model, run));
        if (most === 0) throw new Error('no peak was found');
      }),
    ),
  );
}

/** Milliseconds of processor time a budget takes as the batch of the bundled GPT-2 is moved, once the first ten have been. */
function bundledMoves(): { readonly half: number; readonly most: number } {
  const model = preset('gpt2');
  const times = Array.from({ length: 210 }, (_, move) => {
    const run = runDefaults(model, {
      mode: 'train',
      framework: 'tfjs',
      batch: 1 + (move % 40),
      seq: 64,
    });
    return processorMilliseconds(() => computeBudget(model, run));
  });
  const warm = times.slice(10).sort((a, b) => a - b);
  return { half: warm[100]!, most: warm[190]! };
}

function main(): void {
  const timeline = timelineMicroseconds();
  const search = searchMilliseconds();
  console.log(
    `GPT-3, refined training timeline: ${timeline.toFixed(1)} µs (limit ${TIMELINE_LIMIT_US} µs)`,
  );
  console.log(
    `peaks of ${CONFIGURATIONS} configurations: ${search.toFixed(0)} ms, ${((search * 1000) / CONFIGURATIONS).toFixed(1)} µs each (limit ${SEARCH_LIMIT_MS} ms)`,
  );
  const moves = bundledMoves();
  console.log(
    `budget of the bundled GPT-2 in training: ${moves.half.toFixed(1)} ms, 95% within ${moves.most.toFixed(1)} ms (limit ${MOVE_LIMIT_MS} ms)`,
  );
  if (timeline > TIMELINE_LIMIT_US || search > SEARCH_LIMIT_MS || moves.most > MOVE_LIMIT_MS)
    process.exitCode = 1;
}

main();
