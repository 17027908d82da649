/** The settings that every run has, in the order of its document. */
import { checkBundledPrecision, isBundledByDefault, notBundled } from '../bundled';
import { type Checkpointing, isCheckpointing, segmentLength } from '../checkpointing';
import {
  ATTENTIONS,
  BACKENDS,
  CACHE_PRECISIONS,
  FRAMEWORKS,
  type Framework,
  MODES,
  type Mode,
  OPTIMIZERS,
  PRECISIONS,
  type Precision,
} from '../choices';
import type { ModelSpec } from '../model-spec';
import { bytesPerElement, isMixed, isQuantized } from '../precision';
import { rejectField, rejectOption } from '../reject-field';
import { publishedPrecision } from '../stored-precision';
import { choice, choiceOrNull, count, GENERATED_COUNT, type Kind, SWITCH } from './kinds';
import {
  checkApart,
  checkSeq,
  checkTogether,
  defaultPromptTokens,
  defaultSeq,
  defaultTokens,
  type Lengths,
} from './lengths';
import { type Refuse, setting } from './setting';

interface Worked {
  readonly mode: Mode;
  readonly framework: Framework;
}

/** A model that the bundled workload cannot be is refused by the framework, and by no other setting. */
function isBundled({ framework }: Worked, model: ModelSpec): boolean {
  return framework === 'tfjs' && notBundled(model) === null;
}

/** N of every=N is checked against the model's layers. */
const CHECKPOINTING: Kind<Checkpointing> = {
  asked: 'words',
  check() {},
  parse: (option, text) =>
    isCheckpointing(text)
      ? text
      : rejectOption(option, text, 'Use none, full, selective or every=N.'),
};

interface Stored extends Worked {
  readonly kvCache: boolean;
  readonly precision: Precision;
  readonly kvPrecision: Precision;
  readonly loraRank?: number;
}

/** Engines serve decoders; the bundled workload is none of them. */
function checkServed({ framework }: Worked, { name, architecture }: ModelSpec, refuse: Refuse) {
  if (architecture !== 'decoder')
    refuse(`engines serve decoders, and ${name} is an ${architecture}`, 'Use infer or generate.');
  if (framework === 'tfjs')
    refuse('the bundled workload is no serving engine', 'Use --framework pytorch.');
}

/** Each is worked out operation by operation in the bundled workload's budget. */
const MOST_ACCUMULATED = 1024;

export const EVERY_RUN = {
  mode: setting({
    kind: choice(MODES),
    label: 'Mode',
    default: (_: Worked, model) => (model.architecture === 'encoder' ? 'infer' : 'generate'),
    check(mode, run: Worked, model, refuse) {
      if (mode === 'serve') checkServed(run, model, refuse);
      if (model.architecture !== 'encoder') return;
      if (isBundled(run, model) && mode !== 'infer')
        refuse(
          'the bundled workload runs encoders forward only',
          'Use --mode infer, or --framework pytorch.',
        );
      if (run.framework !== 'tfjs' && mode === 'generate')
        refuse(`${model.name} is an encoder and generates nothing`, 'Use train or infer.');
    },
    impliesPyTorch: (mode) => mode === 'serve',
    option: { flag: '--mode', takes: '<mode>', help: MODES.join(', ') },
  }),

  /** Sequences per micro-batch and rank (B). */
  batch: setting({
    kind: count(),
    label: 'Batch',
    default: 1,
    option: { flag: '--batch', takes: '<n>', help: 'sequences per micro-batch and rank' },
  }),

  /** Tokens per sequence (n). For generation: prompt plus generated tokens. */
  seq: setting({
    kind: count(),
    label: 'Sequence length',
    modes: ['train', 'infer', 'serve'],
    alsoIn: ['generate'],
    default: defaultSeq,
    check: checkSeq,
    option: { flag: '--seq', takes: '<n>', help: 'tokens per sequence' },
  }),

  /** Generation only: tokens of the prompt, taken in by prefill. */
  promptTokens: setting({
    kind: GENERATED_COUNT,
    label: 'Prompt tokens',
    modes: ['generate'],
    nothing: 0,
    default: defaultPromptTokens,
    check: checkApart,
    option: { flag: '--prompt-tokens', takes: '<n>', help: 'tokens of the prompt (generate)' },
  }),

  /** Generation only: tokens produced. */
  tokens: setting({
    kind: GENERATED_COUNT,
    label: 'Tokens to generate',
    modes: ['generate'],
    nothing: 0,
    default: defaultTokens,
    check(tokens, run: Lengths, model, refuse) {
      checkApart(tokens, run, model, refuse);
      checkTogether(tokens, run, model, refuse);
      const whole = run.promptTokens + tokens;
      if (run.mode === 'generate' && run.seq !== whole)
        rejectField(
          '--seq',
          run.seq,
          `for generation it is the prompt and the new tokens together, ${whole}`,
          `Leave --seq out, or give ${whole}.`,
        );
    },
    option: { flag: '--tokens', takes: '<n>', help: 'tokens to generate' },
  }),

  kvCache: setting({
    kind: SWITCH,
    label: 'KV cache',
    modes: ['generate'],
    alsoIn: ['serve'],
    default: ({ mode }: { mode: Mode }) => mode === 'generate' || mode === 'serve',
    check(isOn, { mode }: { mode: Mode }, _, refuse) {
      if (mode === 'serve' && !isOn)
        refuse('an engine serves from one', 'Leave it out, or use --mode generate.');
    },
    option: {
      flag: '--kv-cache',
      takes: '<on|off>',
      help: 'keep keys and values between tokens',
    },
  }),

  precision: setting({
    kind: choice(
      PRECISIONS,
      `Use one of ${PRECISIONS.join(', ')}. GGUF's types (Q4_K_M) go with --engine llama.cpp --gguf.`,
    ),
    label: 'Precision',
    // As the framework loads it: in what it was published in. The bundled workload has fp32 alone unless told otherwise.
    default: ({ framework, mode }: Stored, model, { loraRank = 0 }) =>
      framework === 'tfjs' ? 'fp32' : publishedPrecision(model, mode === 'train' && loraRank === 0),
    check(precision, run: Stored, model, refuse) {
      if (isBundled(run, model)) checkBundledPrecision(run);
      if (run.framework === 'tfjs' || run.mode !== 'train' || run.loraRank) return;
      if (isQuantized(precision))
        refuse(
          'quantized weights are not trained themselves',
          'Give a LoRA rank, or use fp32, bf16 or mixed-bf16.',
        );
    },
    option: { flag: '--precision', takes: '<p>', help: PRECISIONS.join(', ') },
  }),

  /** A cache is kept at the working precision; weights-only quantization and fp32 masters do not reach it. */
  kvPrecision: setting({
    kind: choice(CACHE_PRECISIONS),
    label: 'Precision of the KV cache',
    modes: ['generate', 'serve'],
    usualMode: 'generate',
    default: ({ precision }: { precision: Precision }) =>
      isMixed(precision) || bytesPerElement(precision) < 2 ? 'fp16' : precision,
    option: {
      flag: '--kv-precision',
      takes: '<p>',
      help: 'precision of the KV cache, where it differs',
    },
  }),

  optimizer: setting({
    kind: choice(OPTIMIZERS),
    label: 'Optimizer',
    modes: ['train'],
    // What each framework's own examples take.
    default: (_: Worked, _model, { framework = 'tfjs' }) =>
      framework === 'tfjs' ? 'adam' : 'adamw',
    check(optimizer, run: Worked, model, refuse) {
      if (!isBundled(run, model) || run.mode !== 'train') return;
      if (!['adamw', 'adam', 'momentum', 'sgd'].includes(optimizer))
        refuse(
          'TensorFlow.js has no such optimizer',
          'Use adamw, adam, momentum or sgd, or --framework pytorch.',
        );
    },
    option: { flag: '--optimizer', takes: '<name>', help: OPTIMIZERS.join(', ') },
  }),

  /** Micro-batches whose gradients are added up before the optimizer's step. */
  gradAccum: setting({
    kind: count(),
    label: 'Micro-batches a step',
    modes: ['train'],
    nothing: 1,
    default: 1,
    check(parts, run: Worked, model, refuse) {
      if (isBundled(run, model) && run.mode === 'train' && parts > MOST_ACCUMULATED)
        refuse(
          `the bundled workload adds up ${MOST_ACCUMULATED} at most`,
          `Use 1 to ${MOST_ACCUMULATED}, or --framework pytorch.`,
        );
    },
    option: {
      flag: '--grad-accum',
      takes: '<n>',
      help: 'micro-batches per optimizer step',
      after: '--batch',
    },
  }),

  checkpointing: setting({
    kind: CHECKPOINTING,
    label: 'Checkpointing',
    modes: ['train'],
    nothing: 'none',
    default: 'none',
    check(checkpointing, _, { layers }, refuse) {
      if (isCheckpointing(checkpointing) && (segmentLength(checkpointing) ?? 1) <= layers) return;
      refuse(
        `it is none, full, selective or every=N with N from 1 to the ${layers} layers`,
        `Use none, full, selective, or every=1 to every=${layers}.`,
      );
    },
    option: { flag: '--checkpointing', takes: '<how>', help: 'none, full, selective, every=N' },
  }),

  attention: setting({
    kind: choice(ATTENTIONS),
    label: 'Attention',
    // What each framework's own code takes where nothing is said.
    default: ({ framework }: { precision: Precision; framework: Framework }) =>
      framework === 'tfjs' ? 'eager' : 'sdpa',
    check(attention, run: { precision: Precision; framework: Framework }, _, refuse) {
      if (run.framework !== 'tfjs' && attention === 'flash' && run.precision === 'fp32')
        refuse(
          'the flash kernels know half precision only',
          'Use sdpa, or fp16, bf16 or mixed precision.',
        );
    },
    option: { flag: '--attention', takes: '<kind>', help: ATTENTIONS.join(', ') },
  }),

  causal: setting({
    kind: SWITCH,
    label: 'Count attention over the lower triangle only',
    default: false,
    option: { flag: '--causal', help: 'count attention over the lower triangle only' },
  }),

  framework: setting({
    kind: choice(FRAMEWORKS),
    label: 'Framework',
    default: ({ mode }: { mode: Mode }, model) =>
      mode !== 'serve' && isBundledByDefault(model) ? 'tfjs' : 'pytorch',
    check(framework, _, model, refuse) {
      const reason = framework === 'tfjs' ? notBundled(model) : null;
      if (reason !== null)
        refuse(
          `${reason}: the bundled workload is GPT-2 or a BERT encoder`,
          'Use --framework pytorch.',
        );
    },
    option: { flag: '--framework', takes: '<name>', help: FRAMEWORKS.join(', ') },
  }),

  /** tfjs only; null until a workload has chosen one. */
  backend: setting({
    kind: choiceOrNull(BACKENDS),
    label: 'Backend',
    choiceLabels: { null: 'best available', webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'CPU' },
    default: null,
    check(backend, { framework }: Worked, _, refuse) {
      if (backend !== null && framework !== 'tfjs')
        refuse(
          `it is a setting of the bundled workload, and the framework is ${framework}`,
          'Use --framework tfjs, or leave --backend out.',
        );
    },
    option: {
      flag: '--backend',
      takes: '<name>',
      help: `${BACKENDS.join(', ')} (bundled workload; best first when left out)`,
    },
  }),

  /** Training steps, or forward passes. */
  steps: setting({
    kind: count(),
    label: 'Steps',
    modes: ['train', 'infer'],
    usualMode: 'train',
    default: ({ mode }: { mode: Mode }) => (mode === 'train' ? 5 : 1),
    option: { flag: '--steps', takes: '<n>', help: 'training steps, or forward passes' },
  }),

  seed: setting({
    kind: count(0),
    label: 'Seed',
    default: 0,
    option: { flag: '--seed', takes: '<n>', help: 'seed of weights, data and sampling' },
  }),
};
