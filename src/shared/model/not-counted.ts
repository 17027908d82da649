/**
 * Models that people ask for and Plumbline does not count: by the beginning of their names, what is missing. Names of
 * architectures begin as names of releases do.
 */
export interface Missing {
  readonly why: string;
  readonly remedy: string;
}

/** What is missing for a model or an architecture of that name; undefined for any other. */
export function findMissing(name: string): Missing | undefined {
  const spelled = name.replace(/[-. ]/g, '_');
  const [, why, remedy] = MISSING.find(([names]) => names.test(spelled)) ?? [];
  return why === undefined || remedy === undefined
    ? undefined
    : { why, remedy: `${remedy} ${RECORD_ANYWAY}` };
}

/** What is not counted is measured all the same. */
const RECORD_ANYWAY =
  'Recorded without --model it is measured, and held against its own first steps.';

/** Patterns of names whose words are joined by underscores, as architectures' are. */
const MISSING: readonly (readonly [RegExp, why: string, remedy: string])[] = [
  [
    /^(mamba2?|falcon_mamba|rwkv\d*|jamba|bamba|zamba2?|recurrent_gemma|xlstm|nemotron_h|granitemoehybrid|falcon_h1|lfm2)/i,
    'it keeps a recurrent state, and Plumbline does not know what its scan saves for backward',
    'Give a transformer that attends to a cache of keys and values.',
  ],
  [
    /^gemma_?3n/i,
    'several streams run through its layers at once, each predicted from the others',
    'Gemma 1 to 4 are known.',
  ],
  [
    /^(whisper|moshi|seamless|speech|wav2vec2|hubert)/i,
    'sound enters through convolutions, which Plumbline does not count',
    'Give a model of text, or the language part of one.',
  ],
  [
    /^(vit|clip|siglip|dino|swin|deit|beit)/i,
    'pictures enter through patches, which Plumbline does not count',
    'Give a model of text, or the language part of one.',
  ],
  [
    /^(stable_?diffusion|sdxl|flux|unet|dit)/i,
    'it makes pictures by diffusion, which Plumbline does not count',
    'Give a model of text.',
  ],
  [
    /^(longformer|big_?bird|led|reformer|fnet|funnel|xlnet|nystromformer|yoso|mra|longt5|deepseek_?v(3_?2|4)|kimi_linear|olmo_hybrid|glm_moe_dsa)/i,
    'its attention keeps what depends on a kernel or a state of its own, which Plumbline does not count',
    'Give a model whose attention is a softmax over keys and values.',
  ],
];
