/** GPT-2 small as Hugging Face's config.json has it; 124,439,808 parameters, as its model card says. */
export const GPT2_CONFIG = {
  model_type: 'gpt2',
  n_layer: 12,
  n_embd: 768,
  n_head: 12,
  vocab_size: 50257,
  n_positions: 1024,
};
