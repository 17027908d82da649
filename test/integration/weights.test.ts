/** A checkpoint in the bundled workload, against an independent GPT-2 over the values that the file really holds. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../src/shared/base/failure';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { Random } from '../../src/workload/model/random';
import { runJson, temporaryHome } from '../support/cli';
import {
  CONFIG,
  checkpoint,
  configOf,
  distance,
  folders,
  logits,
  randomTensors,
  referenceLogits,
  type Shape,
  SMALL,
} from './checkpoint';
import { buildWorkload, runWorkload, tinyModel, tinyRun } from './workload-process';

const failure = async (...args: string[]): Promise<Failure> => {
  const error: unknown = await logits(...args).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
};

describe('logits of a checkpoint', () => {
  beforeAll(buildWorkload);
  afterEach(() => vi.unstubAllEnvs());
  const ids = [3, 17, 0, 28, 5, 5, 11];

  it.each(['F32', 'F16', 'BF16'] as const)(
    'equal an independent float64 GPT-2 for weights in %s',
    async (dtype) => {
      const { folder, held } = checkpoint(randomTensors(), dtype);
      const answer = await logits('--weights', folder, '--token-ids', ids.join(','));
      expect(answer.tokenIds).toEqual(ids);
      expect(answer.logits).toHaveLength(SMALL.vocab);
      expect(distance(answer.logits, referenceLogits(held, ids))).toBeLessThan(1e-4);
    },
  );

  it('are the same for a single token, on cpu, and for the file named in place of its folder', async () => {
    const { folder, held } = checkpoint(randomTensors());
    const answer = await logits(
      '--weights',
      join(folder, 'model.safetensors'),
      '--token-ids',
      '7',
      '--backend',
      'cpu',
    );
    expect(distance(answer.logits, referenceLogits(held, [7]))).toBeLessThan(1e-4);
  });

  // Rows of whole sixteens, of eights and four more, and of an odd number: one token multiplies each in a way of its own.
  it.each([
    [96, 3],
    [20, 5],
    [9, 3],
  ])('are the same for a single token in rows of %i numbers', async (width, heads) => {
    const shape: Shape = { ...SMALL, width, heads };
    const { folder, held } = checkpoint(randomTensors('', shape), 'F32', configOf(shape));
    const answer = await logits('--weights', folder, '--token-ids', '7');
    expect(distance(answer.logits, referenceLogits(held, [7], '', shape))).toBeLessThan(1e-4);
  });

  it('choose the tokens of a continuation under a cache', async () => {
    const shape: Shape = { ...SMALL, width: 96, heads: 3 };
    const { folder, held } = checkpoint(randomTensors('', shape), 'F32', configOf(shape));
    const [seed, promptTokens, count] = [5, 4, 8];
    const ids = [...new Random(seed).integers(promptTokens, shape.vocab)];
    for (let token = 0; token < count; token++) {
      const scores = referenceLogits(held, ids, '', shape);
      ids.push(scores.indexOf(Math.max(...scores)));
    }
    const model = tinyModel({
      layers: shape.layers,
      hidden: shape.width,
      heads: shape.heads,
      kvHeads: shape.heads,
      headDim: shape.width / shape.heads,
      ffn: 4 * shape.width,
      vocab: shape.vocab,
      maxPositions: shape.positions,
    });
    const { lines, stderr } = await runWorkload(
      model,
      tinyRun({ mode: 'generate', batch: 1, promptTokens, tokens: count, seed }),
      {},
      true,
      folder,
    );
    expect(
      lines.flatMap((line) =>
        line.type === 'token' ? (line as unknown as { ids: number[] }).ids : [],
      ),
      stderr,
    ).toEqual(ids.slice(promptTokens));
  });

  it('are the same for names without the transformer prefix, with buffers and a tied head beside them', async () => {
    const tensors = randomTensors('');
    tensors.set('h.0.attn.bias', { shape: [1, 1, 2, 2], values: Float64Array.of(1, 0, 1, 1) });
    tensors.set('lm_head.weight', tensors.get('wte.weight')!);
    const { folder, held } = checkpoint(tensors);
    const answer = await logits('--weights', folder, '--token-ids', ids.join(','));
    expect(distance(answer.logits, referenceLogits(held, ids, ''))).toBeLessThan(1e-4);
  });

  it('tell the order of tokens: another order gives others', async () => {
    const { folder } = checkpoint(randomTensors());
    const [there, back] = [
      await logits('--weights', folder, '--token-ids', '1,2,3'),
      await logits('--weights', folder, '--token-ids', '2,1,3'),
    ];
    expect(distance(there.logits, back.logits)).toBeGreaterThan(1e-3);
  });

  it('are refused in one sentence where the checkpoint does not fit', async () => {
    const missing = randomTensors();
    missing.delete('transformer.h.1.mlp.c_fc.bias');
    expect(
      await failure('--weights', checkpoint(missing).folder, '--token-ids', '1'),
    ).toMatchObject({ code: 'bad_input', message: expect.stringContaining('h.1.mlp.c_fc.bias') });
    const wide = checkpoint(randomTensors(), 'F32', { ...CONFIG, vocab_size: SMALL.vocab + 1 });
    expect((await failure('--weights', wide.folder, '--token-ids', '1')).message).toContain(
      'is [29, 12] and should be [30, 12]',
    );
    const shallow = checkpoint(randomTensors(), 'F32', { ...CONFIG, n_layer: 1 });
    expect(await failure('--weights', shallow.folder, '--token-ids', '1')).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('"transformer.h.1.ln_1.weight", for which'),
    });
    const untied = randomTensors();
    untied.set('lm_head.weight', {
      shape: [SMALL.vocab, SMALL.width],
      values: new Float64Array(SMALL.vocab * SMALL.width),
    });
    expect(
      (await failure('--weights', checkpoint(untied).folder, '--token-ids', '1')).message,
    ).toContain('head of their own');
    const erf = checkpoint(randomTensors(), 'F32', { ...CONFIG, activation_function: 'gelu' });
    expect(await failure('--weights', erf.folder, '--token-ids', '1')).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('activation_function'),
    });
  });

  it('are refused where the file is cut short', async () => {
    const { folder } = checkpoint(randomTensors());
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, readFileSync(path).subarray(0, 4000));
    expect(await failure('--weights', folder, '--token-ids', '1')).toMatchObject({ exitCode: 2 });
  });

  it.each([['1,x'], ['29'], ['-1'], [''], [Array.from({ length: 17 }, () => 1).join(',')]])(
    'are refused for the token ids "%s"',
    async (text) => {
      const { folder } = checkpoint(randomTensors());
      expect(await failure('--weights', folder, `--token-ids=${text}`)).toMatchObject({
        exitCode: 2,
      });
    },
  );

  it('are refused where there is no checkpoint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-'));
    folders.push(folder);
    mkdirSync(join(folder, 'empty'));
    expect(await failure('--weights', join(folder, 'empty'), '--token-ids', '1')).toMatchObject({
      exitCode: 2,
    });
  });
});

describe('recording the bundled workload with a checkpoint', () => {
  it('is refused, and nothing recorded, where the model named differs from the config.json beside the weights', async () => {
    const home = temporaryHome();
    try {
      const [{ folder }, other] = [
        checkpoint(randomTensors()),
        checkpoint(randomTensors(), 'F32', { ...CONFIG, n_head: 4 }),
      ];
      const { code, document } = await runJson<{ error: { message: string } }>(
        [
          'record',
          '--bundled',
          'gpt2',
          '--weights',
          folder,
          '--model',
          join(other.folder, 'config.json'),
        ],
        home.dir,
      );
      expect({ code, message: document.error.message }).toEqual({
        code: 2,
        message: expect.stringContaining('has n_head 3, and '),
      });
      expect(
        (await runJson<{ sessions: unknown[] }>(['list'], home.dir)).document.sessions,
      ).toEqual([]);
    } finally {
      home.dispose();
    }
  });

  it('is refused where there is no checkpoint, by the path that was given', async () => {
    const home = temporaryHome();
    try {
      const nowhere = join(home.dir, 'nowhere');
      const { code, document } = await runJson<{ error: { message: string } }>(
        ['record', '--bundled', 'gpt2', '--weights', nowhere, '--model', 'gpt2-nano'],
        home.dir,
      );
      expect({ code, message: document.error.message }).toEqual({
        code: 2,
        message: `There is no checkpoint at "${nowhere}".`,
      });
    } finally {
      home.dispose();
    }
  });

  it('takes the model from its config.json and stays within its budget to the byte', async () => {
    const home = temporaryHome();
    try {
      const { folder } = checkpoint(randomTensors());
      const { code, document } = await runJson<SessionDocument>(
        [
          'record',
          '--bundled',
          'gpt2',
          '--weights',
          folder,
          '--backend',
          'wasm',
          '--mode',
          'generate',
          '--prompt-tokens',
          '4',
          '--tokens',
          '5',
          '--top-k',
          '3',
        ],
        home.dir,
      );
      expect(code).toBe(0);
      expect(document.model).toMatchObject({
        name: basename(folder),
        layers: SMALL.layers,
        hidden: SMALL.width,
        vocab: SMALL.vocab,
      });
      expect(
        document.overlay.phases.map(({ phase, residualBytes }) => [phase, residualBytes]),
      ).toEqual([
        ['load', 0],
        ['prefill', 0],
        ['decode', 0],
      ]);
    } finally {
      home.dispose();
    }
  });
});
