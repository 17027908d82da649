import { expect, it } from 'vitest';
import { announcedModel, announcedRun } from '../../../../src/main/engine/announced';
import type { ModelSpec } from '../../../../src/shared/model/spec';

/** Two layers of a Llama: 100·16 embeddings twice, and 2 layers of 4·16² + 3·16·32 + 2·16, and a norm of 16. */
const config = {
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  vocab_size: 100,
  tie_word_embeddings: false,
};
const own = 2 * 100 * 16 + 2 * (4 * 16 ** 2 + 3 * 16 * 32 + 2 * 16) + 16;

/** Rank 4 beside the query and value projections of both layers: 4·(16 + 16) each. */
const ADAPTERS = 2 * 2 * 4 * (16 + 16);
const lora = { loraRank: 4, loraTargets: 'q_proj,v_proj', loraDropout: 0, dora: false };
const adapted = { config, parameters: own + ADAPTERS, trainable: ADAPTERS };
const training = { mode: 'train', device: 'NVIDIA H100', batch: 2, seq: 8 };

const run = (fields: Readonly<Record<string, unknown>>) =>
  announcedRun(announcedModel(fields) as ModelSpec, { ...fields, ...training });

it('names adapters where what was added to a model is all that is trained', () => {
  expect(announcedModel({ config, parameters: own, trainable: own })).toMatchObject({ layers: 2 });
  expect(announcedModel(adapted)).toMatch(
    /the 512 that are trained are adapters beside it.*--lora-rank/,
  );
  expect(announcedModel({ config, parameters: own + 512, trainable: own })).toMatch(
    /no budget is made of it\. Declare it with --model\./,
  );
});

it('takes low-rank adapters whose rank and places are announced, where they count as many as are trained', () => {
  expect(run({ ...adapted, ...lora })).toMatchObject({ loraRank: 4, loraTargets: 'q_proj,v_proj' });
  expect(run({ ...adapted, ...lora, loraDropout: 0.1 })).toMatchObject({ loraDropout: 0.1 });
  // DoRA's magnitudes: 16 outputs of each of the four matrices.
  const magnitudes = { parameters: own + ADAPTERS + 64, trainable: ADAPTERS + 64, dora: true };
  expect(run({ ...adapted, ...lora, ...magnitudes })).toMatchObject({ dora: true });
  // On one layer alone.
  const half = { parameters: own + ADAPTERS / 2, trainable: ADAPTERS / 2 };
  expect(announcedModel({ config, ...lora, ...half })).toMatch(
    /the 256 that are trained are not the 512 of adapters of rank 4 on every q_proj,v_proj/,
  );
  expect(announcedModel({ ...adapted, ...lora, loraTargets: 'lm_head' })).toMatch(
    /have no module of that name/,
  );
  expect(announcedModel({ ...adapted, ...lora, loraRank: 999 })).toMatch(/at most .* 16/);
});

it('gives no budget of a whole model where a part is trained, however little was added to it', () => {
  // So wide that the adapters are within what a configuration may leave unsaid.
  const wide = { ...config, vocab_size: 100_000 };
  const parameters = own + 2 * 16 * (100_000 - 100);
  expect(run({ config: wide, parameters, trainable: parameters })).toMatchObject({ mode: 'train' });
  expect(run({ config: wide, parameters: parameters + ADAPTERS, trainable: ADAPTERS })).toMatch(
    /the 512 that are trained are adapters/,
  );
  expect(
    run({ config: wide, parameters: parameters + ADAPTERS, trainable: ADAPTERS, ...lora }),
  ).toMatchObject({ loraRank: 4 });
  expect(
    run({ config: wide, parameters: parameters + ADAPTERS, trainable: ADAPTERS / 2, ...lora }),
  ).toMatch(/the 256 that are trained are not the 512/);
  expect(run({ config, parameters: own, trainable: own / 2 })).toMatch(
    /trains .* of the .*--freeze/,
  );
});

it('makes none of a run that uses adapters without training them, unless they weigh nothing beside it', () => {
  const fields = { ...adapted, ...lora, mode: 'infer', device: 'NVIDIA H100', batch: 2, seq: 8 };
  const model = announcedModel(fields) as ModelSpec;
  expect(announcedRun(model, fields)).toMatch(/adapters of 512 parameters beside it/);
  expect(announcedRun(model, { ...fields, loraRank: undefined })).toMatchObject({ mode: 'infer' });
  // A run's own words may be anything.
  expect(announcedRun(model, { ...fields, mode: 'train', loraRank: 2 ** 40 })).toBeNull();
});

it('trains with the dropout that the configuration of the model has, and does nothing else with it', () => {
  const whole = { parameters: own, trainable: own };
  expect(run({ ...whole, config: { ...config, resid_pdrop: 0.1 } })).toMatchObject({
    dropout: 0.1,
  });
  expect(run({ ...whole, config: { ...config, hidden_dropout_prob: 0 } })).not.toHaveProperty(
    'dropout',
  );
  // Of attention alone: no mask lies behind its output.
  expect(run({ ...whole, config: { ...config, attention_dropout: 0.1 } })).not.toHaveProperty(
    'dropout',
  );
  const dropping = { ...whole, config: { ...config, resid_pdrop: 0.1 } };
  const model = announcedModel(dropping) as ModelSpec;
  expect(announcedRun(model, { ...dropping, ...training, mode: 'infer' })).not.toHaveProperty(
    'dropout',
  );
});
