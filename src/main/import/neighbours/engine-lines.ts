/**
 * What inference engines print of their memory while they start: vLLM, SGLang and llama.cpp. One table an engine, from
 * the spellings of years ago to today's; whatever else they print tells nothing here. Pure.
 *
 * GB is 1024³ bytes in all of them: vLLM and SGLang divide by 1 << 30. Sources: vllm/v1/worker/gpu_worker.py and
 * gpu_model_runner.py (before: worker/worker.py, worker/model_runner.py), sglang/srt/model_executor/model_runner.py and
 * mem_cache/memory_pool.py, llama.cpp's src/llama-model.cpp, llama-kv-cache.cpp, llama-context.cpp and
 * common/fit.cpp; lines as people post them, among others github.com/vllm-project/vllm/issues/38820 and pull 12569,
 * sgl-project/sglang pulls 11716, 11830 and 12978, ggml-org/llama.cpp pull 6122.
 */
import { type Bytes, GiB, MiB } from '../../../shared/base/units';
import { SERVERS, type Server } from '../../../shared/model/choices';

/** The components that an engine's lines tell of. */
export type EngineComponent = 'params' | 'kv_cache' | 'workspace' | 'activations' | 'logits';

export type How = 'more' | 'exact' | 'unless-known' | 'latest';

export type EngineTold =
  /**
   * Held from here on: more of it; exactly this, whatever was told before; this unless it is known; or, of what is reserved
   * anew, the latest, unless another model was loaded in between.
   */
  | {
      readonly kind: 'held';
      readonly component: EngineComponent;
      readonly bytes: Bytes;
      readonly how: How;
      /** Of a line that speaks of a device instead of a rank. */
      readonly device?: number;
    }
  /** The most that a trial run took on top of what is held, and gave back. */
  | { readonly kind: 'passing'; readonly bytes: Bytes }
  /** Outside what the framework allocates: the device context and libraries. */
  | { readonly kind: 'outside'; readonly bytes: Bytes }
  /** Free on the device before and after something was put there. */
  | { readonly kind: 'free-before'; readonly bytes: Bytes }
  | { readonly kind: 'free-after'; readonly component: EngineComponent; readonly bytes: Bytes }
  /** What was told so far was a projection, and nothing of it is held. */
  | { readonly kind: 'projected' }
  /** The engine is up: whatever is loaded after this belongs to another start. */
  | { readonly kind: 'ready' }
  /** Bytes of the host. */
  | { readonly kind: 'host'; readonly bytes: Bytes }
  | { readonly kind: 'tokens'; readonly tokens: number };

type Row = readonly [pattern: RegExp, read: (found: RegExpExecArray) => readonly EngineTold[]];

const NUMBER = String.raw`(-?\d+(?:\.\d+)?)`;
const amount = (text: string | undefined, unit: Bytes): Bytes => Math.round(Number(text) * unit);
const held = (component: EngineComponent, bytes: Bytes, how: How, device?: number): EngineTold => ({
  kind: 'held',
  component,
  bytes,
  how,
  ...(device !== undefined && { device }),
});
const pattern = (text: string) => new RegExp(text.replaceAll('NUMBER', NUMBER), 'i');
const count = (text: string | undefined) => Number((text ?? '').replaceAll(',', ''));

const VLLM: readonly Row[] = [
  [
    pattern(String.raw`\b(?:Model loading|Loading model weights) took NUMBER Gi?B\b`),
    ([, bytes]) => [held('params', amount(bytes, GiB), 'more')],
  ],
  [
    pattern(String.raw`\bmodel weights take NUMBER ?GiB`),
    ([, bytes]) => [held('params', amount(bytes, GiB), 'unless-known')],
  ],
  [
    pattern(String.raw`\bActual usage is NUMBER GiB for weights?\b`),
    ([, bytes]) => [held('params', amount(bytes, GiB), 'unless-known')],
  ],
  [
    pattern(String.raw`\bPyTorch activation peak memory takes NUMBER ?GiB`),
    ([, bytes]) => [{ kind: 'passing', bytes: amount(bytes, GiB) }],
  ],
  [
    pattern(String.raw`\bNUMBER GiB for peak activation\b`),
    ([, bytes]) => [{ kind: 'passing', bytes: amount(bytes, GiB) }],
  ],
  [
    pattern(String.raw`\bnon_torch_memory takes NUMBER ?GiB|NUMBER GiB for non-torch memory\b`),
    ([, before, after]) => [{ kind: 'outside', bytes: amount(before ?? after, GiB) }],
  ],
  [
    pattern(
      String.raw`\breserved for KV Cache is NUMBER ?GiB|\bAvailable KV cache memory: NUMBER ?GiB`,
    ),
    ([, before, after]) => [held('kv_cache', amount(before ?? after, GiB), 'exact')],
  ],
  [
    pattern(String.raw`\bCurrent kv cache memory in use is (?:(\d{4,}) bytes|NUMBER GiB)`),
    ([, bytes, rounded]) => [
      held('kv_cache', bytes === undefined ? amount(rounded, GiB) : Number(bytes), 'exact'),
    ],
  ],
  [
    pattern(
      String.raw`\bGraph capturing finished in [\d.]+ secs?, took NUMBER GiB|\bCUDA graph pool memory: NUMBER GiB \(actual\)`,
    ),
    ([, before, after]) => [held('workspace', amount(before ?? after, GiB), 'exact')],
  ],
  [
    pattern(String.raw`\bGPU KV cache size: ([\d,]+) tokens`),
    ([, tokens]) => [{ kind: 'tokens', tokens: count(tokens) }],
  ],
  [/\bApplication startup complete\b/, () => [{ kind: 'ready' }]],
];

const FREE = pattern(String.raw`\bavail mem=NUMBER GB`);
const USED = pattern(String.raw`\bmem usage=NUMBER GB`);
/** What a stage of SGLang took: as it says, or what is less free after it. */
const taken = (component: EngineComponent, line: string): EngineTold[] => {
  const used = USED.exec(line)?.[1];
  if (used !== undefined) return [held(component, amount(used, GiB), 'more')];
  const free = FREE.exec(line)?.[1];
  return free === undefined ? [] : [{ kind: 'free-after', component, bytes: amount(free, GiB) }];
};
const SGLANG: readonly Row[] = [
  [
    pattern(String.raw`\b(?:Load weight begin|Capture .*graph begin)\b.*?\bavail mem=NUMBER GB`),
    ([, free]) => [{ kind: 'free-before', bytes: amount(free, GiB) }],
  ],
  [/\bLoad weight end\b.*/, ([line]) => taken('params', line)],
  [/\bCapture .*graph end\b.*/i, ([line]) => taken('workspace', line)],
  [
    /\bKV Cache is allocated\b(?:.*?#tokens: (\d+))?(.*)/,
    ([, tokens, rest = '']) => [
      ...readSizes(rest),
      ...(tokens === undefined ? [] : [{ kind: 'tokens' as const, tokens: Number(tokens) }]),
    ],
  ],
  // The state of layers that keep no keys and values.
  [/\bMamba Cache is allocated\b(.*)/, ([, rest = '']) => readSizes(rest)],
  [/\bThe server is fired up and ready to roll\b/, () => [{ kind: 'ready' }]],
];

function readSizes(text: string): EngineTold[] {
  const sizes = [...text.matchAll(/\bsize: (\d+(?:\.\d+)?) ?GB/g)];
  if (sizes.length === 0) return [];
  const bytes = sizes.reduce((sum, [, size]) => sum + amount(size, GiB), 0);
  return [held('kv_cache', bytes, 'more')];
}

const BUFFERS: Readonly<Record<string, EngineComponent>> = {
  model: 'params',
  kv: 'kv_cache',
  // Recurrent state, which is to such layers what keys and values are to others.
  rs: 'kv_cache',
  compute: 'workspace',
  output: 'logits',
};
/** Backends that are devices, by the names ggml gives them, and their number; what else holds a buffer is the host. */
const DEVICE = /^(?:CUDA|ROCm|HIP|MUSA|Vulkan|SYCL|CANN|Metal|MTL)(\d+)?$/i;

const LLAMA_CPP: readonly Row[] = [
  [
    pattern(
      String.raw`:\s+(\w+)\s+(?:(model|KV|RS|compute|output) )?buffer size\s*=\s*NUMBER Mi?B`,
    ),
    ([, backend = '', what = 'model', bytes]) => {
      const device = DEVICE.exec(backend);
      const component = BUFFERS[what.toLowerCase()] ?? 'params';
      const size = amount(bytes, MiB);
      return device
        ? [
            held(
              component,
              size,
              component === 'workspace' ? 'latest' : 'more',
              Number(device[1] ?? 0),
            ),
          ]
        : [{ kind: 'host', bytes: size }];
    },
  ],
  // total = free + (self = model + context + compute) + unaccounted
  [
    pattern(
      String.raw`memory_breakdown_print: \|\s+- (\w+) .*?\|\s*\d+ =\s*\d+ \+ \(\s*\d+ =\s*(\d+) \+\s*(\d+) \+\s*(\d+)\)`,
    ),
    ([, backend = '', model, context, compute]) => {
      const device = DEVICE.exec(backend);
      if (!device) return [];
      const index = Number(device[1] ?? 0);
      return [
        held('params', amount(model, MiB), 'unless-known', index),
        held('kv_cache', amount(context, MiB), 'unless-known', index),
        held('workspace', amount(compute, MiB), 'unless-known', index),
      ];
    },
  ],
  [
    /\b(?:successfully fit|fitting) params to (?:free |device )+memory\b/,
    () => [{ kind: 'projected' }],
  ],
  [/\b(?:server is listening|all slots are idle|model loaded)\b/, () => [{ kind: 'ready' }]],
];

const TABLES: Readonly<Record<Server, readonly Row[]>> = {
  vllm: VLLM,
  sglang: SGLANG,
  'llama.cpp': LLAMA_CPP,
};

/** What a line tells of memory, in the words of one engine. */
export const readEngineLine = (engine: Server, line: string): readonly EngineTold[] =>
  TABLES[engine].flatMap(([each, read]) => {
    const found = each.exec(line);
    return found ? read(found) : [];
  });

/** The engine whose memory a text speaks of; null where it is none of them. */
export const recognizeEngine = (lines: readonly string[]): Server | null =>
  SERVERS.find((engine) =>
    lines.some((line) =>
      readEngineLine(engine, line).some(
        ({ kind }) => kind === 'held' || kind === 'free-after' || kind === 'host',
      ),
    ),
  ) ?? null;
