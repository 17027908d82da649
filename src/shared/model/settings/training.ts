/** Settings of how a model is trained: which of its weights, with what loss, by which kernels. */
import {
  type Framework,
  GRADIENT_PRECISIONS,
  LORA_TARGETS,
  LOSSES,
  type Mode,
  type Offload,
  type Optimizer,
  type Precision,
  UNQUANTIZED_PRECISIONS,
} from '../choices';
import { hasLmHead } from '../parameters';
import { isQuantized } from '../precision';
import { findUnknownTarget } from '../weights/adapters';
import { choice, count, MODULES, SWITCH, UNCERTAIN } from './kinds';
import { refuseBundled, setting } from './setting';

const always = () => true;

/** Optimizers with a fused kernel in torch.optim: SGD, with momentum or without, Adam and AdamW. */
const FUSED: ReadonlySet<Optimizer> = new Set(['adamw', 'adam', 'momentum', 'sgd']);

const PAGED: ReadonlySet<Optimizer> = new Set(['adamw', 'adam', 'adam8bit', 'lion']);

export const TRAINING = {
  /** Low-rank adapters: their rank; left out or 0, every weight is trained. */
  loraRank: setting({
    kind: count(0),
    label: 'Rank of low-rank adapters',
    modes: ['train'],
    nothing: 0,
    impliesPyTorch: always,
    check(rank, run: { mode: Mode; framework: Framework }, { hidden }, refuse) {
      if (rank === 0) return;
      refuseBundled(run, refuse);
      if (rank > hidden)
        refuse(`an adapter has at most the model's width, ${hidden}`, `Use 1 to ${hidden}.`);
      if (run.mode !== 'train')
        refuse(
          `adapters are trained, and the mode is ${run.mode}`,
          'Use --mode train; merged adapters cost inference nothing.',
        );
    },
    option: {
      flag: '--lora-rank',
      takes: '<r>',
      help: 'train low-rank adapters instead of the weights',
    },
  }),

  /** query-value (left out), all-linear, or names of modules as PEFT's target_modules takes them. */
  loraTargets: setting({
    kind: MODULES,
    label: 'Matrices with adapters',
    modes: ['train'],
    check(targets, run: { loraRank?: number }, model, refuse) {
      if (!run.loraRank)
        refuse('the run has no adapters', 'Give --lora-rank, or leave --lora-targets out.');
      const unknown = findUnknownTarget(model, targets);
      if (unknown !== null)
        refuse(
          `the layers of ${model.name} have no module of that name`,
          `Use query-value, all-linear, or some of ${unknown.known.join(',')}.`,
          unknown.name,
        );
    },
    option: {
      flag: '--lora-targets',
      takes: '<which>',
      help: `${LORA_TARGETS.join(', ')}, or names of modules: q_proj,v_proj`,
    },
  }),

  /** Frozen models of the same size held beside the one that trains, as preference training compares with. */
  referenceModels: setting({
    kind: count(0),
    label: 'Reference models',
    modes: ['train'],
    nothing: 0,
    impliesPyTorch: always,
    check(models, run: { mode: Mode; framework: Framework }, _, refuse) {
      if (models === 0) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(
          `it is compared with in training, and the mode is ${run.mode}`,
          'Use --mode train, or leave it out.',
        );
    },
    option: {
      flag: '--reference-models',
      takes: '<n>',
      help: 'frozen models of the same size held beside the one that trains',
    },
  }),

  /** Gradients are kept in this precision; left out, in that of their weights. */
  gradientPrecision: setting({
    kind: choice(GRADIENT_PRECISIONS),
    label: 'Precision of gradients',
    modes: ['train'],
    impliesPyTorch: always,
    check(_, run: { mode: Mode; framework: Framework }, __, refuse) {
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(
          `there are none, since the mode is ${run.mode}`,
          'Use --mode train, or leave it out.',
        );
    },
    option: {
      flag: '--gradient-precision',
      takes: '<p>',
      help: `${GRADIENT_PRECISIONS.join(', ')}: gradients, where they differ from their weights`,
    },
  }),

  /** Adapters learn a direction, and beside it the magnitude of each output (DoRA). */
  dora: setting({
    kind: SWITCH,
    label: 'Magnitudes beside the adapters (DoRA)',
    modes: ['train'],
    impliesPyTorch: (isOn) => isOn,
    check(isOn, run: { loraRank?: number }, _, refuse) {
      if (isOn && !run.loraRank)
        refuse('the run has no adapters', 'Give --lora-rank, or leave it out.');
    },
    option: { flag: '--dora', help: 'adapters with the magnitude of each output apart (DoRA)' },
  }),

  /** Adapters, their gradients and states are kept in this precision; left out, fp32, which PEFT casts narrower ones to. */
  loraPrecision: setting({
    kind: choice(GRADIENT_PRECISIONS),
    label: 'Precision of the adapters',
    modes: ['train'],
    impliesPyTorch: always,
    check(_, run: { loraRank?: number }, __, refuse) {
      if (!run.loraRank) refuse('the run has no adapters', 'Give --lora-rank, or leave it out.');
    },
    option: {
      flag: '--lora-precision',
      takes: '<p>',
      help: 'fp32 as PEFT casts them, or that of the model (autocast_adapter_dtype=False)',
    },
  }),

  /** What bitsandbytes leaves unquantized trains adapters in this precision; left out, fp32, which PEFT casts it to. */
  unquantizedPrecision: setting({
    kind: choice(UNQUANTIZED_PRECISIONS),
    label: 'Precision of what is not quantized',
    modes: ['train'],
    impliesPyTorch: always,
    check(_, run: { loraRank?: number; precision: Precision }, __, refuse) {
      if (!run.loraRank || !isQuantized(run.precision))
        refuse(
          'it is a choice of runs that train adapters on quantized weights',
          'Give --lora-rank and --precision nf4 or int8, or leave it out.',
        );
    },
    option: {
      flag: '--unquantized-precision',
      takes: '<p>',
      help: 'fp32 as PEFT prepares quantized models, or bf16: embeddings, norms and head',
    },
  }),

  /** Each weight is updated as soon as backward has its gradient, which goes at once (a hook behind its accumulation). */
  optimizerInBackward: setting({
    kind: SWITCH,
    label: 'Optimizer in backward',
    modes: ['train'],
    impliesPyTorch: (isOn) => isOn,
    check(
      isOn,
      run: {
        mode: Mode;
        framework: Framework;
        gradAccum: number;
        pp?: number;
        zero?: number;
        offload?: Offload;
      },
      _,
      refuse,
    ) {
      if (!isOn) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(`nothing is updated, since the mode is ${run.mode}`, 'Use --mode train.');
      if (run.gradAccum > 1 || (run.pp ?? 1) > 1)
        refuse(
          'gradients of several micro-batches have to be kept and added up',
          'Use one micro-batch a step, or leave it out.',
        );
      if ((run.zero ?? 0) > 0 || (run.offload ?? 'none') !== 'none')
        refuse(
          'sharded or offloaded states are updated together, after backward',
          'Leave --zero and --offload out, or this.',
        );
    },
    option: {
      flag: '--optimizer-in-backward',
      help: 'update each weight as its gradient comes, so that gradients are not kept',
    },
  }),

  /** Optimizer states in memory that pages to the host when the device runs short (bitsandbytes' paged optimizers). */
  pagedOptimizer: setting({
    kind: SWITCH,
    label: 'Paged optimizer',
    modes: ['train'],
    impliesPyTorch: (isOn) => isOn,
    check(isOn, run: { mode: Mode; framework: Framework; optimizer: Optimizer }, _, refuse) {
      if (!isOn) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(`there are no states, since the mode is ${run.mode}`, 'Use --mode train.');
      if (!PAGED.has(run.optimizer))
        refuse(
          `bitsandbytes has no paged ${run.optimizer}`,
          `Use ${[...PAGED].join(', ')}, or leave it out.`,
        );
    },
    option: {
      flag: '--paged-optimizer',
      help: 'optimizer states in memory that pages to the host (bitsandbytes)',
    },
  }),

  /** What autograd saves of the layers goes to host memory and comes back for backward. */
  offloadActivations: setting({
    kind: SWITCH,
    label: 'Activations in host memory',
    modes: ['train'],
    impliesPyTorch: (isOn) => isOn,
    check(isOn, run: { mode: Mode; framework: Framework }, _, refuse) {
      if (!isOn) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(`nothing is saved, since the mode is ${run.mode}`, 'Use --mode train.');
    },
    option: {
      flag: '--offload-activations',
      help: 'keep what the layers save for backward in host memory',
    },
  }),

  /** Probability of dropout before the adapters; left out, 0. */
  loraDropout: setting({
    kind: UNCERTAIN,
    label: 'Dropout of the adapters',
    modes: ['train'],
    impliesPyTorch: always,
    check(probability, run: { loraRank?: number }, _, refuse) {
      if (probability > 0 && !run.loraRank)
        refuse('the run has no adapters', 'Give --lora-rank, or leave it out.');
    },
    option: {
      flag: '--lora-dropout',
      takes: '<p>',
      help: 'probability of dropout before the adapters',
    },
  }),

  /** The first so many layers and the embeddings, a head tied to them too, are not trained; left out or 0, all is. */
  frozenLayers: setting({
    kind: count(0),
    label: 'Frozen layers',
    modes: ['train'],
    impliesPyTorch: always,
    check(
      frozen,
      run: { mode: Mode; framework: Framework; loraRank?: number; pp?: number },
      model,
      refuse,
    ) {
      if (frozen === 0) return;
      refuseBundled(run, refuse);
      const { name, layers } = model;
      if (run.mode !== 'train')
        refuse(
          `the mode is ${run.mode}, which trains nothing`,
          'Use --mode train, or leave --freeze out.',
        );
      if (frozen > layers) refuse(`there are ${layers} layers`, `Use 0 to ${layers}.`);
      if (run.loraRank)
        refuse(
          'with adapters every weight of the model is frozen already',
          'Leave --freeze or --lora-rank out.',
        );
      if ((run.pp ?? 1) > 1)
        refuse('the stages of a pipeline would have unlike work', 'Use --zero, --dp or --tp.');
      if (model.decoderLayers)
        refuse(
          `${name} is an encoder-decoder, whose two stacks share the embeddings`,
          'Leave --freeze out.',
        );
      const trainsAbove =
        !model.postNorm || (model.pooler ?? false) || (hasLmHead(model) && !model.tiedHead);
      if (frozen === layers && !trainsAbove)
        refuse(`${name} has no weights above its last layer to train`, `Use 0 to ${layers - 1}.`);
    },
    option: {
      flag: '--freeze',
      takes: '<n>',
      help: 'train without the first n layers and the embeddings',
    },
  }),

  /** Probability of dropout in training; left out, 0. */
  dropout: setting({
    kind: UNCERTAIN,
    label: 'Dropout',
    modes: ['train'],
    impliesPyTorch: always,
    option: { flag: '--dropout', takes: '<p>', help: 'probability of dropout in training' },
  }),

  /**
   * How the loss is computed: over all logits at once (plain, left out); by a kernel that leaves the gradient in their
   * place (in-place: Liger, Unsloth, flash-attention); or chunk by chunk with the head (fused).
   */
  loss: setting({
    kind: choice(LOSSES),
    label: 'Loss',
    modes: ['train'],
    impliesPyTorch: always,
    option: {
      flag: '--loss',
      takes: '<kind>',
      help: 'plain, in-place, or fused with the head chunk by chunk',
    },
  }),

  /** PyTorch optimizers: over lists of tensors (left out; Adam then holds one temporary a parameter), or one kernel. */
  optimizerKernel: setting({
    kind: choice(['foreach', 'fused']),
    label: 'Kernel of the optimizer',
    modes: ['train'],
    impliesPyTorch: always,
    check(kernel, run: { optimizer: Optimizer }, _, refuse) {
      if (kernel === 'fused' && !FUSED.has(run.optimizer))
        refuse(
          `PyTorch has no such kernel for ${run.optimizer}`,
          `Use --optimizer ${[...FUSED].join(' or ')}, or leave --optimizer-kernel out.`,
        );
    },
    option: { flag: '--optimizer-kernel', takes: '<kind>', help: 'foreach, fused (PyTorch)' },
  }),
};
