/**
 * What storing GPT-2 in fewer bits saves, costs and loses: peak memory and decoding rate of the 124M model, and for a small
 * one that was trained first, bytes, decoding rate and the perplexity of the part of the text that training never saw.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LEARNER,
  LEARNING,
  scoring,
} from '../../../src/shared/chapter/experiments/measured/quantization';
import { preset } from '../../../src/shared/model/presets';
import { runDefaults } from '../../../src/shared/model/run';
import type { Backend, ModelSpec, Precision } from '../../../src/shared/model/spec';
import { type Checkpoints, decodeRate, measured, type Result } from './process';

const MiB = 2 ** 20;
const PRECISIONS = ['fp32', 'fp16', 'int8', 'int4'] as const satisfies readonly Precision[];

export async function besidePrecisions(backend: Backend): Promise<void> {
  const generated = (
    model: ModelSpec,
    precision: Precision,
    checkpoints: Checkpoints,
  ): Promise<Result> =>
    measured(
      model,
      runDefaults(model, {
        mode: 'generate',
        promptTokens: 64,
        tokens: 49,
        framework: 'tfjs',
        precision,
        backend,
      }),
      checkpoints,
    );
  console.log('gpt2 (random weights), 64 + 48 tokens');
  for (const precision of PRECISIONS) {
    const result = await generated(preset('gpt2'), precision, {});
    console.log(
      `  ${precision.padEnd(42)} peak ${(result.peak / MiB).toFixed(1)} MiB, ${decodeRate(result).toFixed(2)} tokens/s`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const weights = join(folder, 'weights');
    const began = performance.now();
    await measured(LEARNER, { ...LEARNING, backend }, { saveWeights: weights });
    console.log(
      `${LEARNER.name}, ${LEARNING.steps} steps of ${LEARNING.batch} x ${LEARNING.seq} tokens of the text in ${((performance.now() - began) / 1000).toFixed(1)} s; perplexity of the rest of it`,
    );
    for (const precision of PRECISIONS) {
      const rate = decodeRate(await generated(LEARNER, precision, { weights }));
      const { params, announced } = await measured(
        LEARNER,
        { ...scoring(precision), backend },
        { weights },
      );
      const { perplexity, scoredTokens, frequencyPerplexity } = announced as Readonly<
        Record<string, number>
      >;
      console.log(
        `  ${precision.padEnd(42)} weights ${(params / 1000).toFixed(0)} kB, ${rate.toFixed(0)} tokens/s, perplexity ${perplexity!.toFixed(3)} over ${scoredTokens} tokens (${frequencyPerplexity!.toFixed(1)} by frequencies, ${LEARNER.vocab} by chance)`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
