/**
 * Forward passes without autograd: nothing is saved, so one layer's tensors are all that lives beside the weights, the
 * keys and values, and the logits.
 *
 * Generation takes the prompt in at once, with logits for its last token alone (transformers since 4.45, before it for
 * all of them); each token after it goes into the cache. The
 * cache of transformers (DynamicCache) appends by concatenation, so that while one layer's keys grow the old and the new
 * tensor exist together. Models that pass the cache as tuples concatenate as well, but the caller holds the old tuple
 * until the new one is whole: two caches. A static cache has its full length from the start. The last token produced is
 * never fed, so a growing cache ends one short of the sequence.
 *
 * An encoder-decoder takes the prompt into its encoder. From then on its output stays, and for each layer of the decoder
 * the keys and values of cross-attention, made once; the decoder's own cache grows from its start token.
 */

import type { Phase } from '../../base/vocabulary';
import { latentKvWidth } from '../../model/kv';
import { hasLmHead } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { countWeights, split } from '../weights';
import { TensorSum } from './allocator';
import { countResident, type Holding } from './resident';
import { layerShape } from './saved-tensors';
import type { PhaseMoments } from './timeline';
import { elementBytes } from './types';
import { attentionForward, ffnForward } from './untaped';

export function inferenceMoments(model: ModelSpec, run: RunSpec, shard: Shard): PhaseMoments[] {
  const types = elementBytes(run);
  const weights = countWeights(model, run, shard);
  const resident = countResident(model, run, shard, types, weights);
  const load: Holding[] = [...resident.weights, ['buffers', resident.buffers, 1]];
  const base: Holding[] = [
    ...load,
    ['params', resident.casts, 1],
    ['workspace', resident.workspace, 1],
    ['communication', resident.fetched, 1],
  ];
  const loading = phase('load', null, null, [[...load, ['workspace', resident.loading, 1]]], load);

  const growth = run.cacheGrowth ?? 'append';
  const decoder = shard.decoderLayers > 0;
  const cachedLayers = decoder ? shard.decoderLayers : shard.layers;
  /** Keys and values of all layers that keep them at `length` tokens, and one layer's keys. */
  const cached = (length: number): { all: TensorSum; keys: TensorSum } => {
    const reached =
      model.slidingWindow === undefined ? length : Math.min(length, model.slidingWindow);
    const width = model.latentAttention
      ? latentKvWidth(model)
      : split(model.kvHeads, shard.kvSplit) * model.headDim;
    const bytes = Math.ceil(run.batch * reached * width * bytesPerElement(run.kvPrecision));
    const count = model.latentAttention ? 1 : 2;
    return {
      all: new TensorSum().add(bytes, count * cachedLayers),
      keys: new TensorSum().add(bytes),
    };
  };
  /** Moments of one pass over `tokens` new tokens of each sequence, `length` in all. */
  const pass = (
    tokens: number,
    length: number,
    logitRows: number,
    kept: readonly Holding[],
  ): Holding[][] => {
    const ids = new TensorSum().add(8 * run.batch * length, 2);
    const shape = layerShape(model, shard, run.batch, tokens);
    const stand: Holding[] = [
      ...base,
      ...kept,
      ['inputs', ids, 1],
      ['workspace', resident.expanded, run.batch * tokens > 1 ? 1 : 0],
    ];
    const mask = new TensorSum().add(
      run.attention === 'eager' ? types.compute * run.batch * tokens * length : 0,
    );
    const logits = new TensorSum();
    if (shard.head && hasLmHead(model)) {
      const vocab = split(model.vocab, shard.tensor);
      logits.add(types.compute * logitRows * vocab);
      if (run.mode === 'generate') logits.add(4 * run.batch * vocab);
    }
    return [
      ...[
        attentionForward(model, run, types, shape, length),
        ffnForward(model, run, types, shape, length),
      ].map(
        (work) => [...stand, ['buffers', mask, 1], ['activations', work, 1]] satisfies Holding[],
      ),
      [
        ...stand,
        ['activations', new TensorSum().add(types.compute * run.batch * tokens * model.hidden), 1],
        ['logits', logits, 1],
      ],
    ];
  };
  const fullLength = decoder ? run.tokens : run.seq;
  const cacheOf = (length: number): Holding[] =>
    run.kvCache
      ? [
          [
            'kv_cache',
            cached(growth === 'static' && run.mode === 'generate' ? fullLength : length).all,
            1,
          ],
        ]
      : [];
  /** What is there twice while the last layer takes a token in. */
  const growing = (length: number): Holding[] => {
    if (!run.kvCache || growth === 'static') return [];
    return [['kv_cache', growth === 'append' ? cached(length).keys : cached(length).all, 1]];
  };

  /** What an encoder leaves a decoder: its output, and keys and values of cross-attention where they are kept. */
  const encoded = (length: number): Holding[] =>
    decoder
      ? [
          [
            'activations',
            new TensorSum().add(types.compute * run.batch * length * model.hidden),
            1,
          ],
          ...(run.kvCache ? [['kv_cache', cached(length).all, 1] as const] : []),
        ]
      : [];
  if (run.mode === 'infer') {
    const moments = pass(run.seq, run.seq, run.batch * run.seq, [
      ...encoded(run.seq),
      ...cacheOf(run.seq),
    ]);
    return [
      loading,
      phase('forward', 1, run.steps, moments, [
        ...base,
        ['inputs', new TensorSum().add(8 * run.batch * run.seq, 2), 1],
      ]),
    ];
  }
  const { promptTokens: prompt, tokens } = run;
  const idsAt = (length: number): Holding => [
    'inputs',
    new TensorSum().add(8 * run.batch * length, 2),
    1,
  ];
  if (decoder) {
    const source = encoded(prompt);
    const first = [
      ...pass(prompt, prompt, 0, []),
      ...pass(1, 1, run.batch, [...source, ...cacheOf(1)]),
    ];
    const taken = phase('prefill', null, null, first, [
      ...base,
      ...source,
      ...cacheOf(1),
      idsAt(prompt + 1),
    ]);
    if (tokens < 2) return [loading, taken];
    const moments = run.kvCache
      ? pass(1, tokens, run.batch, [...source, ...cacheOf(tokens), ...growing(tokens - 1)])
      : pass(tokens, tokens, run.batch * tokens, source);
    return [
      loading,
      taken,
      phase('decode', null, null, moments, [
        ...base,
        ...source,
        ...cacheOf(tokens),
        idsAt(prompt + tokens + 1),
      ]),
    ];
  }
  const prefill = phase('prefill', null, null, pass(prompt, prompt, run.batch, cacheOf(prompt)), [
    ...base,
    ...cacheOf(prompt),
    idsAt(prompt + 1),
  ]);
  if (tokens < 2) return [loading, prefill];
  const last = prompt + tokens - 1;
  const moments = run.kvCache
    ? pass(1, last, run.batch, [...cacheOf(last), ...growing(last - 1)])
    : pass(last, last, run.batch * last, []);
  return [
    loading,
    prefill,
    phase('decode', null, null, moments, [...base, ...cacheOf(last), idsAt(last + 1)]),
  ];
}

function phase(
  name: Phase,
  step: number | null,
  lastStep: number | null,
  moments: readonly (readonly Holding[])[],
  end: readonly Holding[],
): PhaseMoments {
  return { phase: name, step, lastStep, moments, end };
}
