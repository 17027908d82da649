/** Checkpoints of BERT and DistilBERT in the bundled workload, against an independent encoder over the values the files hold. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure, type FailureInfo } from '../../src/shared/base/failure';
import type { SessionDocument } from '../../src/shared/session/session-document';
import { runJson, temporaryHome } from '../support/cli';
import { exactGelu, relu, tanhGelu } from '../support/reference-encoder';
import { swiftshaderEnvironment, swiftshaderUnavailable } from '../support/swiftshader';
import {
  checkpoint,
  type Dtype,
  distance,
  logits,
  randomTensors,
  type Tensors,
} from './checkpoint';
import {
  type EncoderShape,
  encoderConfig,
  encoderTensors,
  type Kind,
  referenceEncoder,
  SMALL_ENCODER,
  states,
} from './encoder-checkpoint';
import { buildWorkload } from './workload-process';

const ids = [3, 17, 0, 28, 5, 5, 11];
const KINDS = ['bert', 'distilbert'] as const satisfies Kind[];

function written(
  kind: Kind,
  { tensors = encoderTensors(kind), dtype = 'F32' as Dtype, config = {} } = {},
): { folder: string; held: Tensors } {
  return checkpoint(tensors, dtype, encoderConfig(kind, SMALL_ENCODER, config));
}

async function refused(...args: string[]): Promise<Failure> {
  const error: unknown = await logits(...args).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('the states of an encoder with a checkpoint', () => {
  beforeAll(buildWorkload);

  describe.each(KINDS)('%s', (kind) => {
    it.each(['F32', 'F16', 'BF16'] as const)(
      'equal an independent float64 encoder for weights in %s',
      async (dtype) => {
        const { folder, held } = written(kind, { dtype });
        const expected = referenceEncoder(kind, held, ids);
        for (const position of [0, 3, ids.length - 1]) {
          const answer = await states(folder, ids, '--position', String(position));
          expect(answer).toMatchObject({ tokenIds: ids, position, logits: null });
          expect(distance(answer.hidden, expected.states[position]!)).toBeLessThan(1e-4);
          if (kind === 'bert')
            expect(distance(answer.pooled!, expected.pooled!)).toBeLessThan(1e-4);
          else expect(answer.pooled).toBeNull();
        }
      },
    );

    it("are the first token's unless a position is given, on cpu, for one token, and for the file named in place of its folder", async () => {
      const { folder, held } = written(kind);
      for (const some of [[7], ids]) {
        const answer = await states(join(folder, 'model.safetensors'), some, '--backend', 'cpu');
        expect(answer.position).toBe(0);
        expect(distance(answer.hidden, referenceEncoder(kind, held, some).states[0]!)).toBeLessThan(
          1e-4,
        );
      }
    });

    it('are the same for names without a prefix, with buffers and heads for tasks beside them', async () => {
      const tensors = encoderTensors(kind, { prefix: '' });
      tensors.set('embeddings.position_ids', {
        shape: [1, 16],
        values: Float64Array.from({ length: 16 }, (_, i) => i),
        isWhole: true,
      });
      for (const name of [
        'classifier.weight',
        'qa_outputs.weight',
        kind === 'bert' ? 'cls.seq_relationship.weight' : 'pre_classifier.weight',
      ])
        tensors.set(name, { shape: [2, 12], values: new Float64Array(24) });
      const { folder, held } = written(kind, { tensors });
      expect(
        distance(
          (await states(folder, ids)).hidden,
          referenceEncoder(kind, held, ids, { prefix: '' }).states[0]!,
        ),
      ).toBeLessThan(1e-4);
    });

    it.each([
      ['gelu_new', tanhGelu],
      ['relu', relu],
    ] as const)('are activated by %s where config.json says so', async (name, activate) => {
      const { folder, held } = written(kind, {
        config: { [kind === 'bert' ? 'hidden_act' : 'activation']: name },
      });
      const { hidden } = await states(folder, ids);
      expect(
        distance(hidden, referenceEncoder(kind, held, ids, { activate }).states[0]!),
      ).toBeLessThan(1e-4);
      expect(distance(hidden, referenceEncoder(kind, held, ids).states[0]!)).toBeGreaterThan(1e-4);
    });

    it('come with logits at the position where there is a head for masked words, tied to the embedding or with a table of its own', async () => {
      const tied = encoderTensors(kind, { head: true });
      const own = new Map(tied).set(
        kind === 'bert' ? 'cls.predictions.decoder.weight' : 'vocab_projector.weight',
        { shape: [29, 12], values: Float64Array.from({ length: 29 * 12 }, (_, i) => Math.sin(i)) },
      );
      for (const tensors of [tied, own]) {
        const { folder, held } = written(kind, { tensors });
        const answer = await states(folder, ids, '--position', '4');
        expect(answer.logits).toHaveLength(29);
        expect(
          distance(answer.logits!, referenceEncoder(kind, held, ids).logitsAt(4)),
        ).toBeLessThan(1e-4);
      }
    });
  });

  it("are the same for a BERT with the old names of norms, the other place of a head's bias, and no pooler where its architecture has none", async () => {
    const tensors = encoderTensors('bert', { head: true });
    const old = new Map(
      [...tensors].map(([name, tensor]) => [
        name
          .replace('LayerNorm.weight', 'LayerNorm.gamma')
          .replace('LayerNorm.bias', 'LayerNorm.beta')
          .replace('predictions.bias', 'predictions.decoder.bias'),
        tensor,
      ]),
    );
    const { folder } = written('bert', {
      tensors: old,
      config: { architectures: ['BertForMaskedLM'] },
    });
    const answer = await states(folder, ids);
    const expected = referenceEncoder('bert', tensors, ids);
    expect(answer.pooled).toBeNull();
    expect(distance(answer.hidden, expected.states[0]!)).toBeLessThan(1e-4);
    expect(distance(answer.logits!, expected.logitsAt(0))).toBeLessThan(1e-4);
  });
});

const noGpu = swiftshaderUnavailable();

describe('the states of an encoder on a software GPU', () => {
  beforeAll(buildWorkload);
  afterEach(() => vi.unstubAllEnvs());

  it.for([
    ['bert', 'gelu', exactGelu],
    ['distilbert', 'relu', relu],
  ] as const)(
    'equal an independent float64 encoder: %s with %s',
    { timeout: 180_000 },
    async ([kind, name, activate], { skip }) => {
      if (noGpu !== null) skip(noGpu);
      const { folder, held } = written(kind, {
        config: { [kind === 'bert' ? 'hidden_act' : 'activation']: name },
      });
      for (const [variable, value] of Object.entries(swiftshaderEnvironment()))
        vi.stubEnv(variable, value);
      const answer = await states(folder, ids, '--position', '1', '--backend', 'webgpu');
      expect(
        distance(answer.hidden, referenceEncoder(kind, held, ids, { activate }).states[1]!),
      ).toBeLessThan(1e-4);
    },
  );
});

/** Every matrix made of whole multiples of one power of two, the greatest of them in every group of inputs: nothing is rounded. */
function onGrid(tensors: Tensors, layerMost: number, group: number): Tensors {
  return new Map(
    [...tensors].map(
      ([
        name,
        {
          shape: [rows, columns],
          values,
        },
      ]) => {
        if (columns === undefined) return [name, { shape: [rows!], values }];
        const isTable = name.includes('_embeddings');
        const most = isTable ? 127 : layerMost;
        const step = 0.25 / (most + 1);
        const grid = values.map(
          (value, at) =>
            step *
            ((at % columns) % (isTable ? columns : group) === 0
              ? most
              : Math.max(-most, Math.min(most, Math.round(value / step / 2)))),
        );
        return [name, { shape: [rows!, columns], values: grid }];
      },
    ),
  );
}

describe('the states of an encoder with packed weights', () => {
  beforeAll(buildWorkload);
  /** For int4 one group and a half. */
  const wide: EncoderShape = { layers: 2, width: 96, heads: 3, ffn: 70, vocab: 41, positions: 16 };
  const exact = {
    fp16: (tensors: Tensors) => tensors,
    int8: (tensors: Tensors) => onGrid(tensors, 127, Number.MAX_SAFE_INTEGER),
    int4: (tensors: Tensors) => onGrid(tensors, 7, 64),
  };

  it.each(['fp16', 'int8', 'int4'] as const)(
    'equal those of the checkpoint where %s holds it exactly',
    async (precision) => {
      for (const kind of KINDS) {
        const tensors = exact[precision](encoderTensors(kind, { shape: wide }));
        const { folder, held } = checkpoint(tensors, 'F32', encoderConfig(kind, wide));
        const expected = referenceEncoder(kind, held, ids, { shape: wide }).states[2]!;
        for (const backend of ['wasm', 'cpu']) {
          expect(
            distance(
              (
                await states(
                  folder,
                  ids,
                  '--position',
                  '2',
                  '--precision',
                  precision,
                  '--backend',
                  backend,
                )
              ).hidden,
              expected,
            ),
            `${kind} on ${backend}`,
          ).toBeLessThan(1e-4);
        }
      }
    },
  );

  it('come with logits too, of the packed embedding', async () => {
    const tensors = exact.int8(encoderTensors('bert', { shape: wide, head: true }));
    const { folder, held } = checkpoint(tensors, 'F32', encoderConfig('bert', wide));
    const answer = await states(folder, ids, '--precision', 'int8');
    expect(
      distance(answer.logits!, referenceEncoder('bert', held, ids, { shape: wide }).logitsAt(0)),
    ).toBeLessThan(1e-4);
  });
});

describe('a checkpoint that does not fit', () => {
  beforeAll(buildWorkload);
  const change = (kind: Kind, edit: (tensors: Tensors) => unknown, config: object = {}): string => {
    const tensors = encoderTensors(kind);
    edit(tensors);
    return written(kind, { tensors, config }).folder;
  };
  const nothing = (): void => {};

  it.each([
    [
      'a missing tensor',
      () => change('bert', (all) => all.delete('bert.encoder.layer.1.output.dense.bias')),
      2,
      '"bert.encoder.layer.1.output.dense.bias"',
    ],
    [
      'a missing norm',
      () =>
        change('distilbert', (all) =>
          all.delete('distilbert.transformer.layer.0.sa_layer_norm.weight'),
        ),
      2,
      '"distilbert.transformer.layer.0.sa_layer_norm.weight"',
    ],
    [
      'a wrong shape',
      () =>
        change('bert', (all) =>
          all.set('bert.encoder.layer.0.intermediate.dense.weight', {
            shape: [12, 20],
            values: new Float64Array(240),
          }),
        ),
      2,
      'is [12, 20] and should be [20, 12]',
    ],
    [
      'a tensor it has no place for',
      () =>
        change('bert', (all) =>
          all.set('bert.encoder.layer.0.adapter.weight', {
            shape: [1],
            values: new Float64Array(1),
          }),
        ),
      2,
      '"bert.encoder.layer.0.adapter.weight"',
    ],
    [
      'fewer layers in config.json than in the file',
      () => change('bert', nothing, { num_hidden_layers: 1 }),
      2,
      '"bert.encoder.layer.1.attention.self.query.weight"',
    ],
    [
      'more layers in config.json than in the file',
      () => change('distilbert', nothing, { n_layers: 3 }),
      2,
      'lack the tensor "distilbert.transformer.layer.2.',
    ],
    [
      'another vocabulary in config.json',
      () => change('bert', nothing, { vocab_size: 31 }),
      2,
      'is [29, 12] and should be [31, 12]',
    ],
    [
      "GPT-2's tensors under the config.json of a BERT",
      () => checkpoint(randomTensors(), 'F32', encoderConfig('bert')).folder,
      2,
      'those of a GPT-2, and the config.json beside them is of a BERT',
    ],
    [
      "DistilBERT's tensors under the config.json of a BERT",
      () => checkpoint(encoderTensors('distilbert'), 'F32', encoderConfig('bert')).folder,
      2,
      'those of a DistilBERT',
    ],
    [
      "BERT's tensors under the config.json of a GPT-2",
      () => checkpoint(encoderTensors('bert')).folder,
      2,
      'those of a BERT, and the config.json beside them is of a GPT-2',
    ],
    [
      'a GELU of another kind',
      () => change('bert', nothing, { hidden_act: 'gelu_pytorch_tanh' }),
      3,
      'hidden_act',
    ],
    [
      'another epsilon',
      () => change('bert', nothing, { layer_norm_eps: 1e-5 }),
      3,
      'layer_norm_eps',
    ],
    [
      'relative positions',
      () => change('bert', nothing, { position_embedding_type: 'relative_key' }),
      2,
      'position_embedding_type',
    ],
  ])('is refused in one sentence: %s', async (_what, make, exitCode, words) => {
    const { message, remedy, ...failure } = await refused(
      '--weights',
      make(),
      '--token-ids',
      '1,2',
    );
    expect(failure.name).toBe('Failure');
    expect({ exitCode: new Failure(failure.code, message, remedy).exitCode, message }).toEqual({
      exitCode,
      message: expect.stringContaining(words),
    });
    expect(message).toMatch(/^[^\n]+\.$/);
    expect(remedy).not.toBe('');
  });

  it('is refused where the file is cut short', async () => {
    const { folder } = written('bert');
    const path = join(folder, 'model.safetensors');
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
    expect(await refused('--weights', folder, '--token-ids', '1')).toMatchObject({ exitCode: 2 });
  });

  it('is refused where the position is none of the tokens, or the model a decoder', async () => {
    const { folder } = written('bert');
    expect(
      await refused('--weights', folder, '--token-ids', '1,2', '--position', '2'),
    ).toMatchObject({ exitCode: 2, message: 'There is no token at position 2.' });
    expect(
      await refused(
        '--weights',
        checkpoint(randomTensors()).folder,
        '--token-ids',
        '1,2',
        '--position',
        '1',
      ),
    ).toMatchObject({ exitCode: 2, message: expect.stringContaining('is for encoders') });
  });
});

describe('recording an encoder with a checkpoint', () => {
  const record = <T>(home: string, ...args: string[]) =>
    runJson<T>(['record', '--bundled', 'gpt2', '--backend', 'wasm', ...args], home);

  it.each([
    ['bert', ['--seq', '6', '--batch', '2']],
    ['distilbert', ['--seq', '6', '--batch', '2']],
    ['bert', ['--precision', 'int4']],
    ['distilbert', ['--precision', 'fp16', '--lengths', '6,3']],
  ] as const)(
    'takes %s from its config.json and stays within its budget to the byte: %j',
    async (kind, args) => {
      const home = temporaryHome();
      try {
        const { folder } = written(kind, { dtype: 'BF16' });
        const { code, document } = await record<SessionDocument>(
          home.dir,
          '--weights',
          folder,
          ...args,
        );
        expect(code).toBe(0);
        expect(document.model).toMatchObject({
          name: basename(folder),
          architecture: 'encoder',
          layers: 2,
          ffn: 20,
          pooler: kind === 'bert',
        });
        expect(
          document.overlay.phases.map(({ phase, residualBytes }) => [phase, residualBytes]),
        ).toEqual([
          ['load', 0],
          ['forward', 0],
        ]);
      } finally {
        home.dispose();
      }
    },
  );

  it('refuses weights of another model than the one named before anything is recorded', async () => {
    const home = temporaryHome();
    try {
      const [bert, gpt2] = [written('bert').folder, checkpoint(randomTensors()).folder];
      const missing = encoderTensors('bert');
      missing.delete('bert.pooler.dense.bias');
      for (const [args, words] of [
        [
          ['--bundled', 'bert-base', '--weights', gpt2],
          'those of a GPT-2, and bert-base is an encoder',
        ],
        [['--model', 'gpt2', '--weights', bert], 'those of a BERT, and gpt2 is a decoder'],
        [['--bundled', 'tinybert', '--weights', bert], 'num_hidden_layers 2, and tinybert has 4'],
        [['--weights', written('bert', { tensors: missing }).folder], 'pooler.dense.bias'],
      ] as const) {
        const { code, document } = await record<{ error: FailureInfo }>(home.dir, ...args);
        expect({ code, message: document.error.message }).toEqual({
          code: 2,
          message: expect.stringContaining(words),
        });
      }
      expect(
        (await runJson<{ sessions: unknown[] }>(['list'], home.dir)).document.sessions,
      ).toEqual([]);
    } finally {
      home.dispose();
    }
  });
});
