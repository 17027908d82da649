/** Settings of a run's tokens: where they come from, how they are cached, and how the next is chosen. */
import { CACHE_GROWTHS, type Framework, type Mode } from '../choices';
import { COUNTS, choice, count, positive, SWITCH, TEXTS } from './kinds';
import { refuseBundled, setting } from './setting';

export const TOKENS = {
  /**
   * How the cache takes in a token. append (left out): layer by layer, one old tensor beside its successor, as
   * transformers' DynamicCache; rebuild (PyTorch): the whole old cache beside the new, as the tuples of models older
   * than it; static: at full length from the start, written in place.
   */
  cacheGrowth: setting({
    kind: choice(CACHE_GROWTHS),
    label: 'Growth of the KV cache',
    modes: ['generate'],
    impliesPyTorch: (growth) => growth === 'rebuild',
    check(growth, run: { mode: Mode; kvCache: boolean; framework: Framework }, _, refuse) {
      if (run.mode !== 'generate' || !run.kvCache)
        refuse(
          'the run has no KV cache',
          'Leave it out, or use --mode generate and --kv-cache on.',
        );
      if (run.framework === 'tfjs' && growth === 'rebuild')
        refuse('the bundled workload grows its cache layer by layer', 'Use append or static.');
    },
    option: {
      flag: '--cache-growth',
      takes: '<how>',
      help: `${CACHE_GROWTHS.join(', ')}: how a KV cache takes in a token (bundled workload: append, static)`,
      after: '--kv-cache',
    },
  }),

  /** Sequence lengths of a ragged batch, padded to the longest; `batch` of them. */
  lengths: setting({
    kind: COUNTS,
    label: 'Lengths of the sequences',
    check(
      lengths,
      run: { mode: Mode; batch: number; seq: number; promptTokens: number },
      _,
      refuse,
    ) {
      const padded = run.mode === 'generate' ? run.promptTokens : run.seq;
      const longest = Math.max(...lengths);
      if (lengths.length !== run.batch)
        refuse(
          `there are that many, and the batch has ${run.batch} sequences`,
          'Give one length for each sequence.',
          lengths.length,
        );
      if (longest !== padded)
        refuse(
          `the longest is padded to, and the run says ${padded} tokens`,
          'Leave the sequence length out, or give the longest.',
          longest,
        );
    },
    option: {
      flag: '--lengths',
      takes: '<a,b,…>',
      help: 'token counts of a ragged batch, padded to the longest',
    },
  }),

  /** Inference with labels, as evaluation runs it: the loss of every token, and what computing it holds. */
  evaluation: setting({
    kind: SWITCH,
    label: 'Evaluation with a loss',
    modes: ['infer'],
    impliesPyTorch: (isOn) => isOn,
    check(isOn, run: { mode: Mode; framework: Framework }, { name, lmHead, architecture }, refuse) {
      if (!isOn) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'infer')
        refuse(
          `the mode is ${run.mode}`,
          'Use --mode infer; training computes its loss by itself.',
        );
      if (!(lmHead ?? architecture !== 'encoder'))
        refuse(`${name} has no head over its vocabulary`, 'Leave it out.');
    },
    option: {
      flag: '--evaluation',
      help: 'inference with labels: the loss of every token beside its logits',
    },
  }),

  /** Texts that generation goes on from, one for all sequences or one for each. Left out, random tokens. */
  prompts: setting({
    kind: TEXTS,
    label: 'Prompts',
    modes: ['generate'],
    check(prompts, run: { mode: Mode; batch: number }, _, refuse) {
      if (run.mode !== 'generate')
        refuse(
          `a run that ${run.mode === 'train' ? 'trains' : 'infers'} goes on from no text`,
          'Use --mode generate, or leave the prompt out.',
          prompts[0],
        );
      if (prompts.length !== 1 && prompts.length !== run.batch)
        refuse(
          `there are that many, and the batch has ${run.batch} sequences`,
          'Give one prompt for all sequences, or one for each.',
          prompts.length,
        );
    },
    option: {
      flag: '--prompt',
      takes: '<text>',
      help: "text that the bundled workload goes on from, in GPT-2's tokens; given again, one more sequence",
      repeats: true,
      bundledOnly: true,
    },
  }),

  /** What the tokens of training are; left out, random. Inference over the text scores the part that training never sees. */
  data: setting({
    kind: choice(['random', 'text'], 'Use random or text.'),
    label: 'Data',
    option: {
      flag: '--data',
      takes: '<kind>',
      help: 'what the bundled workload trains on: random, text; with --mode infer, text scores the part that training never sees',
      bundledOnly: true,
      after: '--top-p',
    },
  }),

  /** The next token is drawn at this temperature. Without it, top-k and top-p, the likeliest is taken. */
  temperature: setting({
    kind: positive(
      'probabilities are divided by it',
      'Give a number above 0, or leave it out for the likeliest token.',
    ),
    label: 'Temperature',
    modes: ['generate'],
    option: {
      flag: '--temperature',
      takes: '<t>',
      help: 'generation of the bundled workload: draw tokens at this temperature',
      bundledOnly: true,
    },
  }),

  /** Drawn among this many likeliest tokens. */
  topK: setting({
    kind: count(),
    label: 'Top-k',
    modes: ['generate'],
    option: {
      flag: '--top-k',
      takes: '<n>',
      help: 'draw among the n likeliest tokens',
      bundledOnly: true,
    },
  }),

  /** Drawn among the fewest likeliest tokens whose probabilities reach this. */
  topP: setting({
    kind: positive('it is a probability', 'Give a number above 0, at most 1.', 1),
    label: 'Top-p',
    modes: ['generate'],
    option: {
      flag: '--top-p',
      takes: '<p>',
      help: 'draw among the fewest likeliest tokens that reach this probability',
      bundledOnly: true,
    },
  }),
};
