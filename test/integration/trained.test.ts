/** What the bundled workload has trained: kept as a checkpoint to the last bit, and scored on a text it has never seen. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSpec, Precision, RunSpec } from '../../src/shared/model/spec';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { heldOutWindows, splitText } from '../../src/workload/model/data';
import { runJson, temporaryHome } from '../support/cli';
import {
  checkpoint,
  distance,
  logits,
  randomTensors,
  readCheckpoint,
  referenceLogits,
  referenceLoss,
  SMALL,
} from './checkpoint';
import {
  buildWorkload,
  runWorkload,
  tinyModel,
  tinyRun,
  type WorkloadResult,
} from './workload-process';

const home = temporaryHome();
afterAll(() => home.dispose());
beforeAll(buildWorkload);
const folder = (name: string): string => join(home.dir, name);
const bytes = (name: string): Buffer => readFileSync(join(folder(name), 'model.safetensors'));

async function run(
  model: ModelSpec,
  given: Partial<RunSpec>,
  weights?: string,
  saveWeights?: string,
): Promise<WorkloadResult> {
  const result = await runWorkload(model, tinyRun(given), {}, true, weights, saveWeights);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

describe('weights that were trained', () => {
  const small = tinyModel({
    layers: SMALL.layers,
    hidden: SMALL.width,
    heads: SMALL.heads,
    ffn: 4 * SMALL.width,
    vocab: SMALL.vocab,
    maxPositions: SMALL.positions,
  });
  const { folder: start } = checkpoint(randomTensors());

  it.each(['wasm', 'cpu'] as const)(
    'are kept to the last bit: training goes on from them as if it had never stopped, on %s',
    async (backend) => {
      // SGD keeps nothing but the weights from one step to the next.
      const train = (steps: number, from: string, to: string) =>
        run(small, { backend, optimizer: 'sgd', steps, seed: 9 }, from, folder(to));
      await train(4, start, `${backend}-4`);
      await train(2, start, `${backend}-2`);
      await train(2, folder(`${backend}-2`), `${backend}-2+2`);
      expect(bytes(`${backend}-2+2`).equals(bytes(`${backend}-4`))).toBe(true);
      expect(bytes(`${backend}-2`).equals(bytes(`${backend}-4`))).toBe(false);
    },
  );

  it('are a checkpoint that says what an independent GPT-2 finds in its file, and whose config.json names the model', async () => {
    const to = folder('kept');
    const { code, document, stderr } = await runJson<SessionDocument>(
      [
        'record',
        '--bundled',
        'gpt2',
        '--weights',
        start,
        '--mode',
        'train',
        '--seq',
        '8',
        '--steps',
        '3',
        '--backend',
        'wasm',
        '--save-weights',
        to,
      ],
      home.dir,
    );
    expect(code, stderr).toBe(0);
    expect(document.overlay.phases.filter(({ residualBytes }) => residualBytes !== 0)).toEqual([]);
    expect(readdirSync(to).sort()).toEqual(['config.json', 'model.safetensors']);
    const ids = [3, 17, 0, 28, 5];
    const answer = await logits('--weights', to, '--token-ids', ids.join(','));
    expect(distance(answer.logits, referenceLogits(readCheckpoint(to), ids))).toBeLessThan(1e-4);
    expect(
      distance(
        answer.logits,
        (await logits('--weights', start, '--token-ids', ids.join(','))).logits,
      ),
    ).toBeGreaterThan(1e-3);
    expect(JSON.parse(readFileSync(join(to, 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'gpt2',
      n_layer: SMALL.layers,
      n_embd: SMALL.width,
      n_head: SMALL.heads,
      vocab_size: SMALL.vocab,
      n_positions: SMALL.positions,
    });
  });

  it('overwrite nothing, and are left neither half nor elsewhere where they cannot be written', async () => {
    const config = folder('config.json');
    writeFileSync(config, readFileSync(join(start, 'config.json')));
    const record = (...more: string[]) =>
      runJson<{ error?: { message: string } } & Partial<SessionDocument>>(
        [
          'record',
          '--bundled',
          'gpt2',
          '--model',
          config,
          '--steps',
          '1',
          '--seq',
          '4',
          '--backend',
          'wasm',
          ...more,
        ],
        home.dir,
      );
    mkdirSync(folder('there'));
    expect(await record('--mode', 'train', '--save-weights', folder('there'))).toMatchObject({
      code: 2,
      document: { error: { message: expect.stringContaining('is there already') } },
    });
    expect(await record('--mode', 'infer', '--save-weights', folder('none'))).toMatchObject({
      code: 2,
      document: { error: { message: expect.stringContaining('the mode is infer') } },
    });
    const { code, document } = await record(
      '--mode',
      'train',
      '--save-weights',
      join(config, 'below-a-file'),
    );
    expect(code).toBe(3);
    expect(document.error?.message).toContain('cannot be written');
    expect(
      readdirSync(home.dir).filter((name) => name.includes('partial') || name === 'none'),
    ).toEqual([]);
    expect(readdirSync(folder('there'))).toEqual([]);
  });
});

describe('a text that training never saw', () => {
  const told = ({ lines }: WorkloadResult, field: string): number =>
    lines
      .map((line) => line.fields?.[field])
      .filter((value) => typeof value === 'number')
      .at(-1)!;
  const learner = tinyModel({ hidden: 48, heads: 3, ffn: 96, vocab: 256, maxPositions: 32 });
  const scoring = (precision: Precision): Partial<RunSpec> => ({
    mode: 'infer',
    data: 'text',
    batch: 12,
    seq: 32,
    steps: 4,
    precision,
  });
  let scores: Record<string, number>;
  let frequencies: number;

  beforeAll(async () => {
    const kept = folder('learner');
    await run(
      learner,
      { mode: 'train', data: 'text', optimizer: 'adam', batch: 8, seq: 32, steps: 300 },
      undefined,
      kept,
    );
    expect(existsSync(kept)).toBe(true);
    const results = await Promise.all(
      (['fp32', 'fp16', 'int8', 'int4'] as const).map(
        async (precision) => [precision, await run(learner, scoring(precision), kept)] as const,
      ),
    );
    scores = Object.fromEntries(
      results.map(([precision, result]) => [precision, told(result, 'perplexity')]),
    );
    frequencies = told(results[0]![1], 'frequencyPerplexity');
  });

  it('is guessed far better than by chance, by random weights, or by how often each token comes', async () => {
    const random = told(await run(learner, scoring('fp32')), 'perplexity');
    expect(random).toBeGreaterThan(200);
    expect(random).toBeLessThan(320);
    expect(scores.fp32).toBeLessThan(random / 15);
    expect(scores.fp32).toBeLessThan(0.75 * frequencies);
  });

  it('is guessed as well in fp16 and int8, within a hair, and in int4 with a loss that is greater and still small', () => {
    const lost = (precision: string): number =>
      Math.abs(Math.log(scores[precision]! / scores.fp32!));
    expect(lost('fp16')).toBeLessThan(1e-4);
    expect(lost('int8')).toBeLessThan(2e-3);
    expect(scores.int4).toBeGreaterThan(scores.int8!);
    expect(lost('int4')).toBeGreaterThan(3 * lost('int8'));
    expect(lost('int4')).toBeLessThan(0.1);
  });

  it.each(['wasm', 'cpu'] as const)(
    'has the perplexity that an independent GPT-2 in float64 finds, on %s',
    async (backend) => {
      const { folder: from, held } = checkpoint(randomTensors());
      const model = tinyModel({
        layers: SMALL.layers,
        hidden: SMALL.width,
        heads: SMALL.heads,
        ffn: 4 * SMALL.width,
        vocab: SMALL.vocab,
        maxPositions: SMALL.positions,
      });
      const result = await run(
        model,
        { backend, mode: 'infer', data: 'text', batch: 2, seq: 8, steps: 3 },
        from,
      );
      const { heldOut } = splitText(model);
      const nats = [0, 1, 2].map((step) =>
        referenceLoss(
          held,
          [...heldOutWindows(heldOut, tinyRun({ seq: 8 }), 2, step).ids],
          heldOut.slice(16 * step + 1),
          8,
        ),
      );
      expect(told(result, 'perplexity')).toBeCloseTo(
        Math.exp((nats[0]! + nats[1]! + nats[2]!) / 3),
        3,
      );
      expect(told(result, 'scoredTokens')).toBe(48);
    },
  );

  it('is refused where nothing says what comes next', async () => {
    const encoder = tinyModel({ architecture: 'encoder', postNorm: true });
    expect(await runWorkload(encoder, tinyRun({ mode: 'infer', data: 'text' }))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('decoder'),
    });
    expect(
      await runWorkload(tinyModel(), tinyRun({ mode: 'infer', data: 'text', lengths: [5, 2] })),
    ).toMatchObject({ code: 3, stderr: expect.stringContaining('padded') });
  });
});
