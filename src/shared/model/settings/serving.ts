/** Settings of serving: the engine, its share of the card, and how it lays out the cache. */
import { type Framework, type Mode, SERVERS } from '../choices';
import { GGUF_TYPES } from '../gguf';
import { choice, count, positive } from './kinds';
import { type Refuse, setting } from './setting';

interface Served {
  readonly mode: Mode;
  readonly framework: Framework;
  readonly engine?: (typeof SERVERS)[number];
}

function requireServing({ mode }: Served, refuse: Refuse): void {
  if (mode !== 'serve')
    refuse(
      `it is a setting of serving, and the mode is ${mode}`,
      'Use --mode serve, or leave it out.',
    );
}

const always = () => true;

export const SERVING = {
  /** Left out, vllm. */
  engine: setting({
    kind: choice(SERVERS),
    label: 'Serving engine',
    modes: ['serve'],
    impliesPyTorch: always,
    check: (_, run: Served, __, refuse) => requireServing(run, refuse),
    option: { flag: '--engine', takes: '<name>', help: `${SERVERS.join(', ')} (serve)` },
  }),

  /** Of the card's memory that the engine may take: vLLM's gpu-memory-utilization, SGLang's mem-fraction-static. */
  gpuShare: setting({
    kind: positive('it is a share of the card', 'Use a number above 0, at most 1.', 1),
    label: 'Share of the card',
    modes: ['serve'],
    impliesPyTorch: always,
    check(_, run: Served, __, refuse) {
      requireServing(run, refuse);
      if (run.engine === 'llama.cpp')
        refuse('llama.cpp takes what its context needs and no share', 'Leave it out.');
    },
    option: {
      flag: '--gpu-share',
      takes: '<share>',
      help: 'of the card that the engine may take (vllm 0.9, sglang 0.88)',
    },
  }),

  /** Tokens of a block of the cache, which one sequence has alone. */
  kvBlock: setting({
    kind: count(),
    label: 'Tokens of a cache block',
    modes: ['serve'],
    impliesPyTorch: always,
    check: (_, run: Served, __, refuse) => requireServing(run, refuse),
    option: {
      flag: '--kv-block',
      takes: '<tokens>',
      help: 'tokens of a block of the cache (vllm 16, sglang 1, llama.cpp 256)',
    },
  }),

  /** Sequences the engine may run at once, for which its sampler is measured. */
  maxSequences: setting({
    kind: count(),
    label: 'Sequences at once',
    modes: ['serve'],
    impliesPyTorch: always,
    check(most, run: Served & { batch: number }, _, refuse) {
      requireServing(run, refuse);
      if (run.batch > most)
        refuse(`the batch has ${run.batch} sequences`, `Use at least ${run.batch}.`);
    },
    option: {
      flag: '--max-sequences',
      takes: '<n>',
      help: 'sequences the engine may run at once (vllm: 1,024 from 70 GiB on, else 256)',
    },
  }),

  /** Tokens of prompts in one pass, for which the activations are measured. */
  maxBatchedTokens: setting({
    kind: count(),
    label: 'Tokens of a pass',
    modes: ['serve'],
    impliesPyTorch: always,
    check: (_, run: Served, __, refuse) => requireServing(run, refuse),
    option: {
      flag: '--max-batched-tokens',
      takes: '<n>',
      help: 'tokens of prompts in one pass (vllm, sglang 8,192; llama.cpp 512)',
    },
  }),

  /** MiB that CUDA graphs are given. */
  graphMemory: setting({
    kind: count(0),
    label: 'MiB for CUDA graphs',
    modes: ['serve'],
    impliesPyTorch: always,
    check: (_, run: Served, __, refuse) => requireServing(run, refuse),
    option: {
      flag: '--graph-memory',
      takes: '<MiB>',
      help: 'set aside for CUDA graphs, as the engine’s log gives it (left out, 0)',
    },
  }),

  /** Type of the weights in a GGUF file. */
  gguf: setting({
    kind: choice(GGUF_TYPES),
    label: 'GGUF type',
    modes: ['serve'],
    impliesPyTorch: always,
    check(_, run: Served, __, refuse) {
      requireServing(run, refuse);
      if (run.engine !== 'llama.cpp')
        refuse('GGUF files are served by llama.cpp', 'Use --engine llama.cpp.');
    },
    option: { flag: '--gguf', takes: '<type>', help: `${GGUF_TYPES.join(', ')} (llama.cpp)` },
  }),
};
