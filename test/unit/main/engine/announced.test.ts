import { expect, it } from 'vitest';
import { announcedModel } from '../../../../src/main/engine/announced';

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

it('names adapters where what was added to a model is all that is trained', () => {
  expect(announcedModel({ config, parameters: own, trainable: own })).toMatchObject({ layers: 2 });
  expect(announcedModel({ config, parameters: own + 512, trainable: 512 })).toMatch(
    /the 512 that are trained are adapters beside it.*--lora-rank/,
  );
  expect(announcedModel({ config, parameters: own + 512, trainable: own })).toMatch(
    /no budget is made of it\. Declare it with --model\./,
  );
});
