/** Settings of how a run is spread over devices, and which they are. */
import { type Framework, type Mode, OFFLOADS, type Optimizer } from '../choices';
import { choice, count, SWITCH, TEXT } from './kinds';
import { refuseBundled, setting } from './setting';

const always = () => true;

export const DEVICES = {
  /** ZeRO stage: 1 shards optimizer states over `dp` ranks, 2 gradients too, 3 parameters too (FSDP). */
  zero: setting({
    kind: choice([0, 1, 2, 3]),
    label: 'ZeRO stage',
    modes: ['train'],
    nothing: 0,
    impliesPyTorch: always,
    check(stage, run: { mode: Mode; framework: Framework }, _, refuse) {
      if (stage === 0) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(
          `ZeRO shards what training holds, and the mode is ${run.mode}`,
          'Use --tp to split a model that only runs forward.',
        );
    },
    option: {
      flag: '--zero',
      takes: '<stage>',
      help: '0, 1, 2, 3: what ZeRO shards over the data-parallel ranks',
    },
  }),

  dp: setting({
    kind: count(),
    label: 'Data-parallel ranks',
    usualMode: 'train',
    impliesPyTorch: always,
    check(ranks, run: { framework: Framework }, _, refuse) {
      if (ranks > 1) refuseBundled(run, refuse);
    },
    option: { flag: '--dp', takes: '<n>', help: 'data-parallel ranks' },
  }),

  /** ZeRO shards within groups of so many ranks, and the groups are copies of each other (FSDP's HYBRID_SHARD). */
  shardGroup: setting({
    kind: count(),
    label: 'Ranks of a sharding group',
    modes: ['train'],
    impliesPyTorch: always,
    check(ranks, run: { framework: Framework; zero?: number; dp?: number }, _, refuse) {
      refuseBundled(run, refuse);
      const { zero = 0, dp = 1 } = run;
      if (zero === 0) refuse('ZeRO shards nothing', 'Give --zero, or leave it out.');
      if (dp % ranks !== 0)
        refuse(`it does not divide the ${dp} data-parallel ranks`, `Use a divisor of ${dp}.`);
    },
    option: {
      flag: '--shard-group',
      takes: '<n>',
      help: 'ranks that ZeRO shards over, in groups that are copies of each other (left out, all)',
    },
  }),

  /**
   * Elements of the buckets that DeepSpeed copies gradients into before it reduces them: two in the backward pass of stage 2
   * (deepspeed/runtime/zero/stage_1_and_2.py, backward, with overlap_comm), one throughout in stage 3 (stage3.py).
   */
  reduceBucket: setting({
    kind: count(),
    label: 'Elements of a reduction bucket',
    modes: ['train'],
    impliesPyTorch: always,
    check(_elements, run: { framework: Framework; zero?: number }, _, refuse) {
      refuseBundled(run, refuse);
      if ((run.zero ?? 0) < 2)
        refuse(
          'stages 2 and 3 of ZeRO alone reduce in buckets of their own',
          'Give --zero 2 or 3, or leave it out.',
        );
    },
    option: {
      flag: '--reduce-bucket',
      takes: '<n>',
      help: 'elements of the buckets that DeepSpeed reduces gradients in (its reduce_bucket_size, 500000000 where not configured; left out, none)',
    },
  }),

  tp: setting({
    kind: count(),
    label: 'Tensor-parallel ranks',
    impliesPyTorch: always,
    check(ranks, run: { framework: Framework }, { heads, kvHeads }, refuse) {
      if (ranks === 1) return;
      refuseBundled(run, refuse);
      if (heads % ranks !== 0)
        refuse(`it does not divide the ${heads} heads`, `Use a divisor of ${heads}.`);
      if (ranks > kvHeads && ranks % kvHeads !== 0)
        refuse(
          `it is no multiple of the ${kvHeads} key-value heads, which are then copied`,
          `Use a multiple of ${kvHeads}.`,
        );
    },
    option: { flag: '--tp', takes: '<n>', help: 'tensor-parallel ranks' },
  }),

  pp: setting({
    kind: count(),
    label: 'Pipeline stages',
    impliesPyTorch: always,
    check(stages, run: { framework: Framework }, { name, layers, decoderLayers }, refuse) {
      if (stages === 1) return;
      refuseBundled(run, refuse);
      if (stages > layers) refuse(`there are ${layers} layers`, `Use 1 to ${layers}.`);
      if (decoderLayers)
        refuse(
          `${name} is an encoder-decoder, and its two stacks do not share a pipeline`,
          'Use --tp or --zero.',
        );
    },
    option: { flag: '--pp', takes: '<n>', help: 'pipeline stages' },
  }),

  /** Chunks of layers that each stage of a pipeline holds, in turn with the other stages (interleaved 1F1B). */
  pipelineChunks: setting({
    kind: count(),
    label: 'Chunks of a pipeline stage',
    modes: ['train'],
    nothing: 1,
    impliesPyTorch: always,
    check(
      chunks,
      run: { framework: Framework; pp?: number; microBatches?: number },
      { layers },
      refuse,
    ) {
      if (chunks === 1) return;
      refuseBundled(run, refuse);
      const { pp = 1, microBatches = pp } = run;
      if (pp === 1) refuse('there is one stage', 'Give --pp, or leave it out.');
      if (pp * chunks > layers)
        refuse(
          `${pp} stages of so many chunks need as many layers, and there are ${layers}`,
          `Use 1 to ${Math.floor(layers / pp)}.`,
        );
      if (microBatches % pp !== 0)
        refuse(
          `stages take turns over groups of ${pp} micro-batches, and there are ${microBatches}`,
          `Give --micro-batches a multiple of ${pp}.`,
        );
    },
    option: {
      flag: '--pp-chunks',
      takes: '<n>',
      help: 'chunks of layers a pipeline stage holds in turn (interleaved schedule)',
    },
  }),

  /** Ranks that share each sequence: every one holds its part of the tokens and sees the others' keys and values in turn. */
  cp: setting({
    kind: count(),
    label: 'Context-parallel ranks',
    modes: ['train'],
    nothing: 1,
    impliesPyTorch: always,
    check(
      ranks,
      run: { mode: Mode; framework: Framework; seq: number; attention: string },
      { architecture },
      refuse,
    ) {
      if (ranks === 1) return;
      refuseBundled(run, refuse);
      if (run.mode !== 'train')
        refuse(`it splits the sequences of training, and the mode is ${run.mode}`, 'Use --tp.');
      if (architecture !== 'decoder') refuse('it is for decoders', 'Use --tp or --zero.');
      if (run.attention === 'eager')
        refuse('eager attention needs all keys at once', 'Use --attention sdpa or flash.');
      if (run.seq % (2 * ranks) !== 0)
        refuse(
          `a rank takes two of ${2 * ranks} equal parts of a sequence of ${run.seq} tokens`,
          `Give --seq a multiple of ${2 * ranks}.`,
        );
    },
    option: {
      flag: '--cp',
      takes: '<n>',
      help: 'context-parallel ranks, which share each sequence',
    },
  }),

  /** Pipeline: micro-batches of a step. */
  microBatches: setting({
    kind: count(),
    label: 'Micro-batches of a pipeline step',
    modes: ['train'],
    nothing: 1,
    option: { flag: '--micro-batches', takes: '<n>', help: 'micro-batches of a pipeline step' },
  }),

  /** Tensor parallelism splits what lies between its regions along the sequence. */
  sequenceParallel: setting({
    kind: SWITCH,
    label: 'Sequence parallelism',
    usualMode: 'train',
    check(isOn, { framework, tp = 1 }: { framework: Framework; tp?: number }, _, refuse) {
      if (isOn && framework !== 'tfjs' && tp === 1)
        refuse(
          'it splits what lies between tensor-parallel regions, and --tp is 1',
          'Give --tp, or leave it out.',
        );
    },
    option: {
      flag: '--sequence-parallel',
      help: 'split along the sequence what lies between tensor-parallel regions',
    },
  }),

  /** Ranks over which experts are spread. */
  expertParallel: setting({
    kind: count(),
    label: 'Ranks of experts',
    impliesPyTorch: always,
    check(
      ranks,
      run: { framework: Framework; dp?: number; tp?: number },
      { name, experts },
      refuse,
    ) {
      if (ranks === 1) return;
      refuseBundled(run, refuse);
      if (!experts) return refuse(`${name} has no experts`, 'Leave it out.');
      if (experts.total % ranks !== 0)
        refuse(
          `it does not divide the ${experts.total} experts`,
          `Use a divisor of ${experts.total}.`,
        );
      const available = (run.dp ?? 1) * (run.tp ?? 1);
      if (ranks > available)
        refuse(
          `experts are spread over the ranks there are, ${available} in each stage`,
          `Use at most ${available}.`,
        );
    },
    option: {
      flag: '--expert-parallel',
      takes: '<n>',
      help: 'ranks over which experts are spread',
    },
  }),

  /** What is kept in host memory: optimizer states and masters, or parameters too. */
  offload: setting({
    kind: choice(OFFLOADS),
    label: 'Kept in host memory',
    impliesPyTorch: always,
    check(offload, run: { mode: Mode; framework: Framework; optimizer: Optimizer }, _, refuse) {
      if (offload === 'none') return;
      refuseBundled(run, refuse);
      if (run.mode === 'serve')
        refuse(
          'an engine keeps its weights on the device',
          'Leave it out, or use --mode generate.',
        );
      if (run.mode === 'train' && run.optimizer === 'adam8bit')
        refuse(
          'the 8-bit optimizer runs on the GPU alone',
          'Use --paged-optimizer, or adamw with offloading.',
        );
    },
    option: { flag: '--offload', takes: '<what>', help: OFFLOADS.join(', ') },
  }),

  /** GPU the run is meant for: decides context and workspace. */
  gpu: setting({
    kind: TEXT,
    label: 'GPU',
    option: {
      flag: '--gpu',
      takes: '<name|size>',
      help: 'GPU the run is meant for, by name or by memory (24GB: GB on a card means GiB)',
    },
  }),
};
