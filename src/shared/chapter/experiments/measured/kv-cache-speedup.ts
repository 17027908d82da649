/** The chapter's benchmark: the same tokens with and without a KV cache. */

import { cacheWorkRatio } from '../../../compute/generation';
import { cacheSpeedup } from '../../../compute/latency';
import { parameterCount } from '../../../model/parameters';
import { preset } from '../../../model/presets';
import { runDefaults } from '../../../model/run';
import type { ModelSpec, RunSpec } from '../../../model/spec';
import type { SessionDocument } from '../../../session/session-document';
import { type MeasuredFigure, type Measurement, predictedFor, timeIn } from './measurement';

const PROMPT = 50;
const CHAPTER_TOKENS = 256;

export const KV_CACHE_SPEEDUP: Measurement = {
  experiment: 'kv-cache-speedup',
  scope: {
    small: 'a small GPT-2, 128 tokens: seconds',
    full: 'GPT-2 124M, 256 tokens, as the chapter: on a CPU half an hour',
  },
  recordings(full) {
    const model = preset(full ? 'gpt2' : 'gpt2-nano');
    const run = (kvCache: boolean) =>
      runDefaults(model, {
        mode: 'generate',
        framework: 'tfjs',
        promptTokens: PROMPT,
        tokens: full ? CHAPTER_TOKENS : 128,
        kvCache,
      });
    return [
      { role: 'without a cache', model, run: run(false) },
      { role: 'with a cache', model, run: run(true) },
    ];
  },
  figures([without, cached]) {
    if (!without?.model || !without.run || !cached?.run) return [];
    const { model, run } = without;
    return [
      ...times(without, cached, model, run),
      ...cacheSize(cached, model),
      ...parameters(without, model),
    ];
  },
};

function times(
  without: SessionDocument,
  cached: SessionDocument,
  model: ModelSpec,
  run: RunSpec,
): readonly MeasuredFigure[] {
  const seconds = (doc: SessionDocument) => timeIn(doc, ['prefill', 'decode']) / 1e6;
  const isChapters =
    model.name === 'gpt2' &&
    run.promptTokens === PROMPT &&
    run.tokens === CHAPTER_TOKENS &&
    run.batch === 1;
  const claims = (id: string) => (isChapters ? [id] : []);
  const { batch, promptTokens, tokens, precision, kvPrecision } = run;
  const service = { batch, promptTokens, tokens, precision, kvPrecision };
  const gpu = predictedFor(without);
  return [
    {
      what: 'time without a cache',
      value: seconds(without),
      unit: 's',
      predicted: [],
      claims: claims('bench-uncached'),
      timed: true,
    },
    {
      what: 'time with a cache',
      value: seconds(cached),
      unit: 's',
      predicted: [],
      claims: claims('bench-cached'),
      timed: true,
    },
    {
      what: 'speed-up',
      value: seconds(without) / seconds(cached),
      unit: '×',
      claims: claims('bench-actual'),
      timed: true,
      predicted: [
        { value: cacheWorkRatio(model, service), by: 'all of the work' },
        { value: cacheSpeedup(model, service, gpu).timeRatio, by: `roofline of ${gpu.name}` },
      ],
    },
  ];
}

function cacheSize(cached: SessionDocument, model: ModelSpec): readonly MeasuredFigure[] {
  const perToken = cacheBytesPerToken(cached);
  if (perToken === null) return [];
  return [
    {
      what: `cache of ${CHAPTER_TOKENS} tokens`,
      value: (CHAPTER_TOKENS * perToken) / 1e6,
      unit: 'MB',
      claims: model.name === 'gpt2' ? ['bench-cache'] : [],
      predicted: [
        {
          value: (2 * model.layers * CHAPTER_TOKENS * model.kvHeads * model.headDim * 4) / 1e6,
          by: '2·L·n·d·4 bytes',
        },
      ],
    },
  ];
}

function parameters(doc: SessionDocument, model: ModelSpec): readonly MeasuredFigure[] {
  const bytes = doc.overlay.phases[0]?.measuredEndComponents?.params;
  if (bytes === undefined) return [];
  return [
    {
      what: 'parameters',
      value: bytes / 4e6,
      unit: 'million',
      predicted: [{ value: parameterCount(model) / 1e6, by: 'the count' }],
      claims: model.name === 'gpt2' ? ['gpt2-parameters', 'bench-parameters'] : [],
    },
  ];
}

/** What the cache grew by from one token to the next, where it always grew by the same. */
function cacheBytesPerToken(doc: SessionDocument): number | null {
  const sizes = doc.markers.flatMap((marker) =>
    marker.type === 'memory' && marker.phase === 'decode'
      ? [marker.memory.components?.kv_cache ?? 0]
      : [],
  );
  // The end of the phase repeats the last token's figure.
  const growth = new Set(
    sizes
      .slice(1)
      .map((size, i) => size - sizes[i]!)
      .filter((bytes) => bytes !== 0),
  );
  const [bytes] = growth;
  return growth.size === 1 && bytes !== undefined ? bytes : null;
}
